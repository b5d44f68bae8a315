/* The home of one run: a configuration where it is looked for, and a browser's store, which a program of its own says nothing
 * about. */
#ifndef LITEGINX_TESTS_TORTURE_HOME_H
#define LITEGINX_TESTS_TORTURE_HOME_H

struct home {
  char path[32], hidden[64], folder[80], file[96], fresh[64], store[64], bin[64];
  char ca[96]; /* where the program puts its local CA */
};

/* Makes it, and says to this process's environment where it is; the configuration is not written yet. Ends the program where that
 * fails. */
void home_make(struct home *home);

/* Removes it with all that is in it. */
void home_remove(const struct home *home);

/* How many names a folder holds; 0: it is not there. */
unsigned home_count(const char *path);

#endif
