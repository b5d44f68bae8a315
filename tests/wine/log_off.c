/* log_off.exe: the end of a session, for liteginx alone. Does what Windows does for each program as its user logs off: asks its
 * top-level windows whether it may end (WM_QUERYENDSESSION), tells them that it does (WM_ENDSESSION), waits five seconds, and ends
 * the process. Programs that start later are told too, until somebody ends this one.
 *
 * wine's own `wineboot --end-session` does the same for all that runs, but now and then misses that all have answered. */
#include <windows.h>

enum { TOLD_MOST = 64, PATIENCE_MS = 5000, PAUSE_MS = 50 };

static BOOL CALLBACK on_window(HWND window, LPARAM more);
static BOOL is_new(HWND window);
static void end(HWND window);

static HWND told[TOLD_MOST];
static unsigned told_count;

int main(void) {
  for (;;) {
    EnumWindows(on_window, 0);
    Sleep(PAUSE_MS);
  }
}

static BOOL CALLBACK on_window(HWND window, LPARAM more) {
  wchar_t name[16];
  (void)more;
  int len = GetClassNameW(window, name, sizeof name / sizeof name[0]);
  if (len > 0 && lstrcmpW(name, L"liteginx") == 0 && is_new(window)) end(window);
  return TRUE;
}

static BOOL is_new(HWND window) {
  for (unsigned i = 0; i < told_count; i++) {
    if (told[i] == window) return FALSE;
  }
  if (told_count == TOLD_MOST) return FALSE;
  told[told_count++] = window;
  return TRUE;
}

static void end(HWND window) {
  DWORD_PTR agrees = FALSE, unused;
  DWORD id;
  GetWindowThreadProcessId(window, &id);
  HANDLE process = OpenProcess(PROCESS_TERMINATE, FALSE, id);
  SendMessageTimeoutW(window, WM_QUERYENDSESSION, 0, (LPARAM)ENDSESSION_LOGOFF, SMTO_NORMAL, PATIENCE_MS, &agrees);
  if (agrees) {
    SendMessageTimeoutW(window, WM_ENDSESSION, TRUE, (LPARAM)ENDSESSION_LOGOFF, SMTO_NORMAL, PATIENCE_MS, &unused);
    if (process) TerminateProcess(process, 1);
  }
  if (process) CloseHandle(process);
}
