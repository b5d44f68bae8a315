"""Which calls of ours the torture can make fail: all that can fail, says this check, or else it fails itself.

usage: faults_check.py NM LIBRARY PROGRAM NAME…     prints one line for each fault, exit status 1 if there is any

LIBRARY is ours, PROGRAM the torture with all it is linked from, NAMEs what the linker redirects (--wrap). A function of libuv
or of threads that LIBRARY calls, and an allocating one of the C library that PROGRAM calls, must be among the NAMEs or in the
table below, with its reason; neither may hold one that nobody calls any more.
"""

import re
import subprocess
import sys

JUDGED = re.compile(r"^(uv|pthread|sem|thrd|mtx|cnd)_")
ALLOCATORS = (
    "malloc calloc realloc reallocarray strdup strndup aligned_alloc memalign posix_memalign asprintf vasprintf "
    "getline getdelim open_memstream"
).split()
SPARED = {
    "returns nothing, or nothing that tells of a failure": (
        "uv_buf_init uv_close uv_cond_destroy uv_cond_signal uv_freeaddrinfo uv_free_interface_addresses uv_fs_req_cleanup uv_hrtime uv_is_closing "
        "uv_mutex_destroy uv_mutex_lock uv_mutex_unlock uv_now uv_os_free_passwd uv_os_getpid uv_pipe_connect uv_poll_stop uv_read_stop uv_run uv_sem_destroy uv_sem_post uv_sem_wait "
        "uv_sleep uv_stop uv_strerror uv_timer_stop uv_translate_sys_error uv_unref uv_version_string uv_walk"
    ).split(),
    "fails for misuse alone, and where it matters we insist": (
        "pthread_sigmask uv_async_send uv_fileno uv_loop_close uv_thread_join uv_timer_init uv_timer_start"
    ).split(),
    "its failure says that a text is no address": ["uv_ip4_addr", "uv_ip6_addr"],
}


def faults(library, program, redirected, twins):
    """`library` and `program`: names they take from elsewhere; `redirected`: what the linker is told; `twins`: what
    fault.c has for them."""
    spared = [name for names in SPARED.values() for name in names]
    judged = {name for name in library if JUDGED.match(name)}
    allocating = {name for name in program if name in ALLOCATORS}
    for name in sorted((judged | allocating) - set(redirected) - set(spared)):
        yield "%s is called, and the torture never makes it fail" % name
    for name in sorted(set(spared) & set(redirected)):
        yield "%s is redirected and said to need no failing" % name
    for name in sorted(set(spared) - judged):
        yield "%s is said to need no failing, and nobody calls it" % name
    for name in sorted(name for name in redirected if JUDGED.match(name) and name not in judged):
        yield "%s is redirected, and nobody calls it" % name
    for name in sorted(set(twins) - set(redirected)):
        yield "%s has a twin in fault.c, and the linker is not told of it" % name


def names_of(listing):
    """Names without their version (malloc@GLIBC_2.2.5), and without the ending of a part that the compiler set apart
    (malloc.cold: what a sanitizer does when it has found something)."""
    return {re.split("[@.]", line.split()[-1])[0] for line in listing.splitlines() if len(line.split()) >= 2}


def symbols(nm, *arguments):
    return names_of(subprocess.run([nm, *arguments], check=True, capture_output=True, text=True).stdout)


def main(arguments):
    nm, library, program, *redirected = arguments
    twins = {name[len("__wrap_") :] for name in symbols(nm, program) if name.startswith("__wrap_")}
    found = list(faults(symbols(nm, "-u", library), symbols(nm, "-u", program), redirected, twins))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
