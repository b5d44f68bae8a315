/* The first line that says something decides whether it can be one of ours at all: each of ours begins with a key, a bracket
 * or "---". So nothing that loads is ever taken for another's. */
#include "liteginx/config/foreign.h"

enum { MOST_LINES = 200 };

static bool is_one_of(struct str word, const char *words) {
  struct str rest = str_of(words), one;
  while (str_next(&rest, ' ', &one)) {
    if (str_eq(one, word)) return true;
  }
  return false;
}

static struct str first_word(struct str line) {
  size_t end = 0;
  while (end < line.len && line.ptr[end] != ' ' && line.ptr[end] != '\t' && line.ptr[end] != '{') end++;
  return str_upto(line, end);
}

/* The next line that is neither empty nor a comment. False: there is none. */
static bool next_line(struct str *rest, struct str *line) {
  while (rest->ptr && str_next(rest, '\n', line)) {
    if (line->len && line->ptr[line->len - 1] == '\r') line->len--;
    *line = str_trim(*line);
    if (line->len && line->ptr[0] != '#') return true;
  }
  return false;
}

/* Does one of the lines begin with one of these words? */
static bool has_line(struct str text, const char *words) {
  struct str line;
  for (unsigned i = 0; i < MOST_LINES && next_line(&text, &line); i++) {
    if (is_one_of(first_word(line), words)) return true;
  }
  return false;
}

static bool could_be_ours(struct str line) {
  for (size_t i = 0; i < line.len; i++) {
    bool ends = i + 1 == line.len || line.ptr[i + 1] == ' ' || line.ptr[i + 1] == '\t';
    if (line.ptr[i] == ':' && ends) return true;
  }
  return str_starts_with(line, STR("---")) || strchr("%-\"'", line.ptr[0]);
}

static bool is_nginx(struct str line, bool block) {
  static const char blocks[] = "server http events upstream location stream map geo types";
  static const char directives[] = "user worker_processes error_log access_log pid include load_module listen "
                                   "server_name proxy_pass proxy_set_header "
                                   "root index client_max_body_size daemon";
  struct str word = first_word(line);
  return (block && is_one_of(word, blocks)) || (str_ends_with(line, STR(";")) && is_one_of(word, directives));
}

static bool is_apache(struct str line) {
  return is_one_of(first_word(line), "<VirtualHost <Location <Proxy <IfModule <Directory ProxyPass ProxyPassReverse "
                                     "ProxyPreserveHost LoadModule ServerName ServerRoot RewriteEngine");
}

static bool is_haproxy(struct str line, struct str text) {
  return is_one_of(first_word(line), "global defaults frontend backend listen") &&
         has_line(text, "bind mode server default_backend use_backend balance timeout maxconn daemon option log");
}

static bool is_caddy(struct str text, bool block) {
  static const char certain[] = "reverse_proxy file_server php_fastcgi handle_path";
  static const char in_blocks[] =
      "respond redir handle route encode tls root rewrite uri header import email admin debug "
      "auto_https http_port log basicauth basic_auth";
  return has_line(text, certain) || (block && has_line(text, in_blocks));
}

const char *foreign_text(struct str text) {
  struct str rest = text, line, next;
  if (str_starts_with(rest, STR("\xef\xbb\xbf"))) rest = str_from(rest, 3);
  if (!next_line(&rest, &line) || could_be_ours(line)) return NULL;
  struct str behind = rest;
  bool alone = line.ptr[0] == '{';
  if (alone && (!next_line(&behind, &next) || could_be_ours(next))) return NULL;
  bool opens = next_line(&behind, &next) && next.ptr[0] == '{';
  bool block = str_find(line, '{') < line.len || opens;
  if (is_one_of(first_word(line), "[http] [entryPoints] [providers] [api] [log]") ||
      str_starts_with(line, STR("[http.")) || str_starts_with(line, STR("[entryPoints."))) {
    return "Traefik";
  }
  if (is_nginx(line, block)) return "nginx";
  if (is_apache(line)) return "Apache";
  if (!block && is_haproxy(line, text)) return "HAProxy";
  return is_caddy(text, block) ? "Caddy" : NULL;
}

/* The mapping at `key`; NULL: there is none. */
static const struct yaml_node *find_mapping(const struct yaml_node *mapping, const char *key) {
  const struct yaml_node *found = yaml_find(mapping, key);
  return found && found->kind == NODE_MAPPING ? found : NULL;
}

static bool has_any(const struct yaml_node *mapping, const char *one, const char *other) {
  return mapping && (yaml_find(mapping, one) || yaml_find(mapping, other));
}

const char *foreign_tree(const struct yaml_node *document) {
  if (document->kind != NODE_MAPPING) return NULL;
  const struct yaml_node *http = find_mapping(document, "http"), *tcp = find_mapping(document, "tcp");
  const struct yaml_node *apps = find_mapping(document, "apps"), *services = find_mapping(document, "services");
  bool routers = has_any(http, "routers", "middlewares") || has_any(tcp, "routers", "middlewares");
  if (routers || find_mapping(document, "entryPoints")) return "Traefik";
  if (has_any(apps, "http", "layer4")) return "Caddy";
  if (yaml_find(document, "apiVersion") && yaml_find(document, "kind")) return "Kubernetes";
  if (find_mapping(document, "static_resources")) return "Envoy";
  bool compose = services && services->first && services->first->kind == NODE_MAPPING;
  return compose && has_any(services->first, "image", "build") ? "Docker Compose" : NULL;
}
