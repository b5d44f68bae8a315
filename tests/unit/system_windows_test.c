/* What Windows tells a process: its arguments in UTF-8, who has a port, and that no port is taken from anybody. */
#include "liteginx/server/system.h"

#include <errno.h>
#include <signal.h>

#include "listening.h"
#include "os.h"

/* A child's answer: its arguments behind the second one, one a line. */
static int say_arguments(int argc, char **argv) {
  argv = system_arguments(&argc, argv);
  system_guard_standard_streams();
  for (int i = 2; i < argc; i++) printf("%s\n", argv[i]);
  return argv[argc] ? 1 : 0;
}

static void on_exit_of_child(uv_process_t *process, int64_t status, int signal) {
  *(int64_t *)process->data = status | signal;
  uv_close((uv_handle_t *)process, NULL);
}

static void arguments_are_utf8(void **state) {
  static char program[4096], say[] = "say", letters[] = "für 5 €", turtle[] = "🐢", quotes[] = "a \"b\" \\\\ c\\",
                             nothing[] = "", star[] = "*.yaml";
  char *words[] = {program, say, letters, turtle, quotes, nothing, star, NULL}, said[256] = "";
  size_t room = sizeof program, len = 0;
  int ends[2];
  int64_t status = -1;
  uv_loop_t loop;
  uv_process_t process = {.data = &status};
  (void)state;
  assert_int_equal(uv_exepath(program, &room), 0);
  assert_true(os_pipe(ends, &room));
  uv_stdio_container_t streams[2] = {{.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD}};
  streams[1].data.fd = ends[1];
  uv_process_options_t options = {
      .exit_cb = on_exit_of_child, .file = program, .args = words, .stdio = streams, .stdio_count = 2};
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(uv_spawn(&loop, &process, &options), 0);
  os_close(ends[1]);
  for (long got; (got = os_read(ends[0], said + len, sizeof said - 1 - len)) > 0;) len += (size_t)got;
  os_close(ends[0]);
  assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&loop), 0);
  assert_int_equal(status, 0);
  assert_string_equal(said, "für 5 €\n🐢\na \"b\" \\\\ c\\\n\n*.yaml\n"); /* and no "\r" */
}

/* A child that nobody gave streams: its exit status. */
static int meet_nothing(void) {
  system_guard_standard_streams();
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    if (_get_osfhandle(descriptor) < 0) return 1 + descriptor;
  }
  bool written = printf("x") == 1 && fflush(stdout) == 0 && fprintf(stderr, "x") == 1 && fflush(stderr) == 0;
  return written && getchar() == EOF ? 0 : 4;
}

static void who_has_no_streams_gets_some(void **state) {
  wchar_t program[4096], words[] = L"liteginx nothing";
  STARTUPINFOW with = {.cb = sizeof with};
  PROCESS_INFORMATION child;
  DWORD status = 99;
  (void)state;
  assert_true(GetModuleFileNameW(NULL, program, UNIT_COUNT(program)) > 0);
  assert_true(CreateProcessW(program, words, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL, &with, &child));
  assert_int_equal(WaitForSingleObject(child.hProcess, 20 * 1000), WAIT_OBJECT_0);
  assert_true(GetExitCodeProcess(child.hProcess, &status));
  assert_int_equal(status, 0);
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
}

static const struct config_address loopback = {.scope = SCOPE_LOOPBACK};

static void set_port(struct sockaddr_storage *address, const char *host, int port) {
  int status = strchr(host, ':') ? uv_ip6_addr(host, port, (struct sockaddr_in6 *)address)
                                 : uv_ip4_addr(host, port, (struct sockaddr_in *)address);
  assert_int_equal(status, 0);
}

/* Wine has no number for a process that a socket belongs to. */
static bool is_ours(const char *owner) {
  char wanted[128];
  snprintf(wanted, sizeof wanted, "system_windows_test.exe (process %d)", (int)uv_os_getpid());
  return strcmp(owner, wanted) == 0 || strcmp(owner, "another program") == 0;
}

static void the_owner_of_a_port_is_named(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  struct sockaddr_storage address;
  char owner[128];
  assert_int_equal(open_on(bench, &bench->listener, &loopback, &fault), 0);
  static const char *const taken[] = {"127.0.0.1", "0.0.0.0", "::1", "::"}, *const free_ones[] = {"127.0.0.2", "::2"};
  for (size_t i = 0; i < UNIT_COUNT(taken); i++) {
    set_port(&address, taken[i], bench->listener.port);
    assert_true(system_port_owner((const struct sockaddr *)&address, owner, sizeof owner));
    if (!is_ours(owner)) fail_msg("%s: %s", taken[i], owner);
  }
  for (size_t i = 0; i < UNIT_COUNT(free_ones); i++) {
    set_port(&address, free_ones[i], bench->listener.port);
    assert_false(system_port_owner((const struct sockaddr *)&address, owner, sizeof owner));
  }
  set_port(&address, "127.0.0.1", bench->listener.port);
  listener_close(&bench->listener);
  turn(bench);
  assert_false(system_port_owner((const struct sockaddr *)&address, owner, sizeof owner));
}

/* Windows itself would bind one beside the other. */
static void no_port_is_taken_from_anybody(void **state) {
  struct bench *bench = *state;
  struct listener_fault fault;
  static const struct config_address all = {.scope = SCOPE_ALL}, first = {.scope = SCOPE_IPV4, .bytes = {127, 0, 0, 1}};
  assert_true(system_binds_beside_others());
  assert_int_equal(open_on(bench, &bench->listener, &all, &fault), 0);
  struct config_address beside = {.scope = SCOPE_IPV4, .port = bench->listener.port, .bytes = {127, 0, 0, 1}};
  assert_int_equal(open_on(bench, &bench->other, &beside, &fault), UV_EADDRINUSE);
  beside.scope = SCOPE_LOOPBACK;
  assert_int_equal(open_on(bench, &bench->other, &beside, &fault), UV_EADDRINUSE);
  beside.scope = SCOPE_ALL;
  assert_int_equal(open_on(bench, &bench->other, &beside, &fault), UV_EADDRINUSE);
  listener_close(&bench->listener);
  turn(bench);

  assert_int_equal(open_on(bench, &bench->listener, &first, &fault), 0);
  beside = (struct config_address){.scope = SCOPE_ALL, .port = bench->listener.port};
  assert_int_equal(open_on(bench, &bench->other, &beside, &fault), UV_EADDRINUSE);
  beside = (struct config_address){.scope = SCOPE_IPV4, .port = bench->listener.port, .bytes = {127, 0, 0, 2}};
  assert_int_equal(open_on(bench, &bench->other, &beside, &fault), 0); /* another address */
}

static void what_it_says_of_itself(void **state) {
  uint64_t within_ms = 0;
  char text[256];
  (void)state;
  assert_false(system_deals_connections());
  assert_int_equal(system_stop_signals()[0], SIGINT);
  assert_int_equal(system_stop_signals()[1], SIGBREAK);
  assert_true(system_hangup_stops(true, &within_ms) && system_hangup_stops(false, &within_ms));
  assert_in_range(within_ms, 1000, 4900); /* the system ends it after five seconds */
  assert_false(system_hangup_ignored());
  assert_true(system_cores() >= 1);
  assert_true(system_raise_descriptors() >= 10000);
  assert_string_equal(system_descriptors_word(), "handles");
  system_denied_port_advice(80, text, sizeof text);
  assert_non_null(strstr(text, "excludedportrange"));
}

/* Windows' own errors have other numbers. */
static void the_c_library_s_errors_are_known(void **state) {
  (void)state;
  assert_int_equal(system_code(ENOSPC), UV_ENOSPC);
  assert_int_equal(system_code(EPIPE), UV_EPIPE);
  assert_int_equal(system_code(EBADF), UV_EBADF);
  assert_int_equal(system_code(12345), UV_EIO);
}

/* A pipe that is nobody's terminal. */
static void a_pipe_is_no_terminal(void **state) {
  int ends[2];
  size_t room;
  (void)state;
  assert_true(os_pipe(ends, &room));
  assert_false(system_is_terminal(ends[0]) || system_shows_colors(ends[0]));
  os_close(ends[0]);
  os_close(ends[1]);
}

/* MSYS2's and Cygwin's are pipes with a name of this kind. */
static void a_pipe_of_mintty_is_a_terminal(void **state) {
  static const struct {
    const char *name;
    bool terminal;
  } rows[] = {
      {"msys-1888ae32e00d56aa-pty0-to-master", true},
      {"cygwin-1888ae32e00d56aa-pty12-from-master", true},
      {"msys-1888ae32e00d56aa-pipe-0x1", false},
      {"other-1888ae32e00d56aa-pty0-to-master", false},
  };
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    char path[128];
    snprintf(path, sizeof path, "\\\\.\\pipe\\%s-%d", rows[i].name, (int)uv_os_getpid());
    HANDLE pipe = CreateNamedPipeA(path, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 0, 0, 0, NULL);
    assert_true(pipe != INVALID_HANDLE_VALUE);
    int descriptor = _open_osfhandle((intptr_t)pipe, 0);
    assert_true(descriptor >= 0);
    if (system_is_terminal(descriptor) != rows[i].terminal) fail_msg("%s", rows[i].name);
    if (system_shows_colors(descriptor) != rows[i].terminal) fail_msg("colours of %s", rows[i].name);
    os_close(descriptor);
  }
}

int main(int argc, char **argv) {
  if (argc > 2) return say_arguments(argc, argv);
  if (argc > 1) return meet_nothing();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arguments_are_utf8),
      cmocka_unit_test(who_has_no_streams_gets_some),
      cmocka_unit_test_setup_teardown(the_owner_of_a_port_is_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(no_port_is_taken_from_anybody, set_up, tear_down),
      cmocka_unit_test(what_it_says_of_itself),
      cmocka_unit_test(the_c_library_s_errors_are_known),
      cmocka_unit_test(a_pipe_is_no_terminal),
      cmocka_unit_test(a_pipe_of_mintty_is_a_terminal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
