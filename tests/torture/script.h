/* What the tortured server is made to serve, and what is right: a client that talks to it over loopback, and the
 * servers behind it. Blocking sockets, no allocation, every wait bounded. */
#ifndef LITEGINX_TESTS_TORTURE_SCRIPT_H
#define LITEGINX_TESTS_TORTURE_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

/* The servers behind it, in a process of their own. */
struct script_upstreams {
  int pid;
  uint16_t http, echo, dead; /* nobody ever listens on `dead` */
};

/* What is talked to: the configuration's listeners, in its order; with `demo` also its upstreams. */
enum script_port { SCRIPT_HTTP, SCRIPT_ECHO, SCRIPT_DEAD, SCRIPT_LOCAL /* which has none */, SCRIPT_LISTENERS };
enum script_demo_port {
  SCRIPT_DEMO_WEB,
  SCRIPT_DEMO_TCP,
  SCRIPT_DEMO_LISTENERS,
  SCRIPT_DEMO_HTTP = 2,
  SCRIPT_DEMO_ECHO
};
enum { SCRIPT_PORTS = 4 };

struct script_result {
  unsigned right;   /* parts that went as they should */
  unsigned failed;  /* answered with an error, or cut so that it shows */
  char wrong[2048]; /* what must never happen, a line each */
  unsigned wrong_len;
  char failures[256]; /* their names */
};

/* Starts them. Ends the program where that fails. */
struct script_upstreams script_serve(void);

/* Writes the configuration: HTTP on `port`; `late` is the port of script_run's own upstream. Returns its length. */
unsigned script_config(char *text, unsigned room, const struct script_upstreams *upstreams, uint16_t port,
                       uint16_t late);

/* The demo's configuration, with HTTP on `port`, in front of upstreams at these ports. Returns its length. */
unsigned script_demo_config(char *text, unsigned room, uint16_t port, uint16_t http, uint16_t echo);

/* A port that refuses connections until somebody listens on the socket. */
int script_reserve(uint16_t *port);

/* Plays everything, and SIGTERM to this process, against the listeners at `ports`; `late` is a socket from
 * script_reserve. */
void script_run(const uint16_t ports[SCRIPT_PORTS], int late, struct script_result *result);

/* The same for the demo: through the proxy, and what its upstreams do with clients of their own. */
void script_run_demo(const uint16_t ports[SCRIPT_PORTS], struct script_result *result);

#endif
