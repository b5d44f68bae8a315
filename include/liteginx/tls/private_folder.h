/* Files that one user alone may read, in folders that one user alone may enter. One source file for each kind of system: Unix
 * says it in modes; on Windows such a folder stands in the user's profile, whose rights shut others out.
 *
 * Paths are UTF-8. Functions that can fail return 0 or an errno of the C library. All of them block. */
#ifndef LITEGINX_TLS_PRIVATE_FOLDER_H
#define LITEGINX_TLS_PRIVATE_FOLDER_H

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"

enum { PRIVATE_FOLDER_PATH_BYTES = 4096 };

/* The path of what is called `name` in `folder`. False: it is too long. */
ENSURE_CHECKED bool private_folder_join(char path[PRIVATE_FOLDER_PATH_BYTES], const char *folder, const char *name);

/* Makes the folder and those above it that are missing, for this user alone. One that is there stays as it is. */
ENSURE_CHECKED int private_folder_make(const char *path);

/* The same for one folder, which must not be there yet (EEXIST). */
ENSURE_CHECKED int private_folder_make_new(const char *path);

/* Writes a file that is not there yet (EEXIST), until it is on the disk. What could be written in part only is removed. */
ENSURE_CHECKED int private_folder_write(const char *path, struct str text);

/* Reads a file of at most `room` bytes; a longer one is EFBIG. */
ENSURE_CHECKED int private_folder_read(const char *path, char *into, size_t room, size_t *len);

/* Gives a folder another name, all of it or nothing of it, also where the machine stops. EEXIST: something is called so
 * already, and stays. */
ENSURE_CHECKED int private_folder_rename(const char *from, const char *to);

/* Removes a file, or an empty folder. What is not there is none of the errors. */
int private_folder_remove(const char *path);

enum private_folder_access {
  PRIVATE_FOLDER_OWN,     /* this user's alone */
  PRIVATE_FOLDER_OPEN,    /* others may read it, or write to it */
  PRIVATE_FOLDER_FOREIGN, /* somebody else's */
  PRIVATE_FOLDER_MISSING, /* not there, or it cannot be told */
};

/* Who may reach a file or folder. */
enum private_folder_access private_folder_access(const char *path);

#endif
