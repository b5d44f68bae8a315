/* Where the server hands accepted streams in, and asks for an orderly end of all that one worker serves. It alone knows which
 * kinds of sessions there are. */
#ifndef LITEGINX_SESSION_RECEPTION_H
#define LITEGINX_SESSION_RECEPTION_H

#include "liteginx/session/sessions.h"

/* Was this program built with HTTP/2? */
bool reception_speaks_http2(void);

/* Takes over an accepted stream. `listener_port` is the listener's real one (it may have been asked for as 0). */
void reception_accept(struct sessions *sessions, struct stream *stream, const struct snapshot_listener *listener,
                      unsigned listener_port);

/* No new exchange from now on: idle connections end at once, others with their exchange. on_closed tells of each. */
void reception_drain(struct sessions *sessions);

/* Ends what has no end of its own, now: tunnels, event streams, TCP sessions; and such that would begin later. */
void reception_cut_endless(struct sessions *sessions);

/* Ends all that is left, now. */
void reception_cut(struct sessions *sessions);

/* Nothing is open any more: gives spare memory back and closes the sessions, as sessions_close. */
void reception_close(struct sessions *sessions);

#endif
