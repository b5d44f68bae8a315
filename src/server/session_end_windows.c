/* A window that nobody sees, and a thread for it: libuv has none, and the console's own events do not tell of it to programs that
 * know windows at all (https://learn.microsoft.com/windows/console/setconsolectrlhandler). */
#include "liteginx/server/session_end.h"

#include <uv.h>

/* So long Windows waits for a program that has not returned from WM_ENDSESSION yet; then it ends the process. */
enum { HOLD_MS = 5000 };

static void on_thread(void *unused);
static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM word, LPARAM more);
static void tell(void);

static struct {
  SRWLOCK lock; /* for the two below, and while on_end runs */
  void (*on_end)(void *owner);
  void *owner;
} watch = {.lock = SRWLOCK_INIT};

int session_end_watch(void (*on_end)(void *owner), void *owner) {
  uv_thread_t thread;
  ENSURE(!watch.on_end);
  watch.on_end = on_end;
  watch.owner = owner;
  int status = uv_thread_create(&thread, on_thread, NULL);
  if (status != 0) session_end_unwatch();
  if (status == 0) CloseHandle(thread); /* nobody joins it */
  return status;
}

/* The thread goes with the process: where it holds the system up, it is the process that has to end. */
void session_end_unwatch(void) {
  AcquireSRWLockExclusive(&watch.lock);
  watch.on_end = NULL;
  watch.owner = NULL;
  ReleaseSRWLockExclusive(&watch.lock);
}

/* Without a desktop there is no window, and nobody who logs off. */
static void on_thread(void *unused) {
  WNDCLASSW class = {.lpfnWndProc = on_message, .lpszClassName = L"liteginx", .hInstance = GetModuleHandleW(NULL)};
  MSG message;
  (void)unused;
  if (!RegisterClassW(&class)) return;
  /* A top-level one: message-only windows are told nothing. */
  if (!CreateWindowExW(0, class.lpszClassName, L"liteginx", 0, 0, 0, 0, 0, NULL, NULL, class.hInstance, NULL)) return;
  while (GetMessageW(&message, NULL, 0, 0) > 0) DispatchMessageW(&message);
}

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM word, LPARAM more) {
  if (message == WM_QUERYENDSESSION) return TRUE;
  if (message != WM_ENDSESSION) return DefWindowProcW(window, message, word, more);
  if (word) tell();
  return 0;
}

/* Once this returns the process may be ended: so it does not before the process has ended itself. */
static void tell(void) {
  AcquireSRWLockExclusive(&watch.lock);
  if (watch.on_end) watch.on_end(watch.owner);
  ReleaseSRWLockExclusive(&watch.lock);
  Sleep(HOLD_MS);
}
