/* Drives whole HTTP/2 connections (frames.h): frames, right and wrong, of any kind in any order and cut anywhere, while targets
 * answer, end, break off or do nothing. */
#include "frames.h"

enum { EVENTS_MAX = 300, STREAMS_MAX = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct input {
  const uint8_t *at, *end;
};

static unsigned take(struct input *input) {
  return input->at < input->end ? *input->at++ : 0;
}

static struct str take_bytes(struct input *input, size_t len) {
  size_t left = (size_t)(input->end - input->at);
  struct str bytes = str_make((const char *)input->at, len < left ? len : left);
  input->at += bytes.len;
  return bytes;
}

/* Blocks of fields; \x82 and the like are rows of the static table. */
#define HOST \
  "\x01\x01" \
  "a"
#define FIELD "\x00"
static const struct str blocks[] = {
    STR_INIT("\x82\x86\x84" HOST),                            /* GET / */
    STR_INIT("\x82\x86\x04\x06/two/x" HOST "\x40\x01x\x01y"), /* into the dynamic table */
    STR_INIT("\x83\x86\x84" HOST),                            /* POST of unknown length */
    STR_INIT("\x83\x86\x84" HOST FIELD "\x0e"
             "content-length\x01"
             "5"), /* POST of 5 bytes */
    STR_INIT("\x83\x86\x84" HOST FIELD "\x0e"
             "content-length\x01"
             "0"),                         /* of none */
    STR_INIT("\x02\x04HEAD\x86\x84" HOST), /* HEAD */
    STR_INIT("\x02\x07"
             "CONNECT\x86\x84" HOST FIELD "\x09:protocol\x09websocket"), /* a WebSocket */
    STR_INIT("\x02\x07"
             "CONNECT" HOST),                         /* CONNECT */
    STR_INIT("\x82\x86\x84" HOST FIELD "\x01X\x01y"), /* a capital */
    STR_INIT("\x82\x86\x84" HOST FIELD "\x01x\x03"
             "a\nb"),                      /* a line feed */
    STR_INIT("\x82\x86\x04\x04/%zz" HOST), /* no path */
    STR_INIT("\x82\x86\x84" HOST "\xbe"),  /* from the dynamic table */
    STR_INIT("\x82\x86\x84" HOST "\x60\x01"
             "a"
             "\x60\x01"
             "b"), /* cookies */
    STR_INIT(FIELD "\x03x-t\x01"
                   "1"),                           /* trailers */
    STR_INIT("\x02\x07OPTIONS\x86\x04\x01*" HOST), /* of the server */
    STR_INIT(""),
};

static const char *const target_says[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\nX-T: 1\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nnot all of it",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd",
    "nonsense\r\n\r\n",
    "HTTP/1.1 204 No\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n",
    "0\r\n\r\n",
};

static uint32_t last_stream; /* the newest one that a client has begun */

/* One of the newest, 0, or one that never was. */
static uint32_t choose_stream(unsigned which) {
  if (which == 7) return 0;
  if (which == 6) return last_stream + 2;
  return last_stream > 2 * which ? last_stream - 2 * which : 1;
}

static void say_frame(struct fake_peer *peer, unsigned event, struct input *input) {
  static const unsigned numbers[] = {1, 0, 8, 100, 65535, 0x7fffffff, 0x80000000u, 1000};
  unsigned more = take(input), number = numbers[more & 7];
  char word[6] = {0,           (char)(1 + (more & 7)), (char)(number >> 24), (char)(number >> 16), (char)(number >> 8),
                  (char)number};
  struct str four = str_make(word + 2, 4);
  unsigned end = more & 0x80 ? FRAME_END_STREAM : 0;
  switch (event) {
  case 0:
  case 1:
    if (!(more & 0x40) && last_stream < 2 * STREAMS_MAX) last_stream += 2;
    add_frame(peer, FRAME_HEADERS, FRAME_END_HEADERS | end, choose_stream(more & 0x40 ? take(input) & 7 : 0),
              blocks[more & 15]);
    break;
  case 2:
  case 3:
    add_frame(peer, FRAME_DATA, end, choose_stream(more >> 4 & 7), take_bytes(input, more & 15));
    break;
  case 4:
    add_frame(peer, FRAME_RST_STREAM, 0, choose_stream(more >> 4 & 7), four);
    break;
  case 5:
    add_frame(peer, FRAME_WINDOW_UPDATE, 0, choose_stream(more >> 4 & 7), four);
    break;
  case 6:
    add_frame(peer, FRAME_SETTINGS, end, 0, end ? STR("") : str_make(word, 6));
    break;
  case 7:
    add_frame(peer, FRAME_PING, end, 0, STR("12345678"));
    break;
  case 8:
    add_frame(peer, FRAME_CONTINUATION, more & 0x40 ? FRAME_END_HEADERS : 0, choose_stream(more >> 4 & 3),
              blocks[more & 15]);
    break;
  case 9:
    last_stream += 2;
    add_frame(peer, FRAME_HEADERS, end, last_stream, blocks[more & 15]); /* and no end of it */
    break;
  case 10:
    add_frame(peer, take(input), take(input), choose_stream(more >> 4 & 7), take_bytes(input, more & 31));
    break;
  default:
    fake_append(&peer->in, (const char *)input->at, 0);
    struct str raw = take_bytes(input, more & 31);
    fake_append(&peer->in, raw.ptr, raw.len);
    break;
  }
  if (take(input) & 1) fake_say(peer, SIZE_MAX);
}

static struct fake_peer *choose(struct input *input) {
  return fake.count ? fake.peers[fake.count - 1 - take(input) % fake.count] : NULL;
}

static void act(struct fake_peer *peer, unsigned event, struct input *input) {
  switch (event) {
  case 0:
  case 1:
    if (peer->role == FAKE_TARGET && peer->in.len < FAKE_IN_MAX && !peer->end_sent) {
      const char *text = target_says[take(input) % 16];
      fake_append(&peer->in, text, strlen(text));
    }
    fake_say(peer, SIZE_MAX);
    break;
  case 2:
    fake_say(peer, take(input) + 1);
    break;
  case 3:
    fake_end(peer);
    break;
  case 4:
    fake_break(peer);
    break;
  case 5:
    peer->room = take(input) * 4;
    break;
  case 6:
    fake_written(peer, 0);
    break;
  default:
    peer->write_error = take(input) & 1 ? UV_EPIPE : UV_ENOBUFS;
    break;
  }
}

static void event(struct input *input) {
  unsigned which = take(input), event = which & 31;
  if (which & 0x80) next_turn();
  if (event < 12) {
    struct fake_peer *client = fake.peers[0];
    if (!client->closing && client->in.len < FAKE_IN_MAX && !client->end_sent) say_frame(client, event, input);
    return;
  }
  if (event < 22) {
    struct fake_peer *peer = choose(input);
    if (peer && !peer->closing) act(peer, event - 12, input);
    return;
  }
  switch (event) {
  case 22:
  case 23:
  case 24:
    fake_answer_dial(take(input) & 3, !(which & 0x40));
    break;
  case 25:
    (void)fake_pass(UINT64_C(1) << (take(input) & 15));
    break;
  case 26:
    fake_close_all();
    break;
  case 27:
    reception_drain(&sessions);
    break;
  case 28:
    reception_cut_endless(&sessions);
    break;
  case 29:
    reception_cut(&sessions);
    break;
  default:
    next_turn();
    break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct input input = {bytes, bytes + size};
  last_stream = UINT32_MAX; /* the first is 1 */
  begin_story();
  unsigned habits = take(&input);
  open_client(false);
  add_preface(fake.peers[0]);
  fake_say(fake.peers[0], habits & 0x80 ? 10 : SIZE_MAX);
  for (unsigned i = 0; i < EVENTS_MAX && input.at < input.end; i++) event(&input);
  end_frames(habits & 0x7f);
  return 0;
}
