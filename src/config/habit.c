/* Tables of words, and the few rules by which they are compared. */
#include "liteginx/config/habit.h"

#define WRITE_TARGETS "write 'targets: [localhost:3000]'"
#define WRITE_HOST    "write 'host: shop.localhost'"
#define WRITE_PATH    "write 'path: /api'"
#define WRITE_STRIP   "write 'rewrite: /', which replaces what 'path' matched"
#define WRITE_LISTEN  "write 'listen: 5000'; a target's port stands under 'targets'"

static const struct habit_keys rows[] = {
    {"",
     "routes route rules servers server services service sites listeners http tcp ingress ingresses proxies proxy "
     "upstream upstreams backend backends frontend frontends locations location apps virtualhosts",
     "spec", "write 'spec', a list with 'kind', 'listen', 'path' and 'targets' in each item"},
    {"", "title id ingressname", "name", "write 'name'"},
    {"", "global globals defaults config options events admin entrypoints", "settings",
     "write 'settings', in a document of its own"},
    {"", "ssl https certificates", "tls", "write 'tls'"},
    {"", "version apiversion metadata", NULL, "leave it out"},

    {"spec",
     "url proxypass upstream upstreams backend backends defaultbackend server servers service services loadbalancer "
     "reverseproxy proxy proxyto to forward forwardto dest destination dst origin endpoint endpoints address addresses "
     "pass usebackend",
     "targets", WRITE_TARGETS},
    {"spec", "servername servernames domain domains hostname hostnames hosts vhost virtualhost virtualhosts hostregexp",
     "host", WRITE_HOST},
    {"spec", "location locations route routes prefix pathprefix uri urlpath context paths basepath handle", "path",
     WRITE_PATH},
    {"spec",
     "stripprefix stripprefixes strippath striprequestprefix uristripprefix handlepath replaceprefix replacepath "
     "prefixrewrite pathrewrite urirewrite rewritetarget regexrewrite rewriterule",
     "rewrite", WRITE_STRIP},
    {"spec", "port ports listenport listener listeners bind frontend frontends entrypoint entrypoints", "listen",
     WRITE_LISTEN},
    {"spec", "type protocol mode scheme proto", "kind", "write 'kind: http' or 'kind: tcp'"},
    {"spec", "pathtype matchtype matcher regex exact", "match", "write 'match: prefix' or 'match: exact'"},
    {"spec",
     "proxyreadtimeout proxyconnecttimeout proxysendtimeout readtimeout sendtimeout connecttimeout responsetimeout "
     "idletimeout",
     "timeouts", "write 'timeouts: {connect: 3s, response: 30s, idle: 60s}' with those that you need"},
    {"spec", "ws websocket websockets upgrade", NULL, "leave it out: WebSocket passes by itself"},
    {"spec", "changeorigin preservehost passhostheader hostrewrite upstreamvhost", "host_header",
     "write 'host_header: target', or leave it out: targets get Host as the client sent it"},
    {"spec", "balance balancer lbpolicy lbmethod loadbalancing strategy algorithm", NULL,
     "leave it out: targets take turns by their 'weight'"},
    {"spec", "weight", NULL, "write it with a target: '{host: localhost, port: 3000, weight: 2}'"},
    {"spec", "redirects redir rewritecond permanentredirect redirectto redirectregex redirectscheme", "redirect",
     "write 'redirect: /new', or 'redirect: {to: https://shop.example, status: 308}'"},
    {"spec", "return staticresponse directresponse statuscode status response", "respond",
     "write 'respond: {status: 404, body: \"not here\"}', or 'redirect: /new'"},
    {"spec",
     "header addheader setheader proxysetheader requestheader requestheaders responseheader responseheaders "
     "httprequest "
     "httpresponse customrequestheaders customresponseheaders headerup headerdown",
     "headers", "write 'headers: {request: {set: {X-Name: value}}}', or 'response' for the way back"},
    {"spec", "proxyhideheader hideheader", "headers", "write 'headers: {response: {remove: [X-Name]}}'"},
    {"spec",
     "alloworigin alloworigins allowedorigins accesscontrolalloworigin accesscontrolalloworiginlist corsorigins "
     "corsalloworigin enablecors",
     "cors", "write 'cors: true'"},
    {"spec", "proxyredirect proxycookiepath cookiepathrewrite autorewrite", "rewrite_response",
     "leave it out: addresses behind a 'rewrite' come back as the client sees them, unless 'rewrite_response: false'"},
    {"spec",
     "auth basicauth authbasic authbasicuserfile authrequest forwardauth authentication authorization jwt oidc users "
     "password",
     NULL, "logins are not checked here: leave it out, and let your app do it"},
    {"spec", "file", "respond", "write 'respond: {file: ./page.html}'"},
    {"spec",
     "root alias static staticfiles files fileserver tryfiles index webroot documentroot dir directory folder "
     "autoindex browse",
     NULL,
     "folders are not served yet: let a server for them be the target, such as 'python3 -m http.server 3000'; one file "
     "is 'respond: {file: ./page.html}'"},
    {"spec", "method methods allowmethods allowedmethods limitexcept verb verbs", NULL,
     "leave it out: every method passes"},
    {"spec", "ratelimit ratelimits limitreq limitrate limitconn throttle", NULL,
     "rates are not limited here: leave it out"},
    {"spec", "gzip brotli compress compression encode zstd", NULL, "leave it out: bodies pass as your app sends them"},
    {"spec", "cache caching proxycache expires", NULL, "leave it out: nothing is stored here"},
    {"spec", "buffering proxybuffering proxyrequestbuffering bufferrequests", NULL,
     "leave it out: bodies pass as they come"},
    {"spec", "sticky stickysession stickysessions affinity sessionaffinity cookie iphash leastconn", NULL,
     "leave it out: targets take turns by their 'weight'"},
    {"spec", "healthcheck healthchecks health check maxfails failtimeout", NULL,
     "leave it out: a target that refuses rests by itself"},
    {"spec", "allow deny allowlist whitelist ipallowlist ipwhitelist sourcerange", NULL,
     "who may come is not checked here: leave it out"},
    {"spec", "priority order rank", NULL, "leave it out: the most specific route wins, wherever it stands"},
    {"spec", "middleware middlewares plugin plugins filter filters handlers", NULL,
     "leave it out: 'rewrite', 'headers', 'host_header' and 'cors' are all that changes a request"},
    {"spec", "query queries queryparams args", NULL, "leave it out: the query takes no part in routing, and passes"},
    {"spec", "http2 h2 h2c grpc http3 quic", NULL, "leave it out: clients choose the version of HTTP by themselves"},
    {"spec", "clientmaxbodysize maxbodysize maxrequestbodysize bodylimit", NULL,
     "write 'max_body_bytes' under 'settings', in a document of its own"},
    {"spec", "log logs logging accesslog errorlog logformat", NULL,
     "write 'access_log' under 'settings', in a document of its own"},
    {"spec", "retries retry", NULL, "leave it out: what is safe to repeat is tried once more by itself"},
    {"spec", "ssl https cert certificate key sslcertificate secure", NULL,
     "leave it out: TLS is of the whole document, by a key tls beside spec"},

    {"targets", "url uri address addr server ip hostname domain upstream backend target to name", "host",
     "write 'host' and 'port', or the whole item as 'localhost:3000'"},
    {"targets", "targetport upstreamport", "port", "write 'port'"},
    {"targets", "scheme protocol ssl secure", NULL, "leave it out: targets are spoken to without TLS"},
    {"targets", "maxfails failtimeout backup check healthcheck", NULL,
     "leave it out: a target that refuses rests by itself"},

    {"redirect", "url uri target location path destination dest href", "to", "write 'to'"},
    {"redirect", "code statuscode type permanent", "status", "write 'status'"},

    {"respond", "content text message html data", "body", "write 'body'"},
    {"respond", "code statuscode", "status", "write 'status'"},
    {"respond", "contenttype mimetype mime mediatype", "type", "write 'type'"},
    {"respond", "path filename", "file", "write 'file'"},

    {"headers", "set add remove", NULL, "it belongs under 'request' or 'response'"},
    {"headers", "up upstream requests in", "request", "write 'request'"},
    {"headers", "down downstream responses out", "response", "write 'response'"},

    {"request", "replace override", "set", "write 'set'"},
    {"request", "delete unset hide hidden", "remove", "write 'remove', a list of names"},
    {"response", "replace override", "set", "write 'set'"},
    {"response", "delete unset hide hidden", "remove", "write 'remove', a list of names"},

    {"timeouts", "read send responseheader proxyread proxyreadtimeout readtimeout request server", "response",
     "write 'response'"},
    {"timeouts", "connection dial proxyconnect proxyconnecttimeout connecttimeout", "connect", "write 'connect'"},
    {"timeouts", "keepalive client tunnel", "idle", "write 'idle'"},

    {"settings", "workerprocesses threads nbthread processes concurrency", "workers", "write 'workers'"},
    {"settings", "listen host address interface bindaddress", "bind",
     "write 'bind: all' or 'bind: loopback'; ports stand under 'spec', as 'listen'"},
    {"settings", "keepalivetimeout idletimeout", "keep_alive", "write 'keep_alive'"},
    {"settings", "clientheadertimeout readheadertimeout readtimeout requesttimeout timeouthttprequest",
     "header_timeout", "write 'header_timeout'"},
    {"settings", "largeclientheaderbuffers clientheaderbuffersize maxheadersize", "max_header_bytes",
     "write 'max_header_bytes'"},
    {"settings", "clientmaxbodysize maxbodysize maxrequestbodysize bodylimit", "max_body_bytes",
     "write 'max_body_bytes'"},
    {"settings", "workerconnections maxconn connections connectionlimit", "max_connections", "write 'max_connections'"},
    {"settings", "workershutdowntimeout shutdowntimeout graceperiod gracetimeout grace hardstopafter stoptimeout",
     "drain", "write 'drain'"},
    {"settings", "log logs logformat logging", "access_log", "write 'access_log: text', 'json' or 'off'"},
    {"settings", "setrealipfrom realipfrom trustproxy trustedips forwardedallowips", "trusted_proxies",
     "write 'trusted_proxies', a list of addresses or networks"},
    {"settings", "daemon pid user", NULL,
     "leave it out: it runs in the foreground, as the user who started it, and writes no files"},
};

static bool is_same(struct str name, struct str key);

const struct habit_keys *habit_keys_at(size_t index) {
  return index < sizeof rows / sizeof rows[0] ? &rows[index] : NULL;
}

const struct habit_keys *habit_key(struct str under, struct str key) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct str rest = str_of(rows[i].names), name;
    if (!str_eq(under, str_of(rows[i].under))) continue;
    while (str_next(&rest, ' ', &name)) {
      if (is_same(name, key)) return &rows[i];
    }
  }
  return NULL;
}

/* Is `key` this name in any of snake_case, kebab-case and camelCase? */
static bool is_same(struct str name, struct str key) {
  size_t at = 0;
  for (size_t i = 0; i < key.len; i++) {
    char c = str_lower_char(key.ptr[i]);
    if (c == '-' || c == '_') continue;
    if (at == name.len || name.ptr[at] != c) return false;
    at++;
  }
  return name.len > 0 && at == name.len;
}
