/* One checked configuration: what all files said, merged by listen address, every value typed and in range. Immutable.
 * What makes one is load.h. */
#ifndef LITEGINX_CONFIG_CONFIG_H
#define LITEGINX_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "liteginx/base/arena.h"
#include "liteginx/config/address.h"
#include "liteginx/config/report.h"
#include "liteginx/config/schema.h"
#include "liteginx/route/location.h"
#include "liteginx/route/pattern.h"
#include "liteginx/route/rewrite.h"
#include "liteginx/route/value.h"

enum { CONFIG_MAX_WORKERS = 1024 };

enum config_bind { BIND_LOOPBACK, BIND_ALL };
enum config_access_log { ACCESS_LOG_TEXT, ACCESS_LOG_JSON, ACCESS_LOG_OFF };

/* Of the settings, what their rows say. */
struct config_settings {
  SCHEMA_SETTINGS(KEY_MEMBER, KEY_NO_MEMBER)
  struct config_network *trusted_proxies;
  unsigned trusted_count;
};

enum config_kind { KIND_HTTP, KIND_TCP };

/* The host in lower case, an IPv6 literal without brackets; "unix:PATH" for a Unix socket, as we reach it, and port 0. */
struct config_target {
  SCHEMA_TARGET(KEY_MEMBER, KEY_NO_MEMBER)
};

/* 0: never */
struct config_timeouts {
  SCHEMA_TIMEOUTS(KEY_MEMBER, KEY_NO_MEMBER)
};

enum config_tls_version { TLS_VERSION_12, TLS_VERSION_13 };
enum config_tls_ca { TLS_CA_LOCAL, TLS_CA_MKCERT };

/* Of one document. The texts are what the named files hold; empty: none is named. */
struct config_tls {
  SCHEMA_TLS(KEY_MEMBER, KEY_NO_MEMBER)
  struct str certificate, key, client_ca;
  struct str name;           /* of its ingress */
  struct config_place place; /* of `tls` */
  struct str *hosts; /* of its http specs, each once, as router_entry wants them; empty where one takes any host */
  unsigned host_count;
  struct config_tls *next; /* of the configuration's */
};

struct config_redirect {
  unsigned status;
  struct str to_text; /* as written */
  struct location to;
  struct config_place place; /* of `to` */
};

/* Its body is empty where there is neither text nor file; so is its type then, unless it was written. */
struct config_respond {
  SCHEMA_RESPOND(KEY_MEMBER, KEY_NO_MEMBER)
  struct str type, body;
};

/* A field that a route changes. */
struct config_change {
  enum schema_changes_row change;
  struct str name;
  struct value value; /* not of those that are removed */
};

struct config_changes {
  struct config_change *at;
  unsigned count;
};

enum config_host_header { HOST_HEADER_PRESERVE, HOST_HEADER_TARGET, HOST_HEADER_NAME };

/* One http spec, or all tcp specs of one listener merged. Its host is as router_entry wants it; empty: any. */
struct config_route {
  const struct config_tls *tls; /* NULL: TLS is not demanded */
  SCHEMA_SPEC(KEY_MEMBER, KEY_NO_MEMBER)
  struct str name;           /* of its ingress */
  struct config_place place; /* of its spec */
  struct str path;           /* as written */
  struct pattern pattern;    /* http */
  bool has_rewrite;
  struct str rewrite_text; /* as written */
  struct rewrite rewrite;
  enum schema_spec_row action; /* the one of its keys that says what it does with a request; the others are empty */
  struct config_target *targets;
  unsigned target_count;
  struct config_changes request_changes, response_changes; /* of fields */
  enum config_host_header host_header;
  bool has_extras;      /* any of these: most have none, and this is all that they are asked */
  struct str host_name; /* of HOST_HEADER_NAME */
  struct config_redirect redirect;
  struct config_respond respond;
};

struct config_listener {
  enum config_kind kind;
  struct config_address address;
  struct config_place place;   /* of the first listen: */
  struct config_route *routes; /* http: all routes in order, equal ones left out; tcp: exactly one */
  unsigned route_count;
  const struct config_tls **tls; /* what its routes demand, each once, in their order */
  unsigned tls_count;
};

struct config {
  struct arena arena; /* owns everything below */
  struct config_settings settings;
  struct config_listener *listeners;
  unsigned listener_count;
  struct config_tls *tls; /* all that are enabled, in the order of their documents */
};

#endif
