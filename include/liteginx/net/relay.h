/* Moves bytes one way, from one stream's input to another's output, optionally through a filter (an HTTP body is one).
 * What the receiver does not take stops the reading of the sender: at most one read is held in between.
 *
 *   OPEN ──filter says END / end of stream──▶ ENDED
 *
 * It calls nobody: its owner runs it after each event of either stream and looks at the result. */
#ifndef LITEGINX_NET_RELAY_H
#define LITEGINX_NET_RELAY_H

#include "liteginx/net/stream.h"

enum relay_result {
  RELAY_WAITS,     /* for input, or for the receiver to drain */
  RELAY_ENDED,     /* the last byte is sent or queued */
  RELAY_BAD_INPUT, /* the filter refused the input */
  RELAY_BROKEN     /* sending failed: relay->status */
};

enum relay_step { RELAY_MORE, RELAY_FULL, RELAY_END, RELAY_REFUSE };

struct relay_filter {
  /* `in` → slices that stay valid until they are sent (parts of `in`, or the list's own text). MORE: all of `in` used;
   * FULL: send these, then again; END: the message is complete, `in` beyond *used is not part of it. */
  enum relay_step (*pass)(void *owner, struct str in, size_t *used, struct slices *out);
  /* The input stream has ended: END (with what still has to be sent) or REFUSE. */
  enum relay_step (*finish)(void *owner, struct slices *out);
  /* How many of the next bytes `pass` would send as they are, whatever they are; and: so many did pass without it.
   * NULL: none. */
  uint64_t (*plain)(const void *owner);
  void (*skip)(void *owner, uint64_t len);
};

struct relay {
  struct stream *source, *sink;
  const struct relay_filter *filter; /* NULL: bytes as they are */
  void *filter_owner;
  struct str prefix; /* to send in front of the first bytes, in the same write */
  uint64_t bytes;    /* taken from the source */
  uint64_t moved_ms; /* loop time of the last byte that was seen moving */
  size_t unsent;     /* by the sink, then */
  int status;        /* why it is RELAY_BROKEN */
  bool ended;
  bool half_closes; /* its end half-closes the sink: always without a filter, else as its owner says after relay_init */
  bool soon;        /* its owner, after relay_init: send by stream_send_soon */
  bool slow;        /* it did not pay to move them unread */
  unsigned few;     /* how often in a row only few were moved so */
  uint64_t streak_bytes; /* that came in full reads in a row */
};

/* Sets up; sends nothing yet. `prefix` must stay valid until the first relay_run, which sends it together with the
 * input that is at hand then. */
void relay_init(struct relay *relay, struct stream *source, struct stream *sink, const struct relay_filter *filter,
                void *filter_owner, struct str prefix);

/* Before relay_init: what may be asked of one is that it has not begun. */
static inline void relay_clear(struct relay *relay) {
  relay->source = relay->sink = NULL;
  relay->filter = NULL;
  relay->bytes = 0;
  relay->ended = false;
}

/* Moves what can be moved now, and starts or stops the source's reading accordingly. After an end or a failed send: the
 * same result again. */
enum relay_result relay_run(struct relay *relay);

/* The source's end of stream, all its input consumed. */
enum relay_result relay_finish(struct relay *relay);

/* It ends before its time: what it holds is the source's input again. Nothing to do after an end. */
void relay_close(struct relay *relay);

/* Milliseconds since a byte moved in either of the two directions of one session, into a relay or out of what its sink
 * and the system hold for the peer; the latter is noticed only here. For idle timeouts. Either may be NULL: it has not
 * begun, or its sink is gone. */
uint64_t relay_quiet_ms(struct relay *up, struct relay *down);

/* How soon to look again whether `idle_ms` are over, `quiet_ms` of which are: since what a peer takes is noticed only
 * by looking, a quarter at most, and so an end comes a quarter late at most. 0: never, where there is no such
 * timeout. */
uint64_t relay_look_ms(uint64_t idle_ms, uint64_t quiet_ms);

#endif
