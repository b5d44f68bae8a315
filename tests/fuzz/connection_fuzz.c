/* Drives whole connections (story.h). The input is a list of events: bytes said in pieces of any size, ends, resets,
 * writes that are taken, in part, late or not at all, connects that succeed or fail, time that passes, in any order
 * from all sides. */
#include "story.h"

enum { EVENTS_MAX = 400 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* --- the events --- */

struct input {
  const uint8_t *at, *end;
};

static unsigned take(struct input *input) {
  return input->at < input->end ? *input->at++ : 0;
}

static const char *const client_says[] = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /two/x?q HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n",
    "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "PUT /two HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nX-T: 1\r\n\r\n",
    "GET /up HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /old HTTP/1.0\r\n\r\n",
    "GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /l HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n",
    "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "GET /bad HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "\r\n",
    "x",
    "0\r\n\r\n",
};

/* "####" is a number that no other has: so an answer to another request is told from the right one. */
static const char *const target_says[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n####",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n####\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nnot all of it",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nold",
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n####",
    "nonsense\r\n\r\n",
    "HTTP/1.1 204 No\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "x",
    "0\r\n\r\n",
};

static unsigned numbers; /* given so far */

static void append_text(struct fake_bytes *to, const char *text) {
  const char *place = strstr(text, "####");
  fake_append(to, text, strlen(text));
  if (!place) return;
  char digits[16];
  snprintf(digits, sizeof digits, "%04u", numbers++ % 10000);
  memcpy(to->bytes + to->len - strlen(place), digits, 4);
}

/* Adds to what the peer is going to say: one of the above, or bytes of the input. */
static void prepare(struct fake_peer *peer, struct input *input) {
  unsigned which = take(input);
  if (peer->in.len > FAKE_IN_MAX || peer->end_sent) return;
  if (which >= 0x80) {
    size_t len = which & 0x3f;
    if (len > (size_t)(input->end - input->at)) len = (size_t)(input->end - input->at);
    fake_append(&peer->in, (const char *)input->at, len);
    input->at += len;
  } else {
    append_text(&peer->in, (peer->role == FAKE_TARGET ? target_says : client_says)[which % 16]);
    if (which & 0x20) peer->gulp = take(input);
    if (which & 0x40) fake_say(peer, SIZE_MAX);
  }
}

/* The newest are the likeliest to be alive. */
static struct fake_peer *choose(struct input *input) {
  return fake.count ? fake.peers[fake.count - 1 - take(input) % fake.count] : NULL;
}

static void peer_event(unsigned event, struct input *input) {
  static const int errors[] = {UV_EPIPE, UV_ECONNRESET, UV_ENOBUFS};
  struct fake_peer *peer = choose(input);
  if (!peer || peer->closing) return;
  switch (event) {
  case 4:
  case 5:
    prepare(peer, input);
    break;
  case 6:
    fake_say(peer, take(input) + 1);
    break;
  case 7:
    fake_say(peer, SIZE_MAX);
    break;
  case 8:
    fake_end(peer);
    break;
  case 9:
    fake_break(peer);
    break;
  case 10:
    peer->room = take(input) * 4;
    break;
  case 11:
    fake_written(peer, 0);
    break;
  case 12:
    fake_written(peer, UV_EPIPE);
    break;
  default:
    peer->write_error = errors[take(input) % 3];
    break;
  }
}

/* Nobody is told yet. */
static void arrive(struct input *input) {
  struct fake_peer *peer = choose(input);
  if (peer) fake_arrive(peer, take(input) + 1);
}

static void event(struct input *input) {
  unsigned which = take(input), event = which & 15, more = which >> 4;
  bool same_turn = (event > 3 && more >= 8) || (event == 3 && more >= 11 && more < 14);
  if (!same_turn) next_turn();
  switch (event) {
  case 0:
    open_client(more == 1);
    break;
  case 1:
    fake_answer_dial(more & 3, more < 12);
    break;
  case 2:
    (void)fake_pass(UINT64_C(1) << more);
    break;
  case 3:
    fake_close_all();
    if (more == 15) reception_drain(&sessions);
    if (more == 14) reception_cut_endless(&sessions);
    if (more >= 8 && more < 14) arrive(input);
    break;
  default:
    peer_event(event, input);
    break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct input input = {bytes, bytes + size};
  numbers = 0;
  begin_story();
  unsigned habits = take(&input);
  for (unsigned i = 0; i < EVENTS_MAX && input.at < input.end; i++) event(&input);
  end_story(habits);
  return 0;
}
