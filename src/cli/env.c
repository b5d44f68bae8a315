/* Two kinds of variables: those that add a root to a program's own, and those that take the place of all that it trusts. The first
 * name the root; the second a bundle, or programs would trust nothing else any more. */
#include "liteginx/cli/env.h"

#include <string.h>

#include "liteginx/cli/data_folder.h"
#include "liteginx/cli/env_bundle.h"
#include "liteginx/cli/local_ca.h"
#include "liteginx/cli/output.h"
#include "liteginx/cli/shell.h"
#include "liteginx/cli/trust_stores.h"

enum { FAILED = 1 };

enum variable_kind { ADDS, REPLACES };

static const struct variable {
  const char *name;
  enum variable_kind kind;
} variables[] = {
    {"NODE_EXTRA_CA_CERTS", ADDS},
    {"DENO_CERT", ADDS},
    {"SSL_CERT_FILE", REPLACES}, /* OpenSSL, so Python, Ruby, PHP, wget and others; Go */
    {"REQUESTS_CA_BUNDLE", REPLACES},
    {"CURL_CA_BUNDLE", REPLACES},
    {"GIT_SSL_CAINFO", REPLACES},
    {"AWS_CA_BUNDLE", REPLACES},
    {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", REPLACES},
};

/* How a language says that NAME is VALUE; a quote within the value is said as `quoted`. In the order of options_shell. */
static const struct language {
  const char *before, *between, *behind, *quoted;
  char quote;
} languages[] = {
    [SHELL_POSIX] = {"export ", "='", "'\n", "'\\''", '\''}, [SHELL_POWERSHELL] = {"$Env:", " = '", "'\n", "''", '\''},
    [SHELL_FISH] = {"set -gx ", " '", "'\n", "\\'", '\''},   [SHELL_CMD] = {"set \"", "=", "\"\n", "\"", '"'},
    [SHELL_DOTENV] = {"", "=\"", "\"\n", "\\\"", '"'},
};

static void put(FILE *out, enum options_shell shell, const char *name, const char *value);
static void warn_of_other(struct arena *arena, const char *name, const char *value, FILE *err);
static bool print_all(const struct options *options, struct arena *arena, FILE *out, FILE *err);

int env_run(const struct options *options, FILE *out, FILE *err) {
  struct arena arena;
  struct authority *authority = trust_stores_authority(options, err, err);
  if (!authority) return FAILED;
  authority_free(authority);
  arena_init(&arena, NULL, 64 << 20);
  bool good = print_all(options, &arena, out, err);
  arena_reset(&arena);
  int status = output_end(out, "", err);
  return good ? status : FAILED;
}

/* Where a system has no roots in a file there is nothing to make a bundle of, and what would take their place is left out. */
static bool print_all(const struct options *options, struct arena *arena, FILE *out, FILE *err) {
  struct tls_problem problem = {""};
  const char *root = data_folder_join(arena, local_ca_folder(arena), FOUNDING_ROOT);
  const char *base = env_bundle_base(arena), *bundle = env_bundle_path(arena);
  if (base && root && !env_bundle_write(arena, base, root, &problem)) {
    fprintf(err, "liteginx: %s\n", problem.text);
    return false;
  }
  if (!base)
    fputs("liteginx: this system keeps its roots in no file, so variables that would take their place are left out\n",
          err);
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
    const struct variable *variable = &variables[i];
    const char *value = variable->kind == ADDS ? root : base ? bundle : NULL;
    if (!value) continue;
    if (variable->kind == ADDS) warn_of_other(arena, variable->name, value, err);
    put(out, options->shell, variable->name, value);
  }
  return true;
}

/* One that adds has room for one file: what another program has put there goes. */
static void warn_of_other(struct arena *arena, const char *name, const char *value, FILE *err) {
  const char *now = shell_getenv(arena, name);
  if (now && now[0] && strcmp(now, value) != 0) fprintf(err, "liteginx: %s is %s now, and is replaced\n", name, now);
}

static void put(FILE *out, enum options_shell shell, const char *name, const char *value) {
  const struct language *language = &languages[shell];
  fprintf(out, "%s%s%s", language->before, name, language->between);
  for (const char *at = value; *at; at++) {
    bool escaped = (shell == SHELL_FISH || shell == SHELL_DOTENV) && *at == '\\';
    if (*at == language->quote) {
      fputs(language->quoted, out);
    } else {
      if (escaped) fputc('\\', out);
      fputc(*at, out);
    }
  }
  fputs(language->behind, out);
}
