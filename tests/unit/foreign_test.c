/* What people paste, and that none of ours is taken for it. */
#include "liteginx/config/foreign.h"

#include "unit.h"

static void assert_whose(const char *whose, const char *expected, const char *text) {
  if (!whose != !expected || (whose && strcmp(whose, expected) != 0))
    fail_msg("%s is %s", text, whose ? whose : "ours");
}

static void test_texts(void **state) {
  (void)state;
  static const struct {
    const char *text, *whose; /* NULL: nobody's */
  } all[] = {
      {"server {\n  listen 80;\n  location / { proxy_pass http://x:3000; }\n}\n", "nginx"},
      {"# mine\n\nserver\n{\n  listen 80;\n}\n", "nginx"},
      {"\xef\xbb\xbf"
       "events {}\nhttp {\n}\n",
       "nginx"},
      {"user nginx;\r\nworker_processes auto;\r\n", "nginx"},
      {"location /api {\n  proxy_pass http://localhost:3000/;\n}\n", "nginx"},
      {"upstream app{ server localhost:3000; }\n", "nginx"},
      {"localhost:8080 {\n\treverse_proxy localhost:3000\n}\n", "Caddy"},
      {"localhost\n\nreverse_proxy :3000\n", "Caddy"},
      {":8080\nfile_server\n", "Caddy"},
      {"{\n  email a@b.c\n}\nexample.com {\n  respond hello\n}\n", "Caddy"},
      {"example.com {\n  respond hello\n}\n", "Caddy"},
      {"global\n  maxconn 10\n", "HAProxy"},
      {"frontend web\n  bind *:80\n  default_backend app\n", "HAProxy"},
      {"<VirtualHost *:80>\n  ProxyPass / http://x/\n</VirtualHost>\n", "Apache"},
      {"ProxyPass / http://x/\n", "Apache"},
      {"[http.routers]\n  [http.routers.a]\n", "Traefik"},
      {"[entryPoints]\n", "Traefik"},
      {"", NULL},
      {"# nothing\n", NULL},
      {"just words\n", NULL},
      {"listen carefully\n", NULL},
      {"a {\n  b\n}\n", NULL},
      {"{\n", NULL},
      {"server:\n  - {listen: 80}\n", NULL},
      {"name: a\nspec:\n- {kind: http}\n", NULL},
      {"{\"name\": \"a\"}\n", NULL},
      {"{\n  \"name\": \"a\"\n}\n", NULL},
      {"---\nserver {\n", NULL},
      {"- server {\n", NULL},
      {"name: |\n  reverse_proxy x\n", NULL},
      {"name:\n  server {\n", NULL},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++)
    assert_whose(foreign_text(str_of(all[i].text)), all[i].whose, all[i].text);
}

static void test_trees(void **state) {
  (void)state;
  static const struct {
    const char *text, *whose;
  } all[] = {
      {"http: {routers: {a: {rule: x}}}\n", "Traefik"},
      {"entryPoints: {web: {address: ':80'}}\n", "Traefik"},
      {"{\"apps\": {\"http\": {}}}\n", "Caddy"},
      {"apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {}\n", "Kubernetes"},
      {"services: {web: {image: nginx}}\n", "Docker Compose"},
      {"static_resources: {}\n", "Envoy"},
      {"name: a\nspec: []\n", NULL},
      {"http: x\n", NULL},
      {"services: {}\n", NULL},
      {"services: {a: b}\n", NULL},
      {"entryPoints: x\n", NULL},
      {"kind: http\n", NULL},
      {"- a\n", NULL},
      {"a\n", NULL},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct arena arena;
    struct config_report report;
    arena_init(&arena, NULL, 1 << 20);
    config_report_init(&report);
    const struct yaml_node *document = yaml_read(&arena, STR("f"), str_of(all[i].text), &report);
    assert_non_null(document);
    assert_whose(foreign_tree(document), all[i].whose, all[i].text);
    config_report_free(&report);
    arena_reset(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts), cmocka_unit_test(test_trees)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
