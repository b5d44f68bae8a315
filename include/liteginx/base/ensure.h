/* Assertions that are always on: a proxy that continues on a broken invariant leaks one client's bytes
 * to another. A failed one prints its place and aborts. */
#ifndef LITEGINX_BASE_ENSURE_H
#define LITEGINX_BASE_ENSURE_H

#include <stdnoreturn.h>

/* Aborts the process with the place and the text of the broken condition unless `condition` holds. */
#define ENSURE(condition) ((condition) ? (void)0 : ensure_failed(#condition, __FILE__, __LINE__, __func__))

/* Marks a place that no correct program reaches. */
#define ENSURE_UNREACHABLE() ensure_failed("unreachable", __FILE__, __LINE__, __func__)

/* Lets compilers that can check printf-like calls do so; argument numbers count from 1. MinGW's stdio.h takes C99's functions
 * where c_std asks for it, and does not tell gcc. */
#if defined(__MINGW32__) && !defined(__clang__)
#define ENSURE_PRINTF(format_argument, first_argument) \
  __attribute__((format(gnu_printf, format_argument, first_argument)))
#elif defined(__GNUC__)
#define ENSURE_PRINTF(format_argument, first_argument) __attribute__((format(printf, format_argument, first_argument)))
#else
#define ENSURE_PRINTF(format_argument, first_argument)
#endif

/* The result must be looked at. */
#if defined(__GNUC__)
#define ENSURE_CHECKED __attribute__((warn_unused_result))
#else
#define ENSURE_CHECKED
#endif

/* A function that few calls lead to: the one that calls it is the faster for its standing apart. */
#if defined(__GNUC__)
#define ENSURE_APART __attribute__((noinline))
#else
#define ENSURE_APART
#endif

/* Writes one line to stderr and aborts. Only the macros call it. */
noreturn void ensure_failed(const char *condition, const char *file, int line, const char *function);

#endif
