/* launcher.exe FILE PROGRAM [ARGUMENT…]: runs a program in a console of its own, and does there what a person would. Reads single
 * letters from standard input: c Ctrl-C, b Ctrl-Break, k kill; the end of input kills, too. What the program writes goes where
 * the launcher's own output goes. The program's exit status goes into FILE, and is the launcher's, but for one time in some
 * thousand, on a busy machine: then wine has killed the launcher as it went. */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

enum { CANNOT_START = 127, KILLED = 137 };

struct program {
  HANDLE process;
  DWORD id;
};

static const wchar_t *behind_first_word(const wchar_t *line);
static void take_console(void);
static BOOL start(const wchar_t *line, struct program *program);
static DWORD WINAPI obey(void *program);
static BOOL WINAPI ignore(DWORD event);
static void tell(const char *path, DWORD status);

int main(int argc, char **argv) {
  if (argc < 3) return CANNOT_START;
  struct program program;
  DWORD status = CANNOT_START;
  take_console();
  if (!start(behind_first_word(behind_first_word(GetCommandLineW())), &program)) {
    fprintf(stderr, "launcher: cannot start: error %lu\n", GetLastError());
    return CANNOT_START;
  }
  CreateThread(NULL, 0, obey, &program, 0, NULL);
  WaitForSingleObject(program.process, INFINITE);
  GetExitCodeProcess(program.process, &status);
  tell(argv[1], status);
  ExitProcess(status); /* the thread may wait for input */
}

static void tell(const char *path, DWORD status) {
  FILE *file = fopen(path, "w");
  if (!file) return;
  fprintf(file, "%lu", status);
  fclose(file);
}

static const wchar_t *behind_first_word(const wchar_t *line) {
  BOOL quoted = FALSE;
  for (; *line && (quoted || *line != L' '); line++) quoted ^= *line == L'"';
  while (*line == L' ') line++;
  return line;
}

/* Events of a console reach all that are attached to it: so there is one for the two of us, and this one ignores them. */
static void take_console(void) {
  HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE),
         err = GetStdHandle(STD_ERROR_HANDLE);
  FreeConsole();
  AllocConsole();
  SetStdHandle(STD_INPUT_HANDLE, in);
  SetStdHandle(STD_OUTPUT_HANDLE, out);
  SetStdHandle(STD_ERROR_HANDLE, err);
  SetConsoleCtrlHandler(ignore, TRUE);
}

static BOOL WINAPI ignore(DWORD event) {
  (void)event;
  return TRUE;
}

/* Its output must be its alone: whoever reads it waits for its end. */
static BOOL start(const wchar_t *line, struct program *program) {
  SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
  STARTUPINFOW with = {.cb = sizeof with, .dwFlags = STARTF_USESTDHANDLES};
  PROCESS_INFORMATION info;
  wchar_t *words = _wcsdup(line); /* it is written to */
  with.hStdInput =
      CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, NULL);
  with.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
  with.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  SetHandleInformation(with.hStdOutput, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
  SetHandleInformation(with.hStdError, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
  BOOL started = words && CreateProcessW(NULL, words, NULL, NULL, TRUE, 0, NULL, NULL, &with, &info);
  free(words);
  if (!started) return FALSE;
  *program = (struct program){info.hProcess, info.dwProcessId};
  CloseHandle(with.hStdOutput);
  CloseHandle(with.hStdError);
  return TRUE;
}

static DWORD WINAPI obey(void *owner) {
  const struct program *program = owner;
  HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
  char letter = 0;
  DWORD got;
  while (letter != 'k' && ReadFile(in, &letter, 1, &got, NULL) && got == 1) {
    if (letter == 'c') GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
    if (letter == 'b') GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0);
  }
  TerminateProcess(program->process, KILLED);
  return 0;
}
