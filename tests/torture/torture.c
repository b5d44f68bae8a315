/* The whole program under torture: in each run one allocation, one libuv call or one of the system fails, the first one
 * in the first run and so on, until a run has none left to fail. Each run is a process of its own, which calls what
 * main() calls with a thread beside it as the client.
 *
 * After any one failure (or a burst of them): at most one request or session is answered with an error or visibly cut,
 * all others are right; or the program ends with status 1 and one message. It never crashes, hangs, leaks memory or
 * descriptors, or tells wrong bytes. Of a pipe that is refused, or a send that takes
 * little, nothing is seen at all.
 *
 * usage: torture [KIND [NUMBER]] [--every STEP] [--burst COUNT]
 * KIND: alloc, piece, uv, system; NUMBER: that one run, with its output; COUNT: fail so many in a row, not 1 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"
#include "home.h"
#include "liteginx/cli/check.h"
#include "liteginx/cli/demo.h"
#include "liteginx/cli/demo_server.h"
#include "liteginx/cli/files.h"
#include "liteginx/cli/init.h"
#include "liteginx/cli/run.h"
#include "liteginx/cli/tls_verbs.h"
#include "script.h"

enum { PARALLEL = 4, RUN_S = 30, PORT_FIRST = 21000, PORT_LAST = 29000 };

/* `check` of a folder; of what is found without --config, and bad. The last ones are TLS_VERBS, which a build without TLS does not have. */
enum verb { RUN, DEMO, CHECK, CHECK_BAD, INIT, ENV, TRUST, VERBS };

static const char *const verb_names[VERBS] = {"run",  "demo", "check", "check of a bad configuration",
                                              "init", "env",  "trust"};

/* What a run's process leaves behind, in memory that it shares with the parent. */
struct report {
  bool done; /* it came to its end */
  int status;
  struct fault_place fired; /* the same addresses in both processes */
  bool served;              /* it listened */
  bool written;             /* init has left a file */
  unsigned ca_files;        /* of the local CA */
  long live;
  unsigned descriptors; /* opened and not closed */
  unsigned count;
  struct script_result script;
};

struct run {
  enum verb verb;
  enum fault_kind kind;
  unsigned number, burst;
  pid_t pid; /* 0: none */
  uint16_t port, demo_http, demo_echo;
  int out, err; /* what it printed */
  struct report *report;
};

/* --- within a run --- */

struct guest {
  struct run_guest guest;
  struct run_guest *demo; /* NULL: the verb is not `demo` */
  pthread_t client;
  const struct run *run;
  int late;
  uint16_t ports[SCRIPT_PORTS];
};

/* Of this process. */
static struct guest guest;

/* `behind.test`, without a name server. libuv's threads call it. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
  static struct sockaddr_in address;
  static struct addrinfo one;
  (void)service;
  (void)hints;
  if (strcmp(name, "behind.test") != 0) return EAI_NONAME;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  one = (struct addrinfo){.ai_family = AF_INET, .ai_addrlen = sizeof address, .ai_addr = (struct sockaddr *)&address};
  *found = &one;
  return 0;
}

void freeaddrinfo(struct addrinfo *found) {
  (void)found;
}

static void *on_client(void *unused) {
  struct script_result *result = &guest.run->report->script;
  fault_spare_thread();
  if (guest.demo) {
    script_run_demo(guest.ports, result);
  } else {
    script_run(guest.ports, guest.late, result);
  }
  return unused;
}

static bool on_open(struct run_guest *opening, struct server *server, struct buf *notes, struct config_report *report) {
  (void)opening;
  if (guest.demo && !guest.demo->open(guest.demo, server, notes, report)) return false;
  guest.run->report->served = true;
  unsigned count = guest.demo ? SCRIPT_DEMO_LISTENERS : SCRIPT_LISTENERS;
  for (unsigned i = 0; i < count; i++) guest.ports[i] = server->workers[0].listeners[i].listener.port;
  if (guest.demo) {
    guest.ports[SCRIPT_DEMO_HTTP] = guest.run->demo_http;
    guest.ports[SCRIPT_DEMO_ECHO] = guest.run->demo_echo;
  }
  return pthread_create(&guest.client, NULL, on_client, NULL) == 0;
}

static void on_close(struct run_guest *closing) {
  (void)closing;
  if (guest.demo) guest.demo->close(guest.demo);
}

/* The client is one more guest, and the demo's upstreams listen where this run's own ports are. The names are the
 * linker's (see fault.c). */
int __real_run_main(const struct options *options, uint64_t started_ns, struct run_guest *demo);
int __wrap_run_main(const struct options *options, uint64_t started_ns, struct run_guest *demo);
int __wrap_run_main(const struct options *options, uint64_t started_ns, struct run_guest *demo) {
  guest.guest = (struct run_guest){.open = on_open, .close = on_close};
  guest.demo = demo;
  return __real_run_main(options, started_ns, &guest.guest);
}

int __real_demo_server_open(struct demo_server *server, struct loop *loop, uint16_t port,
                            const struct demo_service *service);
int __wrap_demo_server_open(struct demo_server *server, struct loop *loop, uint16_t port,
                            const struct demo_service *service);
int __wrap_demo_server_open(struct demo_server *server, struct loop *loop, uint16_t port,
                            const struct demo_service *service) {
  port = port == DEMO_HTTP_PORT ? guest.run->demo_http : guest.run->demo_echo;
  return __real_demo_server_open(server, loop, port, service);
}

static unsigned open_descriptors(void) {
  unsigned count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (folder && readdir(folder)) count++;
  if (folder) closedir(folder);
  return count;
}

/* What main() does. */
static int program(struct run *run, char *path) {
  static const char *const verbs[VERBS] = {"run", "demo", "check", "check", "init", "env", "trust"};
  char name[] = "liteginx", verb[8], flag[] = "--config";
  char *arguments[] = {name, verb, flag, path};
  struct options options;
  int status = 2;
  snprintf(verb, sizeof verb, "%s", verbs[run->verb]);
  if (!options_parse(&options, path ? 4 : 2, arguments, files_exist)) {
    fprintf(stderr, "liteginx: %s\n", options.error);
    status = options.no_memory ? 1 : 2;
  } else if (run->verb == RUN) {
    status = run_main(&options, uv_hrtime(), NULL);
  } else if (run->verb == DEMO) {
    status = demo_main(&options, uv_hrtime());
  } else if (run->verb == INIT) {
    status = init_run(options.configs[0], stdout, stderr);
  } else if (run->verb == ENV || run->verb == TRUST) {
    status = tls_verbs_run(&options, stdout, stderr);
  } else {
    status = check_run(options.configs, options.config_count, stdout, stderr, false);
  }
  options_free(&options);
  fault_disarm();
  if (run->report->served) pthread_join(guest.client, NULL);
  return status;
}

static void write_config(const struct run *run, const struct script_upstreams *upstreams, const char *path) {
  char text[8192];
  uint16_t late_port;
  guest.late = script_reserve(&late_port);
  unsigned len = run->verb == DEMO ? script_demo_config(text, sizeof text, run->port, run->demo_http, run->demo_echo)
                                   : script_config(text, sizeof text, upstreams, run->port, late_port);
  if (run->verb == CHECK_BAD) {
    char *bad = strstr(text, "targets:");
    memcpy(bad, "tagrets:", 8);
    memcpy(strstr(bad, "hold: 50ms"), "hold: 50my", 10);
  }
  int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0 || write(file, text, len) != (ssize_t)len) _exit(3);
  close(file);
}

/* Where folders are read the C library allocates as well: there a leak checker looks, which takes longer than such a run. */
static void end(enum verb verb) {
  if (verb == CHECK || verb == CHECK_BAD) exit(0);
  _exit(0);
}

/* The process of one run. */
static void child(struct run *run, const struct script_upstreams *upstreams) {
  struct report *report = run->report;
  struct home home;
  home_make(&home);
  char *paths[VERBS] = {home.file, home.file, home.folder, NULL, home.fresh, home.file, home.file};
  guest.run = run;
  fault_count_libuv();
  dup2(run->out, 1);
  dup2(run->err, 2);
  alarm(RUN_S);
  if (run->verb == DEMO) fault_show_terminal(); /* so its targets are tried, too */
  write_config(run, upstreams, home.file);
  unsigned before = open_descriptors();
  fault_arm(run->kind, run->number, run->burst, &report->fired);
  report->status = program(run, paths[run->verb]);
  report->count = fault_count(run->kind);
  uv_library_shutdown(); /* its threads, and a pipe for signals */
  report->live = fault_live();
  report->descriptors = open_descriptors() - before;
  fflush(NULL);
  report->ca_files = home_count(home.ca);
  report->written = access(home.fresh, F_OK) == 0;
  home_remove(&home);
  report->done = true;
  end(run->verb);
}

/* --- judging --- */

static void print_output(int file, const char *name) {
  char text[4096];
  ssize_t len;
  printf("  %s:\n", name);
  for (off_t at = 0; (len = pread(file, text, sizeof text, at)) > 0; at += len) fwrite(text, 1, (size_t)len, stdout);
}

static unsigned count_lines(int file) {
  char text[16384];
  ssize_t len = pread(file, text, sizeof text, 0);
  unsigned lines = 0;
  for (ssize_t i = 0; i < len; i++) lines += text[i] == '\n';
  return lines;
}

static bool complain(const struct run *run, const char *what) {
  const struct report *report = run->report;
  printf("%s, %s number %u (%s, called from %p): %s\n%s", verb_names[run->verb], fault_kind_name(run->kind),
         run->number, report->fired.name ? report->fired.name : "none", report->fired.caller, what,
         report->script.wrong);
  printf("  status %d, %u right, %u failed%s, %ld blocks and %u descriptors left\n", report->status,
         report->script.right, report->script.failed, report->script.failures, report->live, report->descriptors);
  print_output(run->out, "stdout");
  print_output(run->err, "stderr");
  return false;
}

static bool judge_run(const struct run *run) {
  const struct report *report = run->report;
  const struct script_result *script = &report->script;
  bool fired = report->fired.name != NULL;
  if (script->wrong_len) return complain(run, "wrong");
  if (script->failed > (fired && run->kind != FAULT_SYSTEM ? run->burst : 0)) return complain(run, "too many failed");
  if (!report->served && (!fired || report->status != 1)) return complain(run, "did not start");
  unsigned lines = count_lines(run->err);
  if (!report->served && (lines < 1 || lines > (run->burst > 1 ? SCRIPT_LISTENERS : 1))) {
    return complain(run, "not one message");
  }
  if (report->served && report->status != 0) return complain(run, "status");
  return true;
}

static bool judge_check(const struct run *run) {
  const struct report *report = run->report;
  bool good = run->verb == CHECK;
  unsigned out = count_lines(run->out), err = count_lines(run->err);
  if (report->status == 0) return (good && out == 1 && err == 0) || complain(run, "said to be good");
  if (report->status != 1) return complain(run, "status");
  if (good && !report->fired.name) return complain(run, "said to be bad");
  if (out != 0 || err < 1) return complain(run, "without one message");
  /* Two, each with the line it is about and a caret. */
  if (!report->fired.name && err != 2 * 3) return complain(run, "not all errors");
  return true;
}

/* A file that is whole, or none. Where its removal fails as well there may be a part of one. */
static bool judge_init(const struct run *run) {
  const struct report *report = run->report;
  if (report->status != 0 && report->status != 1) return complain(run, "status");
  if (report->status == 1 && !report->fired.name) return complain(run, "failed by itself");
  if (count_lines(run->out) != 0 || count_lines(run->err) != 1) return complain(run, "not one message");
  if (report->written != (report->status == 0) && run->burst == 1) return complain(run, "a file that it should not be");
  return true;
}

/* A CA that is whole, or none. In that store nobody ever finds it. */
static bool judge_tls(const struct run *run) {
  const struct report *report = run->report;
  if (report->status != 0 && report->status != 1) return complain(run, "status");
  if (report->status == 1 && run->verb == ENV && !report->fired.name) return complain(run, "failed by itself");
  if (report->status == 0 && report->ca_files != 3) return complain(run, "without a CA");
  if (report->ca_files != 0 && report->ca_files != 3) return complain(run, "half a CA");
  if (count_lines(run->out) + count_lines(run->err) == 0) return complain(run, "not a word");
  return true;
}

static bool judge_end(const struct run *run, int status) {
  const struct report *report = run->report;
  if (WIFSIGNALED(status)) return complain(run, WTERMSIG(status) == SIGALRM ? "hangs" : strsignal(WTERMSIG(status)));
  if (!report->done) return complain(run, "ended too early");
  if (WEXITSTATUS(status) != 0) return complain(run, "leaks, says the sanitizer");
  if (report->live != 0) return complain(run, "leaks memory");
  if (report->descriptors != 0) return complain(run, "leaks descriptors");
  if (run->verb == INIT) return judge_init(run);
  if (run->verb == ENV || run->verb == TRUST) return judge_tls(run);
  return run->verb == RUN || run->verb == DEMO ? judge_run(run) : judge_check(run);
}

/* --- many runs --- */

/* Below the range that the system takes ports for connections from. It stays bound, so that another torture beside this
 * one leaves it alone; that it may be used again lets the program listen on it nevertheless. */
static uint16_t free_port(uint16_t *next) {
  for (; *next < PORT_LAST; ++*next) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*next)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_free = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    int yes = 1;
    if (is_free && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0) return (*next)++;
    close(fd);
  }
  fputs("torture: no free port\n", stderr);
  exit(3);
}

static void start(struct run *run, enum verb verb, enum fault_kind kind, unsigned number, unsigned burst,
                  const struct script_upstreams *upstreams) {
  run->verb = verb;
  run->kind = kind;
  run->number = number;
  run->burst = burst;
  memset(run->report, 0, sizeof *run->report);
  if (ftruncate(run->out, 0) != 0 || ftruncate(run->err, 0) != 0) exit(3);
  lseek(run->out, 0, SEEK_SET);
  lseek(run->err, 0, SEEK_SET);
  fflush(NULL);
  run->pid = fork();
  if (run->pid < 0) exit(3);
  if (run->pid == 0) child(run, upstreams);
}

static struct run *finish_one(struct run runs[PARALLEL], int *status) {
  for (;;) {
    pid_t pid = wait(status);
    if (pid < 0) return NULL;
    for (unsigned i = 0; i < PARALLEL; i++) {
      if (runs[i].pid != pid) continue;
      runs[i].pid = 0;
      return &runs[i];
    }
  }
}

static bool running(const struct run runs[PARALLEL]) {
  for (unsigned i = 0; i < PARALLEL; i++) {
    if (runs[i].pid) return true;
  }
  return false;
}

/* All numbers of one kind. Returns how many runs were not as they should be. */
static unsigned torture(struct run runs[PARALLEL], enum verb verb, enum fault_kind kind, unsigned step, unsigned burst,
                        const struct script_upstreams *upstreams) {
  unsigned number = 1, last = 0, bad = 0, done = 0;
  while (last == 0 || running(runs)) {
    for (unsigned i = 0; last == 0 && i < PARALLEL; i++) {
      if (runs[i].pid) continue;
      start(&runs[i], verb, kind, number, burst, upstreams);
      number += step;
    }
    int status = 0;
    struct run *run = finish_one(runs, &status);
    if (!run) break;
    done++;
    if (!judge_end(run, status)) bad++;
    if (run->report->done && !run->report->fired.name && (last == 0 || run->number < last)) last = run->number;
    if (bad > 20) break;
  }
  printf("%s, %s: %u runs up to number %u, %u bad\n", verb_names[verb], fault_kind_name(kind), done, last, bad);
  return bad;
}

static void prepare(struct run runs[PARALLEL]) {
  uint16_t next = (uint16_t)(PORT_FIRST + getpid() % (PORT_LAST - PORT_FIRST - 100));
  for (unsigned i = 0; i < PARALLEL; i++) {
    struct run *run = &runs[i];
    run->pid = 0;
    run->port = free_port(&next);
    run->demo_http = free_port(&next);
    run->demo_echo = free_port(&next);
    run->out = memfd_create("out", 0);
    run->err = memfd_create("err", 0);
    run->report = mmap(NULL, sizeof *run->report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run->out < 0 || run->err < 0 || run->report == MAP_FAILED) exit(3);
  }
}

int main(int argc, char **argv) {
  static struct run runs[PARALLEL];
  unsigned step = 1, burst = 1, only = 0, bad = 0;
  const char *kind = NULL;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--every") == 0 && i + 1 < argc) {
      step = (unsigned)strtoul(argv[++i], NULL, 10);
    } else if (strcmp(argv[i], "--burst") == 0 && i + 1 < argc) {
      burst = (unsigned)strtoul(argv[++i], NULL, 10);
    } else if (!kind) {
      kind = argv[i];
    } else {
      only = (unsigned)strtoul(argv[i], NULL, 10);
    }
  }
  if (step == 0) step = 1;
  signal(SIGPIPE, SIG_IGN);
  prepare(runs);
  struct script_upstreams upstreams = script_serve();
  for (int k = 0; k < FAULT_KINDS; k++) {
    if (kind && strcmp(kind, fault_kind_name(k)) != 0) continue;
    for (int verb = 0; verb < ENV + TLS_VERBS; verb++) {
      if (only) {
        int status = 0;
        start(&runs[0], verb, k, only, burst, &upstreams);
        finish_one(runs, &status);
        if (judge_end(&runs[0], status)) complain(&runs[0], "good");
        continue;
      }
      bad += torture(runs, verb, k, step, burst, &upstreams);
    }
  }
  kill(upstreams.pid, SIGKILL);
  printf("%u bad\n", bad);
  return bad ? 1 : 0;
}
