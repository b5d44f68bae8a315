/* Each option as `--name VALUE` or `--name=VALUE`, some also as one letter, before or behind the verb. A word that is
 * no verb but names a file or a folder is one more --config. */
#include "liteginx/cli/options.h"

#include <cyaml/cyaml.h>
#include <llhttp.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include <yaml.h>

#include "liteginx/base/log.h"
#include "liteginx/cli/shell.h"
#include "liteginx/cli/tls_world.h"
#include "liteginx/config/config.h"
#include "liteginx/config/scalar.h"
#include "liteginx/server/system.h"

enum { SHOWN_BYTES = 80 };

/* Where options_parse is. */
struct reading {
  struct options *options;
  char *const *argv;
  int argc, at;
  options_exists *exists;
  bool have_verb;
  enum options_verb asked; /* --help or --version, which win over any verb */
};

static bool read_option(struct reading *reading);
static bool read_word(struct reading *reading);
static bool read_request_word(struct reading *reading, const char *word);
static bool read_verb(struct reading *reading, const char *word);
static bool read_explain_option(struct reading *reading);
static bool read_trust_option(struct reading *reading);
static bool check_explain(struct options *options);
static bool check_init(struct options *options);
static bool add_config(struct options *options, const char *path);
static bool wrong_word(const struct reading *reading, const char *word);
static bool looks_like_path(const char *word);
static bool read_color(struct options *options, const char *value);
static bool read_workers(struct options *options, const char *value);
static bool is_option(const char *word, char letter, const char *name);
static const char *option_value(struct reading *reading, const char *name);
static const char *nearest_option(const char *word);
static const char *nearest_verb(const char *word);
static bool fail(struct options *options, const char *what, const char *word, const char *more, const char *nearest);

bool options_parse(struct options *options, int argc, char *const *argv, options_exists *exists) {
  *options = (struct options){.verb = VERB_RUN};
  options->configs = calloc((size_t)argc + 1, sizeof *options->configs);
  options->fields = calloc((size_t)argc + 1, sizeof *options->fields);
  options->no_memory = !options->configs || !options->fields;
  if (options->no_memory) return fail(options, "out of memory", "", "", NULL);
  struct reading reading = {.options = options, .argv = argv, .argc = argc, .exists = exists, .asked = VERB_RUN};
  for (reading.at = 1; reading.at < argc; reading.at++) {
    const char *word = argv[reading.at];
    bool good = word[0] == '-' && word[1] != '\0' ? read_option(&reading) : read_word(&reading);
    if (!good) return false;
  }
  if (reading.asked != VERB_RUN) options->verb = reading.asked;
  return check_init(options) && check_explain(options);
}

void options_free(struct options *options) {
  free(options->configs);
  free(options->fields);
  options->configs = NULL;
  options->fields = NULL;
}

void options_print_help(FILE *file) {
  char quote = shell_quote();
  fprintf(
      file,
      "liteginx: a reverse proxy for HTTP/1.1 and TCP\n"
      "\n"
      "Usage: liteginx [run] [PATH]...   serve in the foreground\n"
      "       liteginx check [PATH]...   check the configuration, serve nothing\n"
      "       liteginx demo [PATH]...    serve, with two upstreams to try it on built in: HTTP on port 3000,\n"
      "                                  a TCP line echo on port 4000; without PATH an example of its own\n"
      "       liteginx explain [METHOD] URL [-H FIELD]...   where this request would go, and why; opens nothing\n"
      "       liteginx explain --expect FILE                whether each request in FILE goes where it should\n"
      "       liteginx init [FILE]       write a configuration to start from, each key explained (default:\n"
      "                                  ./liteginx.yaml; - for standard output); never writes over a file\n"
      "       liteginx trust [PATH]...   have the system, browsers and Java trust the local CA, which signs for local\n"
      "                                  names and the hosts in PATH; liteginx untrust takes that back\n"
      "       liteginx doctor            whether the local CA is sound, and who trusts it\n"
      "       liteginx env [PATH]...     variables for programs with roots of their own: eval \"$(liteginx env)\"\n"
      "\n"
      "PATH is a file, a folder with *.yaml and *.yml files, or - for standard input. Without one: ./liteginx.yaml "
      "(or\n"
      ".yml) and ./liteginx/, else %s.\n"
      "URL is as for curl, also :5000/x, /x and unix:./l.sock/x; with * in place of its path: OPTIONS %c:5000*%c.\n"
      "\n"
      "  -c, --config PATH   the same as PATH; may be repeated\n"
      "      --workers N     threads that serve, 1 to 1024, or auto: one per processor (default: as the file says,\n"
      "                      else auto)\n"
      "      --color WHEN    auto (default: on a terminal, unless NO_COLOR is set), always, never\n"
      "  -H, --header FIELD  explain: a field of the request, as %cName: value%c\n"
      "      --from ADDRESS  explain: the client's address (default: 127.0.0.1)\n"
      "      --json          explain: for programs\n"
      "      --dry-run       trust, untrust: say what would be done, and do nothing\n"
      "      --powershell    env: for PowerShell; also --fish, --cmd, --dotenv\n"
      "  -h, --help          this text\n"
      "  -V, --version       the version, and those of the libraries it stands on\n"
      "\n"
      "Stops on Ctrl-C once requests in flight have ended; at once on the second one.\n"
      "Exit status: 0 stopped as asked, 1 could not start or bad configuration, 2 wrong usage, 130 stopped at "
      "once.\n",
      shell_config_places(), quote, quote, quote, quote);
}

void options_print_version(FILE *file) {
  fprintf(file, "liteginx " LITEGINX_VERSION "\nlibuv %s, llhttp %d.%d.%d, libyaml %s, libcyaml %s%s\n",
          uv_version_string(), LLHTTP_VERSION_MAJOR, LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH,
          yaml_get_version_string(), cyaml_version_str, tls_world_version());
}

bool options_wants_color(const struct options *options, int descriptor) {
  bool shows = options->color != COLOR_NEVER && system_shows_colors(descriptor); /* which may have to be told */
  if (options->color != COLOR_AUTO) return options->color == COLOR_ALWAYS;
  const char *no_color = getenv("NO_COLOR");
  return shows && !(no_color && *no_color);
}

static bool read_option(struct reading *reading) {
  struct options *options = reading->options;
  const char *word = reading->argv[reading->at];
  if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
    reading->asked = VERB_HELP;
  } else if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
    if (reading->asked == VERB_RUN) reading->asked = VERB_VERSION;
  } else if (is_option(word, 'c', "--config")) {
    const char *value = option_value(reading, "--config");
    return value && add_config(options, value);
  } else if (is_option(word, '\0', "--color")) {
    const char *value = option_value(reading, "--color");
    return value && read_color(options, value);
  } else if (is_option(word, '\0', "--workers")) {
    const char *value = option_value(reading, "--workers");
    return value && read_workers(options, value);
  } else {
    return read_trust_option(reading) || read_explain_option(reading);
  }
  return true;
}

/* Those of the verbs about the local CA. False: it is none of theirs, or they are not asked for. */
static bool read_trust_option(struct reading *reading) {
  static const char *const shells[] = {"--posix", "--powershell", "--fish", "--cmd", "--dotenv"};
  struct options *options = reading->options;
  const char *word = reading->argv[reading->at];
  bool changes = options->verb == VERB_TRUST || options->verb == VERB_UNTRUST;
  bool known = changes && strcmp(word, "--dry-run") == 0;
  if (known) options->dry_run = true;
  for (unsigned i = 0; options->verb == VERB_ENV && i < sizeof shells / sizeof *shells; i++) {
    if (strcmp(word, shells[i]) != 0) continue;
    known = true;
    options->shell = (enum options_shell)i;
  }
  return known;
}

/* Those that `explain` alone has. */
static bool read_explain_option(struct reading *reading) {
  struct options *options = reading->options;
  const char *word = reading->argv[reading->at], **text = NULL, *name = NULL;
  if (options->verb == VERB_EXPLAIN && strcmp(word, "--json") == 0) {
    options->json = true;
    return true;
  }
  if (options->verb == VERB_EXPLAIN && is_option(word, 'H', "--header")) {
    const char *value = option_value(reading, "--header");
    if (value) options->fields[options->field_count++] = str_of(value);
    return value != NULL;
  }
  if (is_option(word, '\0', name = "--expect")) text = &options->expect;
  if (!text && is_option(word, '\0', name = "--from")) text = &options->from;
  if (options->verb != VERB_EXPLAIN || !text) {
    return fail(options, "unknown option '", word, "'", nearest_option(word));
  }
  *text = option_value(reading, name);
  return *text != NULL;
}

/* What `explain` cannot do without. */
static bool check_explain(struct options *options) {
  if (options->verb != VERB_EXPLAIN) return true;
  if (!options->url && !options->expect) return fail(options, "explain needs a URL, or --expect FILE", "", "", NULL);
  if (options->url && options->expect) return fail(options, "explain takes a URL or --expect, not both", "", "", NULL);
  return true;
}

static bool check_init(struct options *options) {
  return options->verb != VERB_INIT || options->config_count <= 1 ||
         fail(options, "init writes one file, and '", options->configs[1], "' is one more", NULL);
}

/* A verb, once, or what is taken as --config; for init that is a file which need not be there. */
static bool read_word(struct reading *reading) {
  const char *word = reading->argv[reading->at];
  if (!reading->have_verb && read_verb(reading, word)) return true;
  if (reading->options->verb == VERB_EXPLAIN) return read_request_word(reading, word);
  if (reading->options->verb == VERB_INIT && *word) return add_config(reading->options, word);
  if (strcmp(word, "-") == 0 || (reading->exists && reading->exists(word))) return add_config(reading->options, word);
  return wrong_word(reading, word);
}

/* [METHOD] URL: the last word is the URL. */
static bool read_request_word(struct reading *reading, const char *word) {
  struct options *options = reading->options;
  if (options->method) return fail(options, "unexpected argument '", word, "': explain takes [METHOD] URL", NULL);
  options->method = options->url;
  options->url = word;
  return true;
}

static bool read_verb(struct reading *reading, const char *word) {
  static const char *const verbs[] = {"run", "check", "demo", "explain", "init", "trust", "untrust", "doctor", "env"};
  for (unsigned i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (strcmp(word, verbs[i]) != 0) continue;
    reading->options->verb = (enum options_verb)i;
    reading->have_verb = true;
    return true;
  }
  return false;
}

/* What standard input says can be read only once. */
static bool add_config(struct options *options, const char *path) {
  bool again = false;
  for (unsigned i = 0; i < options->config_count; i++) {
    const char *given = options->configs[i];
    again = again || (given && strcmp(given, "-") == 0);
  }
  if (again && strcmp(path, "-") == 0) {
    return fail(options, "'-' (standard input) can be the configuration once only", "", "", NULL);
  }
  options->configs[options->config_count++] = path;
  return true;
}

static bool wrong_word(const struct reading *reading, const char *word) {
  if (looks_like_path(word)) {
    return fail(reading->options, "there is no file or folder '", word, "'", NULL);
  }
  if (reading->have_verb) {
    return fail(reading->options, "unexpected argument '", word, "': it is neither an option nor a file or folder",
                NULL);
  }
  return fail(reading->options, "unknown command '", word, "'", nearest_verb(word));
}

static bool looks_like_path(const char *word) {
  struct str s = str_of(word);
  return strpbrk(word, "/\\") || str_ends_with(s, STR(".yaml")) || str_ends_with(s, STR(".yml"));
}

static bool read_color(struct options *options, const char *value) {
  static const char *const words[] = {"auto", "always", "never", NULL};
  for (unsigned i = 0; words[i]; i++) {
    if (strcmp(value, words[i]) != 0) continue;
    options->color = (enum options_color)i;
    return true;
  }
  return fail(options, "--color takes auto, always or never, not '", value, "'", config_nearest(str_of(value), words));
}

static bool read_workers(struct options *options, const char *value) {
  options->workers_given = true;
  options->workers = 0;
  if (strcmp(value, "auto") == 0 || scalar_number(str_of(value), 1, CONFIG_MAX_WORKERS, &options->workers)) return true;
  return fail(options, "--workers takes auto or 1..1024, not '", value, "'", NULL);
}

/* Is `word` NAME, NAME=VALUE, or the letter's -L, -LVALUE? '\0': there is no letter. */
static bool is_option(const char *word, char letter, const char *name) {
  size_t len = strlen(name);
  if (letter && word[0] == '-' && word[1] == letter) return true;
  return strncmp(word, name, len) == 0 && (word[len] == '\0' || word[len] == '=');
}

/* What stands behind '=' or the letter, or else the next argument. NULL: nothing does, and the error says so. */
static const char *option_value(struct reading *reading, const char *name) {
  const char *word = reading->argv[reading->at];
  const char *value = word[1] == '-' ? strchr(word, '=') : word[2] ? word + 1 : NULL;
  if (value) {
    value++;
    if (word[1] != '-' && *value == '=') value++;
  } else if (reading->at + 1 < reading->argc) {
    value = reading->argv[++reading->at];
  }
  if (value && *value) return value;
  (void)fail(reading->options, name, "", " needs a value", NULL);
  return NULL;
}

/* Other programs' short forms count as misspelled long ones. */
static const char *nearest_option(const char *word) {
  static const char *const options[] = {"--config", "--color",  "--workers", "--help",    "--version",    "--json",
                                        "--header", "--expect", "--from",    "--dry-run", "--powershell", "--fish",
                                        "--cmd",    "--dotenv", "--posix",   NULL};
  size_t len = strcspn(word, "=");
  for (unsigned i = 0; len == 2 && options[i]; i++) {
    if (options[i][2] == str_lower_char(word[1])) return options[i];
  }
  return config_nearest(str_make(word, len), options);
}

static const char *nearest_verb(const char *word) {
  static const char *const words[] = {"run",     "check",  "demo", "explain", "init",      "trust",
                                      "untrust", "doctor", "env",  "--help",  "--version", NULL};
  if (strcmp(word, "help") == 0) return "--help";
  if (strcmp(word, "version") == 0) return "--version";
  return config_nearest(str_of(word), words);
}

/* The error is `what`, then `word` shortened and with control characters escaped, then `more`. Always false. */
static bool fail(struct options *options, const char *what, const char *word, const char *more, const char *nearest) {
  char shown[SHOWN_BYTES + 1];
  shown[log_escape(shown, SHOWN_BYTES, str_of(word))] = '\0';
  snprintf(options->error, sizeof options->error, "%s%s%s%s%s%s", what, shown, more, nearest ? " (did you mean " : "",
           nearest ? nearest : "", nearest ? "?)" : "");
  return false;
}
