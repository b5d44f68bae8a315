/* Windows 10 and later. Its own words are UTF-16; all that comes in is made UTF-8 here, and what goes out to a console is said to
 * be UTF-8. */
#include "liteginx/server/system.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <iphlpapi.h>
#include <shellapi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A process may have so many handles; memory of the kernel's ends before. */
enum { HANDLES_MAX = 1 << 24 };

/* Of the five seconds that a process has once its console closes, the user logs off or the machine shuts down. */
enum { GRANTED_MS = 4000 };

enum { STDERR_BYTES = 4096, PIPE_NAME_BYTES = 1024 };

static char *utf8_of(const wchar_t *wide);
static void free_words(char **words);
static void speak_utf8(DWORD which);
static void open_nothing(int descriptor, FILE *stream, const char *mode);
static void leave_console(void);
static BOOL WINAPI on_console_event(DWORD event);
static void restore_console(void);
static bool is_console(HANDLE handle);
static bool is_terminal_pipe(HANDLE handle);
static void *listening_table(ULONG family);
static bool overlaps(const void *one, const void *other, size_t len);
static bool find_owner(const struct sockaddr *address, DWORD *pid);
static bool find_owner_v4(const struct sockaddr_in *wanted, DWORD *pid);
static bool find_owner_v6(const struct sockaddr_in6 *wanted, DWORD *pid);
static void process_name(DWORD pid, char *text, size_t room);

/* What the console had before; 0: nothing was changed. */
static UINT code_page_before;
static HANDLE console_before;
static DWORD mode_before;

/* --- the process and its terminal --- */

/* The C library would change line ends, and writes stderr byte by byte. */
void system_guard_standard_streams(void) {
  open_nothing(0, stdin, "r");
  open_nothing(1, stdout, "w");
  open_nothing(2, stderr, "w");
  _setmode(0, _O_BINARY);
  _setmode(1, _O_BINARY);
  _setmode(2, _O_BINARY);
  setvbuf(stderr, NULL, _IOFBF, STDERR_BYTES);
  speak_utf8(STD_OUTPUT_HANDLE);
  speak_utf8(STD_ERROR_HANDLE);
}

/* A process that was started without a console has these numbers, and nothing behind them; and streams without a number. */
static void open_nothing(int descriptor, FILE *stream, const char *mode) {
  if (_get_osfhandle(descriptor) >= 0) return;
  int nothing = _open("NUL", _O_RDWR);
  if (nothing >= 0 && nothing != descriptor) {
    _dup2(nothing, descriptor);
    _close(nothing);
  }
  if (_fileno(stream) != descriptor) (void)freopen("NUL", mode, stream);
}

/* For as long as the program runs: the console belongs to the shell as well. */
static void speak_utf8(DWORD which) {
  if (code_page_before || !is_console(GetStdHandle(which))) return;
  code_page_before = GetConsoleOutputCP();
  SetConsoleOutputCP(CP_UTF8);
  SetConsoleCtrlHandler(on_console_event, TRUE);
  atexit(leave_console);
}

/* exit() writes what streams still hold only after this. */
static void leave_console(void) {
  fflush(NULL);
  restore_console();
}

/* What comes before libuv watches for it, whose handler is then asked first, ends the process without exit(). */
static BOOL WINAPI on_console_event(DWORD event) {
  (void)event;
  restore_console();
  return FALSE;
}

static void restore_console(void) {
  SetConsoleOutputCP(code_page_before);
  if (console_before) SetConsoleMode(console_before, mode_before);
}

/* main() has them in the system's code page, which lacks most letters. */
char **system_arguments(int *argc, char **argv) {
  int count = 0;
  wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
  char **words = wide ? calloc((size_t)count + 1, sizeof *words) : NULL;
  bool whole = words != NULL;
  for (int i = 0; whole && i < count; i++) {
    words[i] = utf8_of(wide[i]);
    whole = words[i] != NULL;
  }
  LocalFree(wide);
  if (!whole) {
    free_words(words);
    return argv;
  }
  *argc = count;
  return words;
}

static void free_words(char **words) {
  for (char **word = words; words && *word; word++) free(*word);
  free(words);
}

/* malloc'ed; NULL: no memory. What is no UTF-16 becomes U+FFFD. */
static char *utf8_of(const wchar_t *wide) {
  int len = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
  char *text = len > 0 ? malloc((size_t)len) : NULL;
  if (text && WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, len, NULL, NULL) > 0) return text;
  free(text);
  return NULL;
}

bool system_is_terminal(int descriptor) {
  HANDLE handle = (HANDLE)_get_osfhandle(descriptor);
  return is_console(handle) || is_terminal_pipe(handle);
}

/* A console has to be told; mintty is a terminal by itself. */
bool system_shows_colors(int descriptor) {
  HANDLE handle = (HANDLE)_get_osfhandle(descriptor);
  DWORD mode;
  if (!GetConsoleMode(handle, &mode)) return is_terminal_pipe(handle);
  if (!console_before) mode_before = mode;
  console_before = handle;
  return SetConsoleMode(handle, mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

static bool is_console(HANDLE handle) {
  DWORD mode;
  return GetConsoleMode(handle, &mode);
}

/* The terminals of MSYS2 and Cygwin are pipes to a Windows program, known by names like \msys-1888ae32e00d56aa-pty0-to-master
 * (https://cygwin.com/git: winsup/cygwin/fhandler/pty.cc). */
static bool is_terminal_pipe(HANDLE handle) {
  union {
    FILE_NAME_INFO info;
    char bytes[sizeof(FILE_NAME_INFO) + PIPE_NAME_BYTES];
  } name;
  if (GetFileType(handle) != FILE_TYPE_PIPE) return false;
  if (!GetFileInformationByHandleEx(handle, FileNameInfo, &name, sizeof name - sizeof(wchar_t))) return false;
  name.info.FileName[name.info.FileNameLength / sizeof(wchar_t)] = L'\0';
  const wchar_t *text = name.info.FileName;
  return (wcsncmp(text, L"\\msys-", 6) == 0 || wcsncmp(text, L"\\cygwin-", 8) == 0) && wcsstr(text, L"-pty");
}

noreturn void system_leave_at_once(int status) {
  if (code_page_before) restore_console();
  _Exit(status);
}

/* A console that goes says so by itself. */
bool system_has_terminal(void) {
  return true;
}

void system_ignore_broken_pipe(void) {
}

int system_code(int error) {
  switch (error) {
  case ENOSPC:
    return UV_ENOSPC;
  case EPIPE:
    return UV_EPIPE;
  case EFBIG:
    return UV_EFBIG;
  case EBADF:
    return UV_EBADF;
  case EACCES:
    return UV_EACCES;
  case EINVAL: /* a pipe that nobody reads, to older ones of its C libraries */
    return UV_EINVAL;
  default:
    return UV_EIO;
  }
}

/* --- signals --- */

/* Ctrl-C and Ctrl-Break. */
const int *system_stop_signals(void) {
  static const int signals[SYSTEM_STOP_SIGNALS] = {SIGINT, SIGBREAK};
  return signals;
}

/* libuv's word for a console that closes, and ours for the end of the session. */
bool system_hangup_stops(bool had_terminal, uint64_t *within_ms) {
  (void)had_terminal;
  *within_ms = GRANTED_MS;
  return true;
}

bool system_hangup_ignored(void) {
  return false;
}

int system_thread_create(uv_thread_t *thread, uv_thread_cb run, void *owner) {
  return uv_thread_create(thread, run, owner);
}

/* --- what there is of descriptors and processors --- */

void system_part_descriptors(void) {
}

unsigned system_raise_descriptors(void) {
  return HANDLES_MAX;
}

const char *system_descriptors_word(void) {
  return "handles";
}

/* All there are: one worker serves, however many (system_deals_connections). */
unsigned system_cores(void) {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwNumberOfProcessors ? (unsigned)info.dwNumberOfProcessors : 1;
}

/* --- ports --- */

bool system_deals_connections(void) {
  return false;
}

/* One address beside all of them, and all of them beside one, bind in silence; and who has set SO_REUSEADDR gets any port.
 * SO_EXCLUSIVEADDRUSE would refuse them, but also us after a restart, as long as an old connection is still closing
 * (https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse). */
bool system_binds_beside_others(void) {
  return true;
}

bool system_port_owner(const struct sockaddr *address, char *text, size_t room) {
  DWORD pid = 0;
  if (!find_owner(address, &pid)) return false;
  process_name(pid, text, room);
  return true;
}

static bool find_owner(const struct sockaddr *address, DWORD *pid) {
  if (address->sa_family == AF_INET) return find_owner_v4((const void *)address, pid);
  return address->sa_family == AF_INET6 && find_owner_v6((const void *)address, pid);
}

static bool find_owner_v4(const struct sockaddr_in *wanted, DWORD *pid) {
  MIB_TCPTABLE_OWNER_PID *rows = listening_table(AF_INET);
  bool found = false;
  for (DWORD i = 0; rows && i < rows->dwNumEntries && !found; i++) {
    const MIB_TCPROW_OWNER_PID *row = &rows->table[i];
    found = (u_short)row->dwLocalPort == wanted->sin_port &&
            overlaps(&row->dwLocalAddr, &wanted->sin_addr, sizeof wanted->sin_addr);
    *pid = row->dwOwningPid;
  }
  free(rows);
  return found;
}

static bool find_owner_v6(const struct sockaddr_in6 *wanted, DWORD *pid) {
  MIB_TCP6TABLE_OWNER_PID *rows = listening_table(AF_INET6);
  bool found = false;
  for (DWORD i = 0; rows && i < rows->dwNumEntries && !found; i++) {
    const MIB_TCP6ROW_OWNER_PID *row = &rows->table[i];
    found = (u_short)row->dwLocalPort == wanted->sin6_port &&
            overlaps(row->ucLocalAddr, &wanted->sin6_addr, sizeof wanted->sin6_addr);
    *pid = row->dwOwningPid;
  }
  free(rows);
  return found;
}

/* The system's table of listening sockets, malloc'ed. It may grow between the question for its size and that for itself.
 * NULL: it cannot be had. */
static void *listening_table(ULONG family) {
  DWORD size = 0, status = ERROR_INSUFFICIENT_BUFFER;
  void *table = NULL;
  while (status == ERROR_INSUFFICIENT_BUFFER) {
    free(table);
    table = size ? malloc(size) : NULL;
    if (size && !table) return NULL;
    status = GetExtendedTcpTable(table, &size, FALSE, family, TCP_TABLE_OWNER_PID_LISTENER, 0);
  }
  if (status == NO_ERROR) return table;
  free(table);
  return NULL;
}

static bool overlaps(const void *one, const void *other, size_t len) {
  static const unsigned char any[16];
  return memcmp(one, other, len) == 0 || memcmp(one, any, len) == 0 || memcmp(other, any, len) == 0;
}

/* Of another user's process only the number is known. */
static void process_name(DWORD pid, char *text, size_t room) {
  wchar_t path[MAX_PATH];
  DWORD len = MAX_PATH;
  HANDLE process = pid ? OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid) : NULL;
  char *name = process && QueryFullProcessImageNameW(process, 0, path, &len) ? utf8_of(path) : NULL;
  const char *slash = name ? strrchr(name, '\\') : NULL;
  if (process) CloseHandle(process);
  if (pid == 0) {
    snprintf(text, room, "another program");
  } else {
    snprintf(text, room, "%s (process %lu)", slash ? slash + 1 : name ? name : "a program", (unsigned long)pid);
  }
  free(name);
}

/* No port is privileged: Hyper-V, WSL and Docker have ranges kept for them, or a program has the port for itself. */
void system_denied_port_advice(unsigned port, char *text, size_t room) {
  (void)port;
  snprintf(
      text, room,
      "Windows keeps this port (see 'netsh interface ipv4 show excludedportrange protocol=tcp'), or a program has it "
      "for itself alone; listen on another one");
}

bool system_files_have_modes(void) {
  return false;
}
