/* Each runs on a loop of its own, which ends with it. */
#include "liteginx/cli/program.h"

#include <string.h>

#include "liteginx/cli/file.h"
#include "liteginx/cli/inputs.h"
#include "liteginx/cli/shell.h"

enum { READ_BYTES = 65536, STDERR = 2, EXECUTABLE = 1 /* X_OK */ };

struct running {
  uv_loop_t loop;
  uv_process_t process;
  uv_pipe_t pipe;
  struct buf *kept;
  int status;
  char block[READ_BYTES];
};

static int start(struct running *running, const char *const *words, enum program_output output);
static void on_exit(uv_process_t *process, int64_t exit_status, int signal);
static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf);
static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf);
static const char *find_in(struct arena *arena, struct str folder, const char *below, const char *name);

int program_run(const char *const *words, enum program_output output, struct buf *kept) {
  struct running running;
  running.kept = kept;
  running.status = uv_loop_init(&running.loop);
  if (running.status != 0) return running.status;
  int code = start(&running, words, output);
  uv_run(&running.loop, UV_RUN_DEFAULT);
  ENSURE(uv_loop_close(&running.loop) == 0);
  return code != 0 ? code : running.status;
}

/* A process that could not be started has a handle nevertheless, and so does its pipe. */
static int start(struct running *running, const char *const *words, enum program_output output) {
  bool keeps = output == PROGRAM_KEPT;
  uv_stdio_container_t ours = {.flags = UV_INHERIT_FD, .data.fd = STDERR};
  uv_stdio_container_t stdio[] = {{.flags = UV_IGNORE}, ours, ours};
  uv_process_options_t options = {
      .file = words[0],
      .args = (char **)(uintptr_t)words,
      .exit_cb = on_exit,
      .stdio = stdio,
      .stdio_count = 3,
      .flags = UV_PROCESS_WINDOWS_HIDE,
  };
  if (keeps) {
    int code = uv_pipe_init(&running->loop, &running->pipe, 0);
    if (code != 0) return code;
    running->pipe.data = running;
    stdio[1] = (uv_stdio_container_t){.flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE),
                                      .data.stream = (uv_stream_t *)&running->pipe};
    stdio[2] = stdio[0];
  } else {
    stdio[0] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = 0};
  }
  running->process.data = running;
  int code = uv_spawn(&running->loop, &running->process, &options);
  if (code != 0) uv_close((uv_handle_t *)&running->process, NULL);
  if (code == 0 && keeps) code = uv_read_start((uv_stream_t *)&running->pipe, on_room, on_read);
  if (code != 0 && keeps) uv_close((uv_handle_t *)&running->pipe, NULL);
  return code;
}

static void on_exit(uv_process_t *process, int64_t exit_status, int signal) {
  struct running *running = process->data;
  running->status = signal ? 128 + signal : (int)exit_status;
  uv_close((uv_handle_t *)process, NULL);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  struct running *running = handle->data;
  (void)suggested;
  *buf = uv_buf_init(running->block, sizeof running->block);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
  struct running *running = stream->data;
  if (got > 0 && running->kept) {
    (void)buf_append(running->kept, str_make(buf->base, (size_t)got), PROGRAM_OUTPUT_BYTES);
  }
  if (got < 0) uv_close((uv_handle_t *)stream, NULL);
}

const char *program_find(struct arena *arena, const char *name) {
  const char *path = shell_getenv(arena, "PATH"), *found = NULL;
  struct str rest = str_of(path), folder;
  while (!found && path && str_next(&rest, shell_path_separator(), &folder)) {
    if (folder.len) found = find_in(arena, folder, "/", name);
  }
  return found;
}

const char *program_find_for_root(struct arena *arena, const char *name) {
  const char *path = shell_getenv(arena, "PATH"), *found = NULL;
  struct str rest = str_of(path), folder;
  if (program_find(arena, name)) return name;
  while (!found && path && str_next(&rest, shell_path_separator(), &folder)) {
    bool is_bin = str_ends_with(folder, STR("/bin"));
    if (is_bin) found = find_in(arena, str_upto(folder, folder.len - strlen("bin")), "sbin/", name);
  }
  return found;
}

/* NULL: it is not there, or may not be run. */
static const char *find_in(struct arena *arena, struct str folder, const char *below, const char *name) {
  uv_stat_t there;
  uv_fs_t request;
  struct str path = arena_printf(arena, "%.*s%s%s%s%c", STR_ARG(folder), below, name, shell_program_ending(), '\0');
  if (!path.ptr) return NULL;
  int code = uv_fs_access(NULL, &request, path.ptr, EXECUTABLE, NULL);
  uv_fs_req_cleanup(&request);
  bool found = code == 0 && inputs_stat(path.ptr, &there) == 0 && file_kind(&there) == FILE_REGULAR;
  return found ? path.ptr : NULL;
}
