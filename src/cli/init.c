/* The file is made by the call that fails where one is there, so that nothing is ever written over, whoever else is at work
 * in that folder. What could be written in part only goes again. */
#include "liteginx/cli/init.h"

#include <string.h>
#include <uv.h>

#include "liteginx/base/filename.h"
#include "liteginx/cli/files.h"
#include "liteginx/cli/output.h"
#include "liteginx/config/starter.h"
#include "liteginx/config/tables.h"

enum { FAILED = 1, MODE = 0644 };

static const char default_path[] = "./liteginx.yaml", other_path[] = "./liteginx.yml";

static int write_file(struct str text, const char *path, FILE *err);
static int write_all(uv_file file, struct str text);
static int say_failed(const char *path, int status, FILE *err);

int init_run(const char *path, FILE *out, FILE *err) {
  struct page page = PAGE_EMPTY;
  int status = FAILED;
  if (!path && files_exist(other_path))
    return say_failed(other_path, UV_EEXIST, err); /* one of both only can be meant */
  page_add(&page, "%s", starter_head());
  starter_write(&page, &schema_document);
  if (!path) path = default_path;
  if (page.failed) {
    fputs("liteginx: out of memory\n", err);
  } else if (strcmp(path, "-") == 0) {
    status = output_text(out, buf_view(&page.text), err);
  } else {
    status = write_file(buf_view(&page.text), path, err);
  }
  page_free(&page);
  return status;
}

static int write_file(struct str text, const char *path, FILE *err) {
  uv_fs_t request;
  int flags = UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_EXCL;
  uv_file file = uv_fs_open(NULL, &request, path, flags, MODE, NULL);
  uv_fs_req_cleanup(&request);
  if (file < 0) return say_failed(path, file, err);
  int written = write_all(file, text), closed = uv_fs_close(NULL, &request, file, NULL);
  uv_fs_req_cleanup(&request);
  if (written == 0) written = closed;
  if (written == 0) {
    fprintf(
        err,
        "liteginx: %s is written: change it to your needs, and 'liteginx check %s%s%s' tells whether all is right\n",
        path, filename_quote(path), path, filename_quote(path));
    return 0;
  }
  uv_fs_unlink(NULL, &request, path, NULL);
  uv_fs_req_cleanup(&request);
  return say_failed(path, written, err);
}

/* 0, or why not. */
static int write_all(uv_file file, struct str text) {
  while (text.len > 0) {
    uv_fs_t request;
    uv_buf_t rest = uv_buf_init((char *)(uintptr_t)text.ptr, (unsigned)text.len);
    int written = uv_fs_write(NULL, &request, file, &rest, 1, -1, NULL);
    uv_fs_req_cleanup(&request);
    if (written < 0) return written;
    text = str_from(text, (size_t)written);
  }
  return 0;
}

static int say_failed(const char *path, int status, FILE *err) {
  if (status == UV_EEXIST) {
    fprintf(err, "liteginx: %s is there already and stays as it is (name another file, or - for standard output)\n",
            path);
  } else {
    fprintf(err, "liteginx: %s could not be written: %s\n", path, uv_strerror(status));
  }
  return FAILED;
}
