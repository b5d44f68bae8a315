/* Texts → configuration. The table of bad files holds the whole first line of what each of them is told: these lines
 * are the product's voice, and change only on purpose. */
#include "liteginx/config/load.h"

#include <time.h>

#include "liteginx/base/socket_path.h"
#include "loaded.h"

/* The first message that is told. */
static void assert_refused(const char *text, const char *message) {
  struct fixture fixture = {.bind = NULL};
  load_text(&fixture, text);
  if (fixture.config) fail_msg("accepted: %s", text);
  assert_non_null(fixture.report.first);
  assert_true(fixture.report.errors > 0);
  assert_str(fixture.report.first->text, str_of(message));
  unload(&fixture);
}

static void test_bad_files(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } bad[] = {
      {"", "f.yaml:1:1: error: the file is empty (a document with 'name' and 'spec' is needed)"},
      {"# only a comment\n", "f.yaml:1:1: error: the file is empty (a document with 'name' and 'spec' is needed)"},
      {"---\n---\n", "f.yaml:1:1: error: the file is empty (a document with 'name' and 'spec' is needed)"},
      {"- a\n",
       "f.yaml:1:1: error: a document must be a mapping with 'name' and 'spec', or with 'settings', got a list"},
      {"just words\n", "f.yaml:1:1: error: a document must be a mapping with 'name' and 'spec', or with 'settings', "
                       "got a single value"},
      {"name: a\n", "f.yaml:1:1: error: missing key 'spec'"},
      {"spec: []\n", "f.yaml:1:1: error: missing key 'name'"},
      {"name: a\nspec: []\n", "f.yaml:2:7: error: 'spec' is empty (at least one is needed)"},
      {"name: a\nspec:\n", "f.yaml:2:6: error: 'spec' has no value (expected a list)"},
      {"name: a\nspec: 5\n", "f.yaml:2:7: error: 'spec' must be a list, got a single value"},
      {"name: a\nspec:\n  -\n", "f.yaml:3:4: error: an item of 'spec' has no value (expected a mapping)"},
      {"name: a\nspec:\n  - 5\n", "f.yaml:3:5: error: an item of 'spec' must be a mapping, got a single value"},
      {"name: a\nspec:\n  - kind: http\n    liste: 5000\n    path: /one\n" TARGETS,
       "f.yaml:4:5: error: unknown key 'liste' (did you mean 'listen'?)"},
      {HEAD "    path: /one\n    target:\n      - host: localhost\n        port: 3000\n",
       "f.yaml:6:5: error: unknown key 'target' (did you mean 'targets'?)"},
      {"name: a\nspec:\n  - kind: htp\n    listen: 5000\n    path: /one\n" TARGETS,
       "f.yaml:3:11: error: 'kind' must be http or tcp, got 'htp' (did you mean 'http'?)"},
      {"name: a\nspec:\n  - kind:\n    listen: 5000\n    path: /one\n" TARGETS,
       "f.yaml:3:10: error: 'kind' has no value (expected a single value)"},
      {HEAD TARGETS, "f.yaml:3:5: error: missing key 'path'"},
      {"name: a\nspec:\n  - kind: http\n    path: /one\n" TARGETS, "f.yaml:3:5: error: missing key 'listen'"},
      {"name: a\nspec:\n  - listen: 5000\n    path: /one\n" TARGETS, "f.yaml:3:5: error: missing key 'kind'"},
      {HEAD "    path: /one\n    targets:\n      - host: localhost\n        port: 80x\n",
       "f.yaml:8:15: error: 'port' must be 1..65535, got '80x'"},
      {HEAD "    path: /one\n    targets:\n      - host: localhost\n        port: 0\n",
       "f.yaml:8:15: error: 'port' must be 1..65535, got '0'"},
      {HEAD "    path: /one\n    targets:\n      - host: localhost\n        port: 65536\n",
       "f.yaml:8:15: error: 'port' must be 1..65535, got '65536'"},
      {HEAD "    path: /one\n    targets:\n      - host: localhost\n        port: -1\n",
       "f.yaml:8:15: error: 'port' must be 1..65535, got '-1'"},
      {HEAD "    path: /one\n    targets:\n      - host: localhost\n        port: 80.5\n",
       "f.yaml:8:15: error: 'port' must be 1..65535, got '80.5'"},
      {HEAD "    path: /one\n    targets:\n      - host: localhost\n        prot: 3000\n",
       "f.yaml:8:9: error: unknown key 'prot' (did you mean 'port'?)"},
      {HEAD "    path: /one\n    targets:\n      - host: localhost\n", "f.yaml:7:9: error: missing key 'port'"},
      {GOOD "        weight: 1001\n", "f.yaml:9:17: error: 'weight' must be 0..1000, got '1001'"},
      {GOOD "        port: 3001\n", "f.yaml:9:9: error: key 'port' is here twice (first on line 8)"},
      {HEAD "    path: /one\n    targets:\n      - host: localhost:3000\n        port: 3000\n",
       "f.yaml:7:15: error: 'host' must be a name or an address, got 'localhost:3000' (write 'host: localhost' and "
       "'port: 3000')"},
      {HEAD "    path: /one\n    targets:\n      - host: http://localhost\n        port: 3000\n",
       "f.yaml:7:15: error: 'host' must be a name or an address, got 'http://localhost' (write 'host: localhost')"},
      {HEAD "    path: /one\n    targets:\n      - host: ''\n        port: 3000\n",
       "f.yaml:7:15: error: 'host' must be a name or an address, got ''"},
      {HEAD "    path: /one\n    targets:\n      - host: 1.2.3.4.5\n        port: 3000\n",
       "f.yaml:7:15: error: 'host' must be a name or an address, got '1.2.3.4.5'"},
      {HEAD "    path: /one\n    targets:\n      - host: [a, b]\n        port: 3000\n",
       "f.yaml:7:15: error: 'host' must be a single value, got a list"},
      {HEAD "    path: /one\n    targets:\n      - [localhost, 3000]\n",
       "f.yaml:7:9: error: an item of 'targets' must be a mapping, got a list"},
      {HEAD "    path: /one\n    targets: localhost:3000\n",
       "f.yaml:6:14: error: 'targets' must be a list, got a single value (write 'targets: [localhost:3000]')"},
      {HEAD "    path: /one\n    targets: [localhost]\n",
       "f.yaml:6:15: error: a target needs a port, got 'localhost' (write 'localhost:3000', with your port)"},
      {HEAD "    path: /one\n    targets: [https://localhost:3443]\n",
       "f.yaml:6:15: error: TLS to targets does not work yet, got 'https://localhost:3443' (write a port that speaks "
       "plain HTTP, as in 'localhost:3443')"},
      {HEAD "    path: /one\n    targets: [http://localhost:3000/api/v1]\n",
       "f.yaml:6:15: error: a target has no path, got 'http://localhost:3000/api/v1' (write 'localhost:3000', and "
       "'rewrite: /api/v1' beside 'path')"},
      {HEAD "    path: /one\n    targets: ['::1']\n",
       "f.yaml:6:15: error: an IPv6 address needs brackets, got '::1' (write '\"[::1]:3000\"', with your port)"},
      {HEAD "    path: /one\n    targets: [{weight: 3}]\n", "f.yaml:6:15: error: missing key 'host'"},
      {HEAD "    path: /one\n    targets: ['']\n",
       "f.yaml:6:15: error: a target must be HOST:PORT, got '' (write one such as 'localhost:3000', or '{host: "
       "localhost, port: 3000, weight: 1}')"},
      {HEAD "    path: /one\n    targets: localhost\n", "f.yaml:6:14: error: 'targets' must be a list, got a single "
                                                        "value (write 'targets: [localhost:3000]', with your own)"},
      {HEAD "    path: /one\n    targets: [localhost:70000]\n",
       "f.yaml:6:25: error: 'port' must be 1..65535, got '70000'"},
      {HEAD "    path: /one\n    targets: [http://a!:80]\n",
       "f.yaml:6:22: error: 'host' must be a name or an address, got 'a!'"},
      {HEAD "    path: /one\n    targets: ['://a:1']\n",
       "f.yaml:6:15: error: a target must be HOST:PORT, got '://a:1' (write 'a:1')"},
      {HEAD "    path: /one\n    targets: ['a:1?']\n",
       "f.yaml:6:15: error: a target has no path, got 'a:1?' (write 'a:1'; the path of the request follows by itself)"},
      {HEAD "    path: /one\n    targets: ['${NOPE}:3000']\n",
       "f.yaml:6:15: error: 'targets': ${NOPE} is not set in the environment (a default can be given: "
       "${NAME:-default})"},
      {HEAD "    path: /one\n    targets:\n      host: localhost\n      port: 3000\n",
       "f.yaml:7:7: error: 'targets' must be a list, got a mapping (begin each item with '- ')"},
      {HEAD "    path: /one\n    targets: []\n", "f.yaml:6:14: error: 'targets' is empty (at least one is needed)"},
      {HEAD "    path: /one\n", "f.yaml:3:5: error: missing key 'targets', 'redirect' or 'respond'"},
      {"name: a\nspec:\n  - kind: http\n    listen: 70000\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: 'listen' must be a port 0..65535, or ADDRESS:PORT, got '70000'"},
      {"name: a\nspec:\n  - kind: http\n    listen: localhost:5000\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: 'listen' must be PORT, *:PORT, 1.2.3.4:PORT, [::1]:PORT or unix:PATH, got 'localhost:5000' "
       "(did you "
       "mean '5000'? it listens on localhost)"},
      {"name: a\nspec:\n  - kind: http\n    listen: :5000\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: 'listen' must be PORT, *:PORT, 1.2.3.4:PORT, [::1]:PORT or unix:PATH, got ':5000' (did you "
       "mean "
       "'\"*:5000\"'?)"},
      {"name: a\nspec:\n  - kind: http\n    listen: '::1:5000'\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: 'listen' must be PORT, *:PORT, 1.2.3.4:PORT, [::1]:PORT or unix:PATH, got '::1:5000'"},
      {"name: a\nspec:\n  - kind: http\n    listen: 300.1.1.1:5000\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: 'listen' must be PORT, *:PORT, 1.2.3.4:PORT, [::1]:PORT or unix:PATH, got "
       "'300.1.1.1:5000'"},
      {"name: a\nspec:\n  - kind: http\n    listen: '*'\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: 'listen' must be a port 0..65535, or ADDRESS:PORT, got '*'"},
      {HEAD "    path: one\n" TARGETS, "f.yaml:5:11: error: in 'path: one': it must begin with '/' (write '/one')"},
      {HEAD "    path: /a?b\n" TARGETS,
       "f.yaml:5:13: error: in 'path: /a?b': '?' does not belong here: the query takes no part in it"},
      {HEAD "    path: '/a/{x'\n" TARGETS,
       "f.yaml:5:15: error: in 'path: /a/{x': a '{' without its '}' (a literal brace is '{{')"},
      {HEAD "    path: /a/{x}{y}\n" TARGETS,
       "f.yaml:5:17: error: in 'path: /a/{x}{y}': a parameter must be the only one of its segment"},
      {HEAD "    path: /a/%zz\n" TARGETS,
       "f.yaml:5:14: error: in 'path: /a/%zz': '%' must be followed by two hex digits other than 00"},
      {HEAD "    path: /../x\n" TARGETS, "f.yaml:5:11: error: in 'path: /../x': '..' climbs above the root"},
      {HEAD "    path: /{*r}/x\n" TARGETS, "f.yaml:5:12: error: in 'path: /{*r}/x': a {*name} can only come last"},
      {HEAD "    path: [/one]\n" TARGETS, "f.yaml:5:11: error: 'path' must be a single value, got a list"},
      {HEAD "    path: '/é/{x'\n" TARGETS,
       "f.yaml:5:15: error: in 'path: /é/{x': a '{' without its '}' (a literal brace is '{{')"},
      {HEAD "    path: /a/{x}\n    rewrite: /b/{y}\n" TARGETS,
       "f.yaml:6:17: error: in 'rewrite: /b/{y}': the path has no parameter of this name (only "
       "parameters of 'path' can be used here: {x})"},
      {HEAD "    path: /one\n    rewrite: b\n" TARGETS,
       "f.yaml:6:14: error: in 'rewrite: b': it must begin with '/' (write '/b')"},
      {HEAD "    path: /one\n    match: Exact\n" TARGETS,
       "f.yaml:6:12: error: 'match' must be prefix or exact, got 'Exact' (did you mean 'exact'?)"},
      {HEAD "    path: /one\n    match: regex\n" TARGETS,
       "f.yaml:6:12: error: 'match' must be prefix or exact, got 'regex'"},
      {HEAD "    path: /one\n    host: '*'\n" TARGETS,
       "f.yaml:6:11: error: 'host' must be a name such as shop.localhost or *.localhost, got '*' (leave 'host' out to "
       "match every host)"},
      {HEAD "    path: /one\n    host: a b\n" TARGETS, "f.yaml:6:11: error: 'host' must be a name such as "
                                                       "shop.localhost or *.localhost, got 'a b' (write a spec of its "
                                                       "own for each host)"},
      {HEAD "    path: /one\n    host: ''\n" TARGETS,
       "f.yaml:6:11: error: 'host' must be a name such as shop.localhost or *.localhost, got '' (leave 'host' out to "
       "match every host)"},
      {HEAD "    path: /one\n    host: http://x:80/y\n" TARGETS,
       "f.yaml:6:11: error: 'host' must be a name such as shop.localhost or *.localhost, got 'http://x:80/y' (write "
       "'host: x'; what stands behind it belongs under 'path')"},
      {HEAD "    path: /one\n    host: https://x:443\n" TARGETS,
       "f.yaml:6:11: error: 'host' must be a name such as shop.localhost or *.localhost, got 'https://x:443' (write "
       "'host: x')"},
      {HEAD "    path: /one\n    host: a:b:c\n" TARGETS,
       "f.yaml:6:11: error: 'host' must be a name such as shop.localhost or *.localhost, got 'a:b:c'"},
      {HEAD "    path: /one\n    hold: 10\n" TARGETS, "f.yaml:6:11: error: 'hold' must be a duration such as 10s, "
                                                      "500ms or 1m30s, got '10' (did you mean '10ms' or '10s'?)"},
      {HEAD "    path: /one\n    timeouts: {connect: 3 s}\n" TARGETS,
       "f.yaml:6:25: error: 'connect' must be a duration such as 10s, 500ms or 1m30s, got '3 s' (did you mean '3s'?)"},
      {HEAD "    path: /one\n    timeouts: 3s\n" TARGETS,
       "f.yaml:6:15: error: 'timeouts' must be a mapping, got a single value (write 'timeouts: {response: 3s}', or "
       "connect, or idle)"},
      {HEAD "    path: /one\n    timeouts: 30\n" TARGETS,
       "f.yaml:6:15: error: 'timeouts' must be a mapping, got a single value (write 'timeouts: {response: 30s}', or "
       "connect, or idle)"},
      {HEAD "    path: /one\n    timeouts: {conect: 3s}\n" TARGETS,
       "f.yaml:6:16: error: unknown key 'conect' (did you mean 'connect'?)"},
      {HEAD "    path: /one\n    connect: 3s\n" TARGETS,
       "f.yaml:6:5: error: unknown key 'connect' (it belongs under 'timeouts')"},
      {"name: a\nspec:\n  - kind: tcp\n    listen: 5000\n    path: /one\n" TARGETS,
       "f.yaml:5:5: error: 'path' is for kind http (tcp has no paths and hosts)"},
      {GOOD "tls:\n  enabled: true\n",
       "f.yaml:10:12: error: this liteginx was built without TLS (set 'enabled: false', or take another "
       "build)"},
      {GOOD "tls:\n  enabled: yes\n", "f.yaml:10:12: error: 'enabled' must be true or false, got 'yes' (write 'true')"},
      {GOOD "tls:\n", "f.yaml:9:5: error: 'tls' has no value (expected a mapping)"},
      {GOOD "tls: true\n",
       "f.yaml:9:6: error: 'tls' must be a mapping, got a single value (write 'tls: {enabled: true}')"},
      {GOOD "tls: off\n", "f.yaml:9:6: error: 'tls' must be a mapping, got a single value (write 'tls: {enabled: "
                          "false}', or leave 'tls' out)"},
      {GOOD "tls: {cert: a.pem}\n",
       "f.yaml:9:7: error: unknown key 'cert' (known in 'tls': enabled, certificate, key, min_version, client_ca, ca)"},
      {GOOD "name: b\n", "f.yaml:9:1: error: key 'name' is here twice (first on line 1)"},
      {GOOD "settings:\n  hold: 5s\n",
       "f.yaml:9:1: error: 'settings' must be a document of its own (separate it with a line '---')"},
      {GOOD "workers: 1\n", "f.yaml:9:1: error: unknown key 'workers' (it belongs under 'settings')"},
      {GOOD "    spec: 1\n", "f.yaml:9:5: error: unknown key 'spec' (it belongs at the top of a document)"},
      {HEAD "    host: [a]\n    path: /one\n" TARGETS, "f.yaml:5:11: error: 'host' must be a single value, got a list"},
      {"name: ''\nspec:\n  - kind: http\n    listen: 5000\n    path: /one\n" TARGETS,
       "f.yaml:1:7: error: 'name' is empty"},
      {"name: [a]\nspec:\n  - kind: http\n    listen: 5000\n    path: /one\n" TARGETS,
       "f.yaml:1:7: error: 'name' must be a single value, got a list"},
      {"nmae: a\nspec:\n  - kind: http\n    listen: 5000\n    path: /one\n" TARGETS,
       "f.yaml:1:1: error: unknown key 'nmae' (did you mean 'name'?)"},
      {"settings:\n  workers: 1025\n", "f.yaml:2:12: error: 'workers' must be auto or 1..1024, got '1025'"},
      {"settings:\n  workers: 0\n", "f.yaml:2:12: error: 'workers' must be auto or 1..1024, got '0'"},
      {"settings:\n  bind: everything\n", "f.yaml:2:9: error: 'bind' must be loopback or all, got 'everything'"},
      {"settings:\n  bind: al\n", "f.yaml:2:9: error: 'bind' must be loopback or all, got 'al' (did you mean 'all'?)"},
      {"settings:\n  header_timeout: 30\n", "f.yaml:2:19: error: 'header_timeout' must be a duration such as 10s, "
                                            "500ms or 1m30s, got '30' (did you mean '30ms' or '30s'?)"},
      {"settings:\n  max_header_bytes: 64k\n",
       "f.yaml:2:21: error: 'max_header_bytes' must be a size from 1KiB to 16MiB, got '64k' (did you mean '64KiB'?)"},
      {"settings:\n  max_header_bytes: 1\n",
       "f.yaml:2:21: error: 'max_header_bytes' must be a size from 1KiB to 16MiB, got '1' (did you mean '1KiB'?)"},
      {"settings:\n  max_body_bytes: 10MB\n", "f.yaml:2:19: error: 'max_body_bytes' must be a size such as 10MiB (0: "
                                              "no limit), got '10MB' (did you mean '10MiB'?)"},
      {"settings:\n  max_header_fields: 0\n", "f.yaml:2:22: error: 'max_header_fields' must be 1..10000, got '0'"},
      {"settings:\n  upstream_idle: 65537\n", "f.yaml:2:18: error: 'upstream_idle' must be 0..65536, got '65537'"},
      {"settings:\n  access_log: xml\n", "f.yaml:2:15: error: 'access_log' must be text, json or off, got 'xml'"},
      {"settings:\n  trusted_proxies: 10.0.0.0/8\n",
       "f.yaml:2:20: error: 'trusted_proxies' must be a list, got a single value (write 'trusted_proxies: "
       "[10.0.0.0/8]')"},
      {"settings:\n  trusted_proxies: [10.0.0.0/33]\n", "f.yaml:2:21: error: 'trusted_proxies' must be addresses or "
                                                        "networks such as 127.0.0.1 or 10.0.0.0/8, got '10.0.0.0/33'"},
      {"settings:\n  trusted_proxies: [localhost]\n", "f.yaml:2:21: error: 'trusted_proxies' must be addresses or "
                                                      "networks such as 127.0.0.1 or 10.0.0.0/8, got 'localhost'"},
      {"settings:\n  hodl: 1s\n", "f.yaml:2:3: error: unknown key 'hodl' (did you mean 'hold'?)"},
      {"settings:\n  drain: 1d\n",
       "f.yaml:2:10: error: 'drain' must be a duration such as 10s, 500ms or 1m30s, got '1d' (did you mean '24h'?)"},
      {"settings:\n  not_found_message:\n",
       "f.yaml:2:21: error: 'not_found_message' has no value (expected a single value)"},
      {"settings:\n  max_connections: many\n",
       "f.yaml:2:20: error: 'max_connections' must be 0..4294967295, got 'many'"},
      {"settings: 5\n", "f.yaml:1:11: error: 'settings' must be a mapping, got a single value"},
      {"settings: {}\n", "f.yaml:1:1: error: nothing to listen on (a document with 'name' and 'spec' is needed)"},
      {"settings: {}\n---\nsettings: {}\n",
       "f.yaml:3:1: error: 'settings' are here a second time (first at f.yaml:1:1)"},
      {"name: a\nspec:\n  - kind: http\n    listen: ${NOPE}\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: 'listen': ${NOPE} is not set in the environment (a default can be given: "
       "${NAME:-default})"},
      {"name: a\nspec:\n  - kind: http\n    listen: ${A:-${B}}\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: 'listen': ${A} has another ${…} in its default, which is not supported"},
      {"name: a\nspec:\n  - kind: http\n    listen: ${WORD}\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: 'listen' must be a port 0..65535, or ADDRESS:PORT, got 'words'"},
      {"name: a\nspec:\n  - kind: http\n    listen: *x\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: an alias ('*…') cannot be used (write the value out)"},
      {"name: a\nspec:\n  - kind: http\n    listen: !!int 5000\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: a tag ('!…') has no meaning here (leave it out)"},
      {"name: a\nspec:\n  - kind: http\n    listen: \t5000: 1\n    path: /one\n" TARGETS,
       "f.yaml:4:18: error: not YAML: a ':' is not expected here (is the indentation right? does a value with ': ' "
       "need quotes?)"},
      {"name: a\nspec:\n  - kind: http\n   listen: 5000\n    path: /one\n" TARGETS,
       "f.yaml:4:4: error: not YAML: a '-' is expected here (is the indentation right?), while parsing a block "
       "collection that began on line 3"},
      {HEAD "    path: \"/one\n" TARGETS,
       "f.yaml:9:1: error: not YAML: a quote is not closed, while scanning a quoted scalar that began on line 5"},
      {HEAD "    path: \"/a\\0\"\n" TARGETS, "f.yaml:5:11: error: 'path' holds a NUL character"},
      {HEAD "    path: /caf\xe9"
            "\n" TARGETS,
       "f.yaml:5:15: error: \\xe9 is not UTF-8 (save the file as UTF-8)"},
      {GOOD "---\nname: a\nspec:\n  - kind: tcp\n    listen: 5000\n" TARGETS,
       "f.yaml:13:13: error: 'listen' 5000 is tcp here, but http at f.yaml:4:13 (an address is either)"},
      {GOOD "---\nname: a\nspec:\n  - kind: http\n    listen: '*:5000'\n    path: /one\n" TARGETS,
       "f.yaml:13:13: error: 'listen' *:5000 overlaps 5000 at f.yaml:4:13 (use one and the same address)"},
      {"name: a\nspec:\n  - kind: http\n    listen: 127.0.0.1:5000\n    path: /one\n" TARGETS "---\n" GOOD,
       "f.yaml:13:13: error: 'listen' 5000 overlaps 127.0.0.1:5000 at f.yaml:4:13 (use one and the same address)"},
      {"name: a\nspec:\n  - kind: http\n    listen: 0.0.0.0:5000\n    path: /one\n" TARGETS
       "---\nname: a\nspec:\n  - kind: http\n    listen: 10.0.0.1:5000\n    path: /one\n" TARGETS,
       "f.yaml:13:13: error: 'listen' 10.0.0.1:5000 overlaps 0.0.0.0:5000 at f.yaml:4:13 (use one and the same "
       "address)"},
      {"name: a\nspec:\n  - kind: http\n    listen: 10.0.0.1:5000\n    path: /one\n" TARGETS
       "---\nname: a\nspec:\n  - kind: http\n    listen: 0.0.0.0:5000\n    path: /one\n" TARGETS,
       "f.yaml:13:13: error: 'listen' 0.0.0.0:5000 overlaps 10.0.0.1:5000 at f.yaml:4:13 (use one and the same "
       "address)"},
      {"name: t\nspec:\n  - {kind: tcp, listen: 1, targets: [{host: a, port: 1}]}\n  - {kind: tcp, listen: 1, hold: "
       "1s, targets: [{host: a, port: 1}]}\n",
       "f.yaml:4:28: error: 'hold' differs from f.yaml:3:5 (tcp specs on one address share their targets)"},
      {"name: t\nspec:\n  - {kind: tcp, listen: 1, targets: [{host: a, port: 1}]}\n  - {kind: tcp, listen: 1, "
       "timeouts: {idle: 1s}, targets: [{host: b, port: 1}]}\n",
       "f.yaml:4:28: error: 'timeouts' differs from f.yaml:3:5 (tcp specs on one address share their targets)"},
  };
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) assert_refused(bad[i].text, bad[i].message);
}

/* Relative to the file that names them; two spellings of one path are one. */
static void test_sockets(void **state) {
  (void)state;
  if (socket_path_max() == 0) unit_skip("there are no Unix sockets here");
  struct fixture fixture = {.bind = NULL};
  load_text(&fixture, "name: a\nspec:\n"
                      "  - {kind: http, listen: 'unix:./x y.sock', path: /a, targets: ['unix:./app.sock', {unix: "
                      "unix:/run/Ä.sock, weight: 2}]}\n"
                      "  - {kind: http, listen: 'unix:.//x y.sock', path: /b, targets: [{unix: app.sock}]}\n"
                      "  - {kind: tcp, listen: 'unix:t.sock', targets: [{unix: a.sock}, 'unix:./a.sock']}\n");
  assert_non_null(fixture.config);
  assert_int_equal(fixture.config->listener_count, 2);
  const struct config_listener *http = &fixture.config->listeners[0], *tcp = &fixture.config->listeners[1];
  assert_int_equal(http->address.scope, SCOPE_LOCAL);
  assert_str(http->address.path, STR("x y.sock"));
  assert_int_equal(http->route_count, 2);
  assert_str(http->routes[0].targets[0].host, STR("unix:app.sock"));
  assert_int_equal(http->routes[0].targets[0].port, 0);
  assert_str(http->routes[0].targets[1].host, STR("unix:/run/Ä.sock"));
  assert_int_equal(http->routes[0].targets[1].weight, 2);
  assert_str(http->routes[1].targets[0].host, STR("unix:app.sock"));
  assert_str(tcp->address.path, STR("t.sock"));
  assert_int_equal(tcp->routes[0].target_count, 1);
  unload(&fixture);
}

static void test_bad_sockets(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } bad[] = {
      {HEAD "    path: /one\n    targets: [/run/app.sock]\n",
       "f.yaml:6:15: error: a target must be HOST:PORT or unix:PATH, got '/run/app.sock' (write 'unix:/run/app.sock')"},
      {HEAD "    path: /one\n    targets: ['unix:']\n",
       "f.yaml:6:15: error: 'unix' must be the path of a Unix socket, such as unix:./app.sock, got ''"},
      {HEAD "    path: /one\n    targets: [{unix: ./run/}]\n",
       "f.yaml:6:22: error: 'unix' must be the path of a Unix socket, such as unix:./app.sock, got './run/'"},
      {HEAD "    path: /one\n    targets: [{unix: a.sock, port: 3000}]\n",
       "f.yaml:6:30: error: 'port' does not go with 'unix' (a target has either a port or a socket)"},
      {"name: a\nspec:\n  - kind: http\n    listen: unix:run/\n    path: /one\n" TARGETS,
       "f.yaml:4:13: error: 'listen' must be the path of a Unix socket, such as unix:./app.sock, got 'unix:run/'"},
      {"name: a\nspec:\n  - kind: http\n    listen: unix:./a.sock\n    path: /one\n" TARGETS
       "---\nname: a\nspec:\n  - kind: tcp\n    listen: unix:a.sock\n" TARGETS,
       "f.yaml:13:13: error: 'listen' unix:a.sock is tcp here, but http at f.yaml:4:13 (an address is either)"},
      {"name: a\nspec:\n  - kind: http\n    listen: unix:a.sock\n    path: /one\n" TARGETS
       "---\nname: a\nspec:\n  - kind: tcp\n    listen: unix:./x/../a.sock\n" TARGETS,
       "f.yaml:13:13: error: 'listen' unix:./x/../a.sock is tcp here, but http at f.yaml:4:13 (an address is either)"},
  };
  if (socket_path_max() == 0) unit_skip("there are no Unix sockets here");
  for (size_t i = 0; i < UNIT_COUNT(bad); i++) assert_refused(bad[i].text, bad[i].message);
}

/* Whichever way they are reached: what came first names them. */
static void test_sockets_by_another_way(void **state) {
  (void)state;
  if (socket_path_max() == 0) unit_skip("there are no Unix sockets here");
  struct fixture fixture = {.bind = NULL};
  load_text(&fixture,
            "name: a\nspec:\n"
            "  - {kind: http, listen: 'unix:./m.sock', path: /a, targets: ['unix:./x/../app.sock', 'unix:b.sock']}\n"
            "  - {kind: http, listen: 'unix:./a/../m.sock', path: /b, targets: [{unix: app.sock, weight: 2}]}\n"
            "  - {kind: http, listen: 'unix:../m.sock', path: /b, targets: [3000]}\n"
            "  - {kind: tcp, listen: 1, targets: [{unix: a/../b.sock}, 'unix:./b.sock']}\n");
  assert_non_null(fixture.config);
  assert_int_equal(fixture.config->listener_count, 3);
  const struct config_listener *http = &fixture.config->listeners[0], *tcp = &fixture.config->listeners[2];
  assert_str(http->address.text, STR("unix:./m.sock"));
  assert_int_equal(http->route_count, 2);
  assert_str(http->routes[0].targets[0].host, STR("unix:x/../app.sock"));
  assert_str(http->routes[1].targets[0].host, STR("unix:x/../app.sock"));
  assert_int_equal(http->routes[1].targets[0].weight, 2);
  assert_int_equal(tcp->routes[0].target_count, 1);
  assert_str(tcp->routes[0].targets[0].host, STR("unix:b.sock"));
  unload(&fixture);
}

/* The system's limit is told at load, with the length that the path has behind the file's folder. */
static void test_a_socket_path_has_a_longest_length(void **state) {
  (void)state;
  if (socket_path_max() == 0) unit_skip("there are no Unix sockets here");
  char text[1024], path[512], wanted[512];
  for (size_t len = socket_path_max(); len <= socket_path_max() + 1; len++) {
    struct fixture fixture = {.bind = NULL};
    memset(path, 'x', len);
    path[0] = '/';
    path[len] = '\0';
    snprintf(text, sizeof text, "name: a\nspec: [{kind: tcp, listen: 1, targets: ['unix:%s']}]\n", path);
    load_text(&fixture, text);
    assert_int_equal(fixture.config != NULL, len == socket_path_max());
    if (!fixture.config) {
      snprintf(wanted, sizeof wanted, "(it has %zu: the system takes no longer ones for sockets)", len);
      assert_true(str_ends_with(fixture.report.first->text, str_of(wanted)));
    }
    unload(&fixture);
  }
}

/* What was pasted is told whose it is, once, and the way to start is shown. */
static void test_tells_of_other_programs_configurations(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } all[] = {
      {"server {\n  listen 80;\n}\n", "f.yaml:1:1: error: this is a configuration of nginx, not of liteginx (one is "
                                      "shown below)"},
      {"localhost {\n  reverse_proxy :3000\n}\n",
       "f.yaml:1:1: error: this is a configuration of Caddy, not of liteginx "
       "(one is shown below)"},
      {"# mine\nhttp:\n  routers: {}\n",
       "f.yaml:2:1: error: this is a configuration of Traefik, not of liteginx (one is "
       "shown below)"},
      {"words\n", "f.yaml:1:1: error: a document must be a mapping with 'name' and 'spec', or with 'settings', got a "
                  "single value"},
      {"", "f.yaml:1:1: error: the file is empty (a document with 'name' and 'spec' is needed)"},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    struct fixture fixture = {.bind = NULL};
    load_text(&fixture, all[i].text);
    assert_int_equal(fixture.report.errors, 1);
    assert_str(fixture.report.first->text, str_of(all[i].message));
    assert_true(fixture.report.show_start);
    unload(&fixture);
  }
  struct fixture fixture = {.bind = NULL};
  load_text(&fixture, "name: a\n");
  assert_false(fixture.report.show_start);
  unload(&fixture);
}

/* One mistake is one error, whatever it would lead to. */
static void test_merge_keys_and_aliases_are_one_error_each(void **state) {
  (void)state;
  assert_messages("name: a\nspec:\n  - <<: *d\n    path: /one\n  - {<<: [*d, *e], path: /two}\n",
                  "f.yaml:3:5: error: a merge key ('<<') cannot be used (write the keys out)\n"
                  "f.yaml:5:6: error: a merge key ('<<') cannot be used (write the keys out)\n");
  assert_messages("<<: {name: a, spec: *s, x: [*y, {z: *z}]}\n---\n" GOOD,
                  "f.yaml:1:1: error: a merge key ('<<') cannot be used (write the keys out)\n");
  assert_messages(HEAD "    path: /one\n    targets: [<<: *t]\n",
                  "f.yaml:6:15: error: a merge key ('<<') cannot be used (write the keys out)\n");
  assert_messages("settings:\n  <<: *s\n  hold: 1\n---\n" GOOD,
                  "f.yaml:2:3: error: a merge key ('<<') cannot be used (write the keys out)\n"
                  "f.yaml:3:9: error: 'hold' must be a duration such as 10s, 500ms or 1m30s, got '1' (did you mean "
                  "'1ms' or '1s'?)\n");
  assert_messages(HEAD "    '<<': x\n    path: /one\n" TARGETS,
                  "f.yaml:5:5: error: unknown key '<<' (known in 'spec': kind, listen, host, path, match, rewrite, "
                  "rewrite_response, targets, redirect, respond, host_header, headers, cors, timeouts, hold)\n");
  static const char *const aliases[] = {"name: *x\nspec:\n  - kind: http\n    listen: 5000\n    path: /one\n" TARGETS,
                                        "name: a\nspec: *x\n",
                                        "name: a\nspec: [*x]\n",
                                        "*x\n",
                                        HEAD "    path: *x\n    rewrite: /{a}\n" TARGETS,
                                        HEAD "    path: /one\n    targets: *x\n",
                                        HEAD "    path: /one\n    targets: [*x]\n",
                                        HEAD "    path: /one\n    timeouts: *x\n" TARGETS,
                                        "name: a\nspec:\n  - kind: *x\n    listen: 5000\n    path: /one\n" TARGETS,
                                        "name: a\nspec:\n  - kind: *x\n    listen: 5000\n" TARGETS,
                                        "name: a\nspec:\n  - kind: tcp\n    listen: *x\n" TARGETS,
                                        GOOD "tls: *x\n",
                                        "settings: *x\n",
                                        "settings: {trusted_proxies: *x}\n",
                                        "*x : 1\n"};
  for (size_t i = 0; i < UNIT_COUNT(aliases); i++) {
    struct fixture fixture = {.bind = NULL};
    load_text(&fixture, aliases[i]);
    if (fixture.report.errors != 1) fail_msg("%u errors: %s", fixture.report.errors, aliases[i]);
    unload(&fixture);
  }
}

/* A variable that is none is told once: in the error of a value that it makes useless, else in a warning. */
static void test_tells_of_variables_that_are_none(void **state) {
  (void)state;
  assert_messages(
      "name: $PORT\nspec:\n  - kind: http\n    listen: 5000\n    path: /a${X-y}\n" TARGETS,
      "f.yaml:1:7: warning: in 'name: $PORT': this '$' stands for itself (write '${PORT}' for the variable, or "
      "'$$PORT' for the text)\n"
      "f.yaml:5:16: error: in 'path: /a${X-y}': a parameter's name is a letter or '_', then letters, digits, "
      "'_' (write '${X:-y}' for the variable)\n");
  assert_messages(
      "name: a\nspec:\n  - kind: http\n    listen: $PORT\n    path: /one\n    targets: [$PORT, "
      "'localhost:$PORT', '${X-y}:1', {host: '$HOST', port: 1}]\n",
      "f.yaml:4:13: error: 'listen' must be a port 0..65535, or ADDRESS:PORT, got '$PORT' (write '${PORT}' for "
      "the variable)\n"
      "f.yaml:6:15: error: a target must be HOST:PORT, got '$PORT' (write '${PORT}' for the variable)\n"
      "f.yaml:6:33: error: 'port' must be 1..65535, got '$PORT' (write '${PORT}' for the variable)\n"
      "f.yaml:6:42: error: 'host' must be a name or an address, got '${X-y}' (write '${X:-y}' for the "
      "variable)\n"
      "f.yaml:6:60: error: 'host' must be a name or an address, got '$HOST' (write '${HOST}' for the "
      "variable)\n");
  /* Small letters are told where no such value could be meant. */
  assert_messages(
      "name: $port\nspec:\n  - kind: http\n    listen: $port\n    host: $host\n    path: /$metadata\n    hold: $$x\n"
      "    targets: [$target, 'localhost:$port', 'http://x:1$request_uri']\n",
      "f.yaml:4:13: error: 'listen' must be a port 0..65535, or ADDRESS:PORT, got '$port' (write '${port}' for the "
      "variable)\n"
      "f.yaml:5:11: error: 'host' must be a name such as shop.localhost or *.localhost, got '$host' (write '${host}' "
      "for "
      "the variable)\n"
      "f.yaml:7:11: error: 'hold' must be a duration such as 10s, 500ms or 1m30s, got '$x'\n"
      "f.yaml:8:15: error: a target must be HOST:PORT, got '$target' (write '${target}' for the variable)\n"
      "f.yaml:8:35: error: 'port' must be 1..65535, got '$port' (write '${port}' for the variable)\n"
      "f.yaml:8:43: error: a target has no path, got 'http://x:1$request_uri' (write 'x:1'; the path of the request "
      "follows by itself)\n");
  /* In a rewrite they are nginx' variables, unless they are doubled. */
  assert_messages(HEAD "    path: /a\n    rewrite: /b$is_args$args\n" TARGETS,
                  "f.yaml:6:16: warning: in 'rewrite: /b$is_args$args': this is sent letter by letter (write '/b': the "
                  "query follows by itself)\n");
  assert_messages(HEAD "    path: /a\n    rewrite: /$host/x\n" TARGETS,
                  "f.yaml:6:15: warning: in 'rewrite: /$host/x': this is sent letter by letter (nothing stands for "
                  "'$host' here: write the new path itself, or '/$$host/x' for this text)\n");
  assert_messages(HEAD "    path: /a\n    rewrite: /$PORT\n" TARGETS,
                  "f.yaml:6:15: warning: in 'rewrite: /$PORT': this '$' stands for itself (write '${PORT}' for the "
                  "variable, or '$$PORT' for the text)\n");
  assert_messages(HEAD "    path: /a\n    rewrite: /$$host/$$1/$$(x)\n" TARGETS, "");
  assert_messages("name: 'x $$PORT ${WORD} $b ${NONE:-$} $'\nspec:\n  - kind: http\n    listen: 5000\n"
                  "    path: /$metadata\n" TARGETS,
                  "");
  assert_messages(
      "name: '${WORD} ${X'\nspec:\n  - kind: http\n    listen: 5000\n    path: /one\n" TARGETS
      "---\nsettings: {not_found_message: 'costs ${X:+y}'}\n",
      "f.yaml:1:16: warning: in 'name: ${WORD} ${X': this '$' stands for itself (a '}' is missing; for the text "
      "itself write '$${')\n"
      "f.yaml:10:38: warning: in 'not_found_message: costs ${X:+y}': this '$' stands for itself (only "
      "'${NAME}' and '${NAME:-default}' are known; for the text itself write '$${')\n");
}

static void test_a_value_has_a_longest_length(void **state) {
  (void)state;
  enum { LONG = 64 * 1024 };
  static char text[LONG + 64];
  struct fixture fixture = {.bind = NULL};
  int len = snprintf(text, sizeof text, "settings:\n  not_found_message: $$");
  memset(text + len, 'x', LONG + 1);
  load_text(&fixture, text);
  assert_null(fixture.config);
  assert_str(fixture.report.first->text, STR("f.yaml:2:22: error: 'not_found_message' is longer than 64 KiB"));
  unload(&fixture);
}

static void test_a_repeated_tcp_target_counts_once(void **state) {
  (void)state;
  struct fixture fixture = {.bind = NULL};
  load_text(&fixture,
            "name: t\nspec:\n"
            "  - {kind: tcp, listen: 1, targets: [{host: a, port: 1, weight: 2}]}\n"
            "  - {kind: tcp, listen: 1, targets: [{host: a, port: 1, weight: 2}, {host: a, port: 1, weight: 5}]}\n");
  const struct config *config = assert_loaded(&fixture);
  assert_int_equal(config->listeners[0].routes[0].target_count, 1);
  assert_int_equal(config->listeners[0].routes[0].targets[0].weight, 2);
  assert_int_equal(fixture.report.warnings, 1);
  assert_str(fixture.report.first->text,
             STR("f.yaml:4:5: warning: target a:1 is here again: its first weight, 2, counts"));
  unload(&fixture);
}

static void test_tells_all_errors_in_order(void **state) {
  (void)state;
  static const char *const expected[] = {
      "a.yaml:2:1: error: unknown key 'spce' (did you mean 'spec'?)",
      "b.yaml:3:12: error: 'kind' must be http or tcp, got 'htpp' (did you mean 'http'?)",
      "b.yaml:4:5: error: missing key 'targets'",
      "b.yaml:4:11: error: 'kind' must be http or tcp, got 'x'",
      "b.yaml:5:13: error: 'listen' must be a port 0..65535, or ADDRESS:PORT, got '99999'",
      "b.yaml:8:13: error: 'drain' must be a duration such as 10s, 500ms or 1m30s, got 'x\\x0a'",
      "b.yaml:9:9: error: 'hold' must be a duration such as 10s, 500ms or 1m30s, got '1' (did you mean '1ms' or '1s'?)",
      "c.yaml:2:59: error: in 'path: /a?b': '?' does not belong here: the query takes no part in it",
      "c.yaml:2:72: error: in 'rewrite: x': it must begin with '/' (write '/x')",
  };
  struct fixture fixture = {.bind = NULL};
  static const struct config_text all[] = {
      {STR_INIT("a.yaml"), STR_INIT("name: a\nspce: []\n")},
      {STR_INIT("b.yaml"),
       STR_INIT("name: b\nspec:\n  - {kind: htpp, listen: 1, path: /, targets: [{host: a, port: 1}]}\n"
                "  - kind: x\n    listen: 99999\n---\nsettings:\n  drain:    \"x\\n\"\n  hold: 1\n")},
      {STR_INIT("c.yaml"),
       STR_INIT("name: c\nspec: [{kind: http, listen: 2, host: c.localhost, path: /a?b, rewrite: x, "
                "targets: [{host: a, port: 1}]}]\n")},
  };
  load_files(&fixture, all, 3);
  size_t count = 0;
  for (const struct config_message *message = fixture.report.first; message; message = message->next) {
    if (count < UNIT_COUNT(expected)) assert_str(message->text, str_of(expected[count]));
    count++;
  }
  assert_int_equal(count, UNIT_COUNT(expected));
  assert_null(fixture.config);
  unload(&fixture);
}

static void test_example_files(void **state) {
  (void)state;
  static const struct config_text texts[] = {
      {STR_INIT("one.yaml"), STR_INIT(GOOD "tls:\n  enabled: false\n")},
      {STR_INIT("tcp.yaml"), STR_INIT("name: t\nspec:\n  - kind: tcp\n    listen: 4001\n" TARGETS)},
      {STR_INIT("two.yaml"), STR_INIT("---\n" HEAD "    path: /two\n    rewrite: /\n" TARGETS "---\n")},
  };
  struct fixture fixture = {.bind = NULL};
  load_files(&fixture, texts, 3);
  const struct config *config = assert_loaded(&fixture);
  assert_null(fixture.report.first);
  assert_int_equal(config->listener_count, 2);
  const struct config_listener *http = &config->listeners[0], *tcp = &config->listeners[1];
  assert_int_equal(http->kind, KIND_HTTP);
  assert_int_equal(http->address.scope, SCOPE_LOOPBACK);
  assert_int_equal(http->address.port, 5000);
  assert_str(http->place.file, STR("one.yaml"));
  assert_int_equal(http->place.line, 4);
  assert_int_equal(http->place.column, 13);
  assert_int_equal(http->route_count, 2);
  const struct config_route *one = &http->routes[0], *two = &http->routes[1];
  assert_str(one->name, STR("a"));
  assert_str(one->path, STR("/one"));
  assert_int_equal(one->host.len, 0);
  assert_false(one->has_rewrite);
  assert_int_equal(one->place.line, 3);
  assert_int_equal(one->target_count, 1);
  assert_str(one->targets[0].host, STR("localhost"));
  assert_int_equal(one->targets[0].port, 3000);
  assert_int_equal(one->targets[0].weight, 1);
  assert_int_equal(one->hold_ms, 10000);
  assert_int_equal(one->timeouts.connect_ms, 3000);
  assert_int_equal(one->timeouts.response_ms, 0);
  assert_int_equal(one->timeouts.idle_ms, 0);
  assert_str(two->place.file, STR("two.yaml"));
  assert_true(two->has_rewrite);
  assert_str(two->rewrite_text, STR("/"));
  assert_int_equal(tcp->kind, KIND_TCP);
  assert_int_equal(tcp->route_count, 1);
  assert_int_equal(tcp->routes[0].target_count, 1);
  unload(&fixture);
}

static void test_variables(void **state) {
  (void)state;
  struct fixture fixture = {.bind = NULL};
  load_text(&fixture, "name: '${TRICK}'\nspec:\n  - kind: ${NONE:-http}\n    listen: ${PORT}\n    path: /$$\n"
                      "    targets: [{host: localhost, port: '${NONE:-3000}'}]\n");
  const struct config *config = assert_loaded(&fixture);
  assert_int_equal(config->listeners[0].address.port, 6000);
  assert_str(config->listeners[0].address.text, STR("6000"));
  assert_str(config->listeners[0].routes[0].name, STR("x\"]: {y: *z}\n\\é${PORT}"));
  assert_str(config->listeners[0].routes[0].path, STR("/$"));
  assert_int_equal(config->listeners[0].routes[0].targets[0].port, 3000);
  unload(&fixture);
}

#define SPEC(kind, listen, more) "  - {kind: " kind ", listen: '" listen "', targets: [{host: a, port: 1}]" more "}\n"

static void test_tcp_specs_share_targets(void **state) {
  (void)state;
  struct fixture fixture = {.bind = NULL};
  load_text(
      &fixture,
      "name: t\nspec:\n"
      "  - {kind: tcp, listen: 1, hold: 10s, targets: [{host: a, port: 1, weight: 3}, {host: a, port: 1, weight: 3}]}\n"
      "  - {kind: TCP, listen: 1, targets: [{host: A, port: 1, weight: 3}, {host: '[::1]', port: 2, weight: 0}]}\n");
  const struct config *config = assert_loaded(&fixture);
  assert_null(fixture.report.first);
  assert_int_equal(config->listener_count, 1);
  assert_int_equal(config->listeners[0].route_count, 1);
  const struct config_route *route = &config->listeners[0].routes[0];
  assert_int_equal(route->target_count, 2);
  assert_str(route->targets[0].host, STR("a"));
  assert_int_equal(route->targets[0].weight, 3);
  assert_str(route->targets[1].host, STR("::1"));
  assert_int_equal(route->targets[1].weight, 0);
  unload(&fixture);
}

static void test_equal_routes(void **state) {
  (void)state;
  static const struct {
    const char *first, *second;
    bool equal;
  } pairs[] = {
      {"path: /a", "path: /a/", true},
      {"path: /a", "path: /b", false},
      {"path: /a", "path: /a, match: exact", false},
      {"path: /a, match: exact", "path: /a/, match: exact", false},
      {"path: '/{x}/b'", "path: '/{y}/b'", true},
      {"path: '/{x}'", "path: '/{*x}'", false},
      {"path: '/%7ea'", "path: '/~a'", true},
      {"path: /a, host: A.b", "path: /a, host: 'a.B:80'", true},
      {"path: /a, host: a.b", "path: /a", false},
      {"path: /a, host: '*.b'", "path: /a, host: b", false},
      {"path: /a, rewrite: /x", "path: /a, rewrite: /y", true},
  };
  for (size_t i = 0; i < UNIT_COUNT(pairs); i++) {
    struct fixture fixture = {.bind = NULL};
    char text[512];
    snprintf(text, sizeof text,
             "name: t\nspec:\n  - {kind: http, listen: 1, targets: [{host: a, port: 1}], %s}\n"
             "  - {kind: http, listen: 1, targets: [{host: a, port: 2}], %s}\n",
             pairs[i].first, pairs[i].second);
    load_text(&fixture, text);
    const struct config *config = assert_loaded(&fixture);
    if (fixture.report.warnings != pairs[i].equal) fail_msg("%s and %s", pairs[i].first, pairs[i].second);
    assert_int_equal(config->listeners[0].route_count, pairs[i].equal ? 1 : 2);
    assert_int_equal(config->listeners[0].routes[0].targets[0].port, 1);
    if (pairs[i].equal) {
      assert_str(fixture.report.first->text,
                 STR("f.yaml:4:5: warning: this route is never used: the one at f.yaml:3:5 matches the same requests"));
    }
    unload(&fixture);
  }
}

static void test_routes_of_two_listeners_are_not_equal(void **state) {
  (void)state;
  struct fixture fixture = {.bind = NULL};
  load_text(&fixture, "name: t\nspec:\n" SPEC("http", "1", ", path: /") SPEC("HTTP", "2", ", path: /"));
  assert_int_equal(assert_loaded(&fixture)->listener_count, 2);
  assert_null(fixture.report.first);
  unload(&fixture);
}

/* Processor time in ms to load `count` routes, over as many files as they need. */
static double load_many(unsigned count) {
  enum { PER_FILE = 5000, ROOM = 700 * 1024 };
  struct config_text texts[4];
  unsigned files = 0;
  for (unsigned i = 0; i < count; files++) {
    char *text = malloc(ROOM);
    assert_non_null(text);
    size_t len = (size_t)snprintf(text, ROOM, "name: big\nspec:\n");
    for (unsigned end = i + PER_FILE; i < end && i < count; i++) {
      len += (size_t)snprintf(text + len, ROOM - len, "  - kind: http\n    listen: %u\n    path: /r%u\n" TARGETS,
                              5000 + i % 7, i);
    }
    texts[files] = (struct config_text){STR("big.yaml"), str_make(text, len)};
  }
  struct fixture fixture = {.bind = NULL};
  clock_t begun = clock();
  load_files(&fixture, texts, files);
  double ms = (double)(clock() - begun) * 1000 / CLOCKS_PER_SEC;
  assert_int_equal(assert_loaded(&fixture)->listener_count, 7);
  unload(&fixture);
  for (unsigned i = 0; i < files; i++) free((void *)(uintptr_t)texts[i].text.ptr);
  return ms;
}

/* Generous enough for a sanitizer and a busy machine; what must not pass is a search that compares all pairs. */
static void test_load_time_grows_in_proportion(void **state) {
  (void)state;
  double few = load_many(1000), many = load_many(10000);
  print_message("# 1,000 routes: %.1f ms, 10,000 routes: %.1f ms\n", few, many);
  assert_true(many < 30 * few + 100);
  assert_true(many < (getenv("LITEGINX_VALGRIND") ? 40000 : 2000));
}

/* As Windows' editors leave them. A lone CR ends a line, too. */
static void test_lines_end_in_any_way(void **state) {
  static const char lines[] =
      "# one\nname: a\nspec:\n  - kind: http # two\n    listen: 5000\n\n    path: /\n    respond:\n      body: |\n"
      "        one\n\n        two\n      # three\n      type: \"text/plain;\n        charset=x\"\n...\n# four\n";
  static const char *const ends[] = {"\n", "\r\n", "\r"};
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(ends); i++) {
    struct fixture fixture = {.bind = NULL};
    char text[1024];
    size_t len = 0;
    for (const char *at = lines; *at; at++) {
      len += (size_t)snprintf(text + len, sizeof text - len, "%s", *at == '\n' ? ends[i] : (char[]){*at, '\0'});
    }
    load_text(&fixture, text);
    const struct config_route *route = &assert_loaded(&fixture)->listeners[0].routes[0];
    assert_null(fixture.report.first);
    assert_str(route->respond.body, STR("one\n\ntwo\n"));
    assert_str(route->respond.type, STR("text/plain; charset=x"));
    unload(&fixture);
  }
}

/* Its place is where an editor shows it. */
static void test_faults_stand_where_lines_end_in_any_way(void **state) {
  static const char *const texts[] = {
      ("name: a\nspec:\n  - kind: http\n    listen: 5000\n    pahth: /one\n" TARGETS),
      "name: a\r\nspec:\r\n  - kind: http\r\n    listen: 5000\r\n    pahth: /one\r\n    targets: [localhost:3000]\r\n",
      "name: a\rspec:\r  - kind: http\r    listen: 5000\r    pahth: /one\r    targets: [localhost:3000]\r",
  };
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(texts); i++) {
    struct fixture fixture = {.bind = NULL};
    load_text(&fixture, texts[i]);
    assert_int_equal(fixture.report.errors, 1);
    assert_str(fixture.report.first->text, STR("f.yaml:5:5: error: unknown key 'pahth' (did you mean 'path'?)"));
    unload(&fixture);
  }
}

static void test_no_texts(void **state) {
  (void)state;
  struct fixture fixture = {.bind = NULL};
  load_files(&fixture, NULL, 0);
  assert_null(fixture.config);
  assert_int_equal(fixture.report.errors, 1);
  unload(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bad_files),
      cmocka_unit_test(test_tells_of_other_programs_configurations),
      cmocka_unit_test(test_sockets),
      cmocka_unit_test(test_bad_sockets),
      cmocka_unit_test(test_sockets_by_another_way),
      cmocka_unit_test(test_a_socket_path_has_a_longest_length),
      cmocka_unit_test(test_merge_keys_and_aliases_are_one_error_each),
      cmocka_unit_test(test_tells_of_variables_that_are_none),
      cmocka_unit_test(test_a_value_has_a_longest_length),
      cmocka_unit_test(test_a_repeated_tcp_target_counts_once),
      cmocka_unit_test(test_tells_all_errors_in_order),
      cmocka_unit_test(test_example_files),
      cmocka_unit_test(test_variables),
      cmocka_unit_test(test_tcp_specs_share_targets),
      cmocka_unit_test(test_equal_routes),
      cmocka_unit_test(test_routes_of_two_listeners_are_not_equal),
      cmocka_unit_test(test_load_time_grows_in_proportion),
      cmocka_unit_test(test_lines_end_in_any_way),
      cmocka_unit_test(test_faults_stand_where_lines_end_in_any_way),
      cmocka_unit_test(test_no_texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
