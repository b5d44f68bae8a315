/* zig 0.11's headers for macOS lack it; libuv wants these names of it. Stands behind all other folders, so that a real one
 * wins. */
#ifndef LITEGINX_PACKAGING_PATHS_H
#define LITEGINX_PACKAGING_PATHS_H
#define _PATH_TMP "/tmp/"
#define _PATH_DEV "/dev/"
#define _PATH_DEFPATH "/usr/bin:/bin"
#endif
