/* One checked configuration: what all files said, merged by listen address, every value typed and in range. Immutable.
 * Pure: it takes {name, text} pairs; finding and reading files is cli/'s. */
#ifndef LITEGINX_CONFIG_CONFIG_H
#define LITEGINX_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "liteginx/base/arena.h"
#include "liteginx/config/report.h"
#include "liteginx/config/schema.h"
#include "liteginx/route/pattern.h"
#include "liteginx/route/rewrite.h"

enum { CONFIG_MAX_WORKERS = 1024 };

enum config_bind { BIND_LOOPBACK, BIND_ALL };
enum config_access_log { ACCESS_LOG_TEXT, ACCESS_LOG_JSON, ACCESS_LOG_OFF };

/* An address or a network of trusted_proxies: the first `bits` bits of `bytes` (4 or 16 of them). */
struct config_network {
  unsigned char bytes[16];
  unsigned family; /* 4, 6, or 1: all that come over a Unix socket */
  unsigned bits;
};

/* Of the settings, what their rows say. */
struct config_settings {
  SCHEMA_SETTINGS(KEY_MEMBER, KEY_NO_MEMBER)
  struct config_network *trusted_proxies;
  unsigned trusted_count;
};

enum config_kind { KIND_HTTP, KIND_TCP };

/* Where a listener binds. A bare port is resolved with `bind` (and $LITEGINX_BIND) already: LOOPBACK or ALL. */
enum config_scope {
  SCOPE_LOOPBACK, /* 127.0.0.1 and ::1, a missing family is skipped */
  SCOPE_ALL,      /* 0.0.0.0 and ::, a missing family is skipped */
  SCOPE_IPV4,     /* one address */
  SCOPE_IPV6,     /* one address, IPv6 alone: "[::]:80" leaves IPv4 to others */
  SCOPE_LOCAL     /* a Unix socket */
};

struct config_address {
  enum config_scope scope;
  unsigned char bytes[16]; /* the address for SCOPE_IPV4 (4 bytes) and SCOPE_IPV6 */
  uint16_t port;           /* 0: any free one */
  struct str path;         /* for SCOPE_LOCAL, else empty: as this process reaches it */
  struct str text;         /* as written, for messages: "5000", "*:5000", "127.0.0.1:80", "unix:./x.sock" */
};

/* The host in lower case, an IPv6 literal without brackets; "unix:PATH" for a Unix socket, as we reach it, and port 0. */
struct config_target {
  SCHEMA_TARGET(KEY_MEMBER, KEY_NO_MEMBER)
};

/* 0: never */
struct config_timeouts {
  SCHEMA_TIMEOUTS(KEY_MEMBER, KEY_NO_MEMBER)
};

struct config_tls {
  SCHEMA_TLS(KEY_MEMBER, KEY_NO_MEMBER)
};

/* One http spec, or all tcp specs of one listener merged. Its host is as router_entry wants it; empty: any. */
struct config_route {
  SCHEMA_SPEC(KEY_MEMBER, KEY_NO_MEMBER)
  struct str name;           /* of its ingress */
  struct config_place place; /* of its spec */
  struct str path;           /* as written */
  struct pattern pattern;    /* http */
  bool has_rewrite;
  struct str rewrite_text; /* as written */
  struct rewrite rewrite;
  struct config_target *targets;
  unsigned target_count;
};

struct config_listener {
  enum config_kind kind;
  struct config_address address;
  struct config_place place;   /* of the first listen: */
  struct config_route *routes; /* http: all routes in order, equal ones left out; tcp: exactly one */
  unsigned route_count;
};

struct config {
  struct arena arena; /* owns everything below */
  struct config_settings settings;
  struct config_listener *listeners;
  unsigned listener_count;
};

/* Reads an environment variable; NULL: unset. getenv for the program, a table for tests. */
typedef const char *config_getenv(void *owner, const char *name);

/* Builds the configuration of `texts` (of two equal routes the earlier wins), or returns NULL with at least one error
 * in *report (also when memory is out). Warnings may be there in both cases. The caller frees both. `texts` and `env`
 * are not needed afterwards. */
struct config *config_load(const struct config_text *texts, unsigned count, config_getenv *env, void *env_owner,
                           struct config_report *report);
void config_free(struct config *config);

#endif
