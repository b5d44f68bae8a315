/* Packages with a home of their own (snap, flatpak) have all of it once more. */
#include "liteginx/cli/trust_nss_places.h"

#include "liteginx/cli/data_folder.h"
#include "liteginx/cli/program.h"
#include "liteginx/cli/shell.h"

static void on_home(struct trust_job *job, const char *home, void *owner);

/* Firefox 147 and later keep profiles below the folder for configuration, where there were none before. */
void trust_nss_places_each(struct trust_job *job, const struct trust_nss_places *places) {
  const char *config = shell_getenv(&job->arena, "XDG_CONFIG_HOME");
  const char *data = data_folder(&job->arena, shell_getenv, &job->arena);
  if (config && config[0] == '/') {
    const char *folder = trust_text(job, "%s/mozilla/firefox", config);
    if (folder) places->firefox(job, folder, places->owner);
  }
  const char *own = shell_getenv(&job->arena, "XDG_DATA_HOME"); /* without it, it is one of the home's */
  if (own && own[0] == '/' && data) {
    const char *folder = trust_text(job, "%s/pki/nssdb", data);
    if (folder) places->chromium(job, folder, places->owner);
  }
  if (!job->home) return;
  void *each = (void *)(uintptr_t)places;
  on_home(job, job->home, each);
  const char *flatpak = trust_text(job, "%s/.var/app", job->home), *snap = trust_text(job, "%s/snap", job->home);
  trust_each(job, flatpak, STR(""), STR(""), on_home, each);
  trust_each(job, snap, STR(""), STR(""), on_home, each);
}

/* "common" and "current" are a snap's; "config" and "data" a flatpak's. */
static void on_home(struct trust_job *job, const char *home, void *owner) {
  static const char *const firefox[] = {".mozilla/firefox", ".config/mozilla/firefox", "config/mozilla/firefox",
                                        "common/.mozilla/firefox", "common/.config/mozilla/firefox"};
  static const char *const chromium[] = {".pki/nssdb", ".local/share/pki/nssdb", "data/pki/nssdb", "current/.pki/nssdb",
                                         "current/.local/share/pki/nssdb"};
  const struct trust_nss_places *places = owner;
  for (size_t i = 0; i < sizeof firefox / sizeof *firefox; i++) {
    const char *folder = trust_text(job, "%s/%s", home, firefox[i]);
    if (folder) places->firefox(job, folder, places->owner);
  }
  for (size_t i = 0; i < sizeof chromium / sizeof *chromium; i++) {
    const char *folder = trust_text(job, "%s/%s", home, chromium[i]);
    if (folder) places->chromium(job, folder, places->owner);
  }
}

const char *trust_nss_places_new(struct trust_job *job) {
  static const char *const names[] = {"chromium",      "chromium-browser", "google-chrome", "google-chrome-stable",
                                      "brave-browser", "microsoft-edge",   "vivaldi"};
  bool found = false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) found = found || program_find(&job->arena, names[i]);
  return found && job->home ? trust_text(job, "%s/.pki/nssdb", job->home) : NULL;
}

const char *trust_nss_places_package(void) {
  return "libnss3-tools on Debian and Ubuntu, nss-tools on Fedora and Alpine, nss on Arch, mozilla-nss-tools on "
         "openSUSE";
}
