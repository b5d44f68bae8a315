/* Linux, macOS and their kin: what POSIX gives them all. What each has for itself stands in system_linux.c and
 * system_macos.c. */
#include "liteginx/server/system.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DESCRIPTORS_UNKNOWN = 1024 };

static bool terminal_answers(void);

void system_guard_standard_streams(void) {
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    /* The lowest free number is taken, which is this one. A failure leaves what cannot be helped. */
    if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) return;
  }
}

char **system_arguments(int *argc, char **argv) {
  (void)argc;
  return argv;
}

bool system_is_terminal(int descriptor) {
  return uv_guess_handle(descriptor) == UV_TTY;
}

bool system_shows_colors(int descriptor) {
  const char *term = getenv("TERM");
  return system_is_terminal(descriptor) && !(term && strcmp(term, "dumb") == 0);
}

unsigned system_raise_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return DESCRIPTORS_UNKNOWN;
  struct rlimit wanted = limit;
  wanted.rlim_cur = limit.rlim_max;
  /* macOS says "unlimited" and older ones refuse it then: they take OPEN_MAX. */
  if (setrlimit(RLIMIT_NOFILE, &wanted) != 0) {
    wanted.rlim_cur = 10240;
    if (wanted.rlim_cur > limit.rlim_cur) (void)setrlimit(RLIMIT_NOFILE, &wanted);
  }
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return DESCRIPTORS_UNKNOWN;
  rlim_t most = system_descriptors_most();
  return (unsigned)(limit.rlim_cur < most ? limit.rlim_cur : most);
}

void system_ignore_broken_pipe(void) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  sigaction(SIGPIPE, &ignore, NULL);
}

int system_code(int error) {
  return uv_translate_sys_error(error);
}

/* A new thread has the mask of the one that makes it. */
int system_thread_create(uv_thread_t *thread, uv_thread_cb run, void *owner) {
  sigset_t signals, before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  int status = uv_thread_create(thread, run, owner);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return status;
}

const char *system_descriptors_word(void) {
  return "open files (`ulimit -n`)";
}

const int *system_stop_signals(void) {
  static const int signals[SYSTEM_STOP_SIGNALS] = {SIGINT, SIGTERM};
  return signals;
}

noreturn void system_leave_at_once(int status) {
  _Exit(status);
}

bool system_has_terminal(void) {
  int descriptor = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  close(descriptor);
  return true;
}

bool system_hangup_stops(bool had_terminal, uint64_t *within_ms) {
  *within_ms = UINT64_MAX;
  return had_terminal && !terminal_answers();
}

/* Linux takes the terminal from the whole session before it tells of the hang-up. On macOS /dev/tty can be opened until the
 * session's first process has ended; that its terminal is gone is said to who writes, also if it is nothing. Who is in the
 * background must not be stopped for it (SIGTTOU). */
static bool terminal_answers(void) {
  sigset_t stops, before;
  int terminal = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (terminal < 0) return false;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &stops, &before);
  bool answers = write(terminal, "", 0) == 0 || errno == EAGAIN;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(terminal);
  return answers;
}

bool system_hangup_ignored(void) {
  struct sigaction now;
  return sigaction(SIGHUP, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_IGN;
}

bool system_files_have_modes(void) {
  return true;
}
