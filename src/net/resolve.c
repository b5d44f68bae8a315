/* Names with their addresses. A struct resolve_name owns its one look-up request and therefore lives on after its last
 * user has left, until libuv calls back: getaddrinfo cannot be stopped. It is out of the resolver's list by then and
 * knows only its loop.
 *
 * Addresses are kept in the order in which to try them: the one that answered last, then the families in turn, the
 * system's first choice first (RFC 8305 §4), so that one dead family never stands in front of the other. */
#include "liteginx/net/resolve.h"

#include <stdlib.h>

#include "liteginx/net/local.h"

static const struct str LOCAL_SCHEME = STR_INIT("unix:");

/* How soon connects that fail make us look up again. */
enum { RETRY_MS = 1000 };

struct resolve_name {
  struct list node; /* in resolver->names while it has users */
  struct loop *loop;
  unsigned users;
  bool fixed;        /* known without a look-up */
  bool looking;      /* `request` is on its way */
  bool preferred;    /* addresses[0] has answered */
  uint64_t asked_ms; /* when the last look-up began; 0: never */
  struct list waiters;
  uv_getaddrinfo_t request;
  unsigned count;
  struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES];
  size_t host_len;
  char host[]; /* with a NUL for getaddrinfo */
};

static struct resolve_name *name_new(struct resolver *resolver, struct str host);
static bool add_literal(struct resolve_name *name, const char *text);
static bool is_local(struct str host);
static bool is_localhost(struct str host);
static int look_up(struct resolve_name *name);
static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *found);
static unsigned take_addresses(struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES], const struct addrinfo *found);
static void replace_addresses(struct resolve_name *name, const struct sockaddr_storage *addresses, unsigned count);
static unsigned find_address(const struct sockaddr_storage *addresses, unsigned count, const struct sockaddr *wanted);
static void tell_waiters(struct resolve_name *name, int status);

void resolver_init(struct resolver *resolver, struct loop *loop) {
  resolver->loop = loop;
  list_init(&resolver->names);
}

void resolver_free(struct resolver *resolver) {
  ENSURE(list_empty(&resolver->names));
}

/* --- names --- */

struct resolve_name *resolve_acquire(struct resolver *resolver, struct str host) {
  LIST_EACH(node, &resolver->names) {
    struct resolve_name *name = container_of(node, struct resolve_name, node);
    struct str known = str_make(name->host, name->host_len);
    if (!(is_local(host) ? str_eq(known, host) : str_eq_nocase(known, host))) continue;
    name->users++;
    return name;
  }
  return name_new(resolver, host);
}

static struct resolve_name *name_new(struct resolver *resolver, struct str host) {
  struct resolve_name *name = calloc(1, sizeof *name + host.len + 1);
  if (!name) return NULL;
  name->loop = resolver->loop;
  name->users = 1;
  if (host.len) memcpy(name->host, host.ptr, host.len);
  name->host_len = host.len;
  list_init(&name->waiters);
  list_append(&resolver->names, &name->node);
  if (is_local(host)) {
    name->fixed = local_address(str_from(host, LOCAL_SCHEME.len), &name->addresses[0]);
    name->count = name->fixed ? 1 : 0;
  } else if (is_localhost(host)) {
    name->fixed = add_literal(name, "::1") && add_literal(name, "127.0.0.1");
  } else {
    name->fixed = add_literal(name, name->host);
  }
  return name;
}

static bool add_literal(struct resolve_name *name, const char *text) {
  struct sockaddr_storage *address = &name->addresses[name->count];
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  if (uv_ip4_addr(text, 0, &v4) == 0) {
    memcpy(address, &v4, sizeof v4);
  } else if (uv_ip6_addr(text, 0, &v6) == 0) {
    memcpy(address, &v6, sizeof v6);
  } else {
    return false;
  }
  name->count++;
  return true;
}

static bool is_local(struct str host) {
  return str_starts_with(host, LOCAL_SCHEME);
}

/* RFC 6761 §6.3; the root's dot may be written. */
static bool is_localhost(struct str host) {
  static const struct str plain = STR_INIT("localhost"), below = STR_INIT(".localhost");
  if (host.len && host.ptr[host.len - 1] == '.') host.len--;
  if (str_eq_nocase(host, plain)) return true;
  return host.len > below.len && str_eq_nocase(str_from(host, host.len - below.len), below);
}

void resolve_release(struct resolve_name *name) {
  ENSURE(name->users > 0);
  if (--name->users > 0) return;
  ENSURE(list_empty(&name->waiters));
  list_remove(&name->node);
  if (!name->looking) {
    free(name);
    return;
  }
  /* Works for a look-up that waits for a thread; either way on_looked_up comes and frees. */
  (void)uv_cancel((uv_req_t *)&name->request);
}

/* --- looking up --- */

int resolve_wait(struct resolve_name *name, struct resolve_waiter *waiter) {
  if (name->count > 0) {
    bool old = loop_now_ms(name->loop) - name->asked_ms >= RESOLVE_REFRESH_MS;
    if (old && !name->fixed && !name->looking) (void)look_up(name);
    return 1;
  }
  int status = name->looking ? 0 : look_up(name);
  if (status != 0) return status;
  resolve_forget(waiter);
  list_append(&name->waiters, &waiter->node);
  return 0;
}

void resolve_forget(struct resolve_waiter *waiter) {
  if (waiter->node.next) list_remove(&waiter->node);
}

void resolve_refresh(struct resolve_name *name) {
  if (name->fixed || name->looking) return;
  if (name->asked_ms != 0 && loop_now_ms(name->loop) - name->asked_ms < RETRY_MS) return;
  (void)look_up(name);
}

static int look_up(struct resolve_name *name) {
  /* Not AI_ADDRCONFIG: it hides ::1 on a machine that is off the network. */
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  int status = uv_getaddrinfo(&name->loop->uv, &name->request, on_looked_up, name->host, NULL, &hints);
  if (status != 0) return status;
  name->asked_ms = loop_now_ms(name->loop);
  name->looking = true;
  return 0;
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *found) {
  struct resolve_name *name = container_of(request, struct resolve_name, request);
  struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES];
  unsigned count = status == 0 ? take_addresses(addresses, found) : 0;
  uv_freeaddrinfo(found);
  name->looking = false;
  if (name->users == 0) {
    free(name);
    return;
  }
  if (status == 0 && count == 0) status = UV_EAI_NODATA;
  if (count > 0) replace_addresses(name, addresses, count);
  /* Waiters wait only where nothing was known, so a failed refresh has nobody to tell. */
  tell_waiters(name, status);
}

/* Copies without repetition, families in turn, beginning with the family of the first. */
static unsigned take_addresses(struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES], const struct addrinfo *found) {
  struct sockaddr_storage by_family[2][RESOLVE_MAX_ADDRESSES];
  unsigned counts[2] = {0, 0}, taken = 0;
  int first_family = AF_UNSPEC;
  for (; found; found = found->ai_next) {
    if (!found->ai_addr || found->ai_addrlen > sizeof **by_family) continue;
    if (found->ai_family != AF_INET && found->ai_family != AF_INET6) continue;
    if (first_family == AF_UNSPEC) first_family = found->ai_family;
    unsigned family = found->ai_family == first_family ? 0 : 1;
    if (counts[family] == RESOLVE_MAX_ADDRESSES) continue;
    if (find_address(by_family[family], counts[family], found->ai_addr) < counts[family]) continue;
    struct sockaddr_storage *address = &by_family[family][counts[family]++];
    memset(address, 0, sizeof *address);
    memcpy(address, found->ai_addr, found->ai_addrlen);
  }
  for (unsigned i = 0; i < RESOLVE_MAX_ADDRESSES; i++) {
    for (unsigned family = 0; family < 2; family++) {
      if (i < counts[family] && taken < RESOLVE_MAX_ADDRESSES) addresses[taken++] = by_family[family][i];
    }
  }
  return taken;
}

static void replace_addresses(struct resolve_name *name, const struct sockaddr_storage *addresses, unsigned count) {
  struct sockaddr_storage answered = name->addresses[0];
  bool had_preferred = name->preferred;
  memcpy(name->addresses, addresses, count * sizeof *addresses);
  name->count = count;
  name->preferred = false;
  if (had_preferred) resolve_prefer(name, (const struct sockaddr *)&answered);
}

/* From the loop, not within look_up(). A callback may wait again or let go of the name: it is not touched meanwhile. */
static void tell_waiters(struct resolve_name *name, int status) {
  struct list telling;
  list_init(&telling);
  list_insert(&name->waiters, &telling);
  list_remove(&name->waiters);
  while (!list_empty(&telling)) {
    struct resolve_waiter *waiter = container_of(telling.next, struct resolve_waiter, node);
    list_remove(&waiter->node);
    waiter->on_resolved(waiter, status);
  }
}

/* --- addresses --- */

unsigned resolve_addresses(const struct resolve_name *name, unsigned port,
                           struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES]) {
  uint16_t net_port = htons((uint16_t)port);
  memcpy(addresses, name->addresses, name->count * sizeof *addresses);
  for (unsigned i = 0; i < name->count; i++) {
    if (addresses[i].ss_family == AF_INET) {
      ((struct sockaddr_in *)&addresses[i])->sin_port = net_port;
    } else if (addresses[i].ss_family == AF_INET6) {
      ((struct sockaddr_in6 *)&addresses[i])->sin6_port = net_port;
    }
  }
  return name->count;
}

void resolve_prefer(struct resolve_name *name, const struct sockaddr *address) {
  unsigned at = find_address(name->addresses, name->count, address);
  if (at == name->count) return;
  struct sockaddr_storage answered = name->addresses[at];
  memmove(&name->addresses[1], &name->addresses[0], at * sizeof answered);
  name->addresses[0] = answered;
  name->preferred = true;
}

/* Its index, whatever the port; `count` where it is not among them. */
static unsigned find_address(const struct sockaddr_storage *addresses, unsigned count, const struct sockaddr *wanted) {
  unsigned at = 0;
  for (; at < count; at++) {
    if (addresses[at].ss_family != wanted->sa_family) continue;
    if (wanted->sa_family == AF_INET) {
      const struct sockaddr_in *a = (const struct sockaddr_in *)&addresses[at], *b = (const void *)wanted;
      if (memcmp(&a->sin_addr, &b->sin_addr, sizeof a->sin_addr) == 0) break;
    } else if (wanted->sa_family == AF_INET6) {
      const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)&addresses[at], *b = (const void *)wanted;
      if (memcmp(&a->sin6_addr, &b->sin6_addr, sizeof a->sin6_addr) == 0 && a->sin6_scope_id == b->sin6_scope_id) break;
    }
  }
  return at;
}
