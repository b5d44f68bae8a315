"""clang-tidy over all sources of a build folder, side by side; what passed unchanged is not looked at again.

usage: tidy.py BUILD     BUILD holds compile_commands.json; prints what was found, exit status 1 if anything was

A source's key is a hash over everything that can change the verdict: the chosen checks, the version of clang-tidy, the
compiler's arguments, the source and all our headers it includes, however far away. Keys that passed lie in .cache/tidy.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys

CACHE = ".cache/tidy"
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"(liteginx/[^"]+)"', re.MULTILINE)
# The build may be gcc's, whose warning options clang need not know.
ARGUMENTS = ["--quiet", "--warnings-as-errors=*", "--extra-arg=-Wno-unknown-warning-option"]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def with_headers(path, seen):
    """The path and all our headers that it includes."""
    if path in seen or not os.path.exists(path):
        return
    seen.add(path)
    for name in INCLUDE.findall(read(path)):
        with_headers("include/" + name.decode(), seen)


def key(path, command, version):
    digest = hashlib.sha256()
    files = set()
    with_headers(path, files)
    for part in [version, command.encode(), " ".join(ARGUMENTS).encode(), read(".clang-tidy")]:
        digest.update(part + b"\0")
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + read(name) + b"\0")
    return os.path.join(CACHE, digest.hexdigest())


def look(build, path, stamp):
    """What clang-tidy says of one source: '' when nothing."""
    done = subprocess.run(["clang-tidy", "-p", build, *ARGUMENTS, path], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, check=False)
    if done.returncode == 0:
        open(stamp, "w").close()
        return ""
    return done.stdout or done.stderr


def main(build):
    os.makedirs(CACHE, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE, check=True).stdout
    stamps = {}
    for entry in json.loads(read(os.path.join(build, "compile_commands.json"))):
        path = os.path.relpath(os.path.join(entry["directory"], entry["file"]))
        if path.startswith("src" + os.sep):
            stamps[path] = key(path, entry["command"], version)
    if not stamps:
        print("tidy: no source in " + build)
        return 1
    waiting = [path for path, stamp in stamps.items() if not os.path.exists(stamp)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(filter(None, pool.map(lambda path: look(build, path, stamps[path]), waiting)))
    keep = {os.path.basename(stamp) for stamp in stamps.values()}
    for name in os.listdir(CACHE):
        if name not in keep:
            os.remove(os.path.join(CACHE, name))
    print("".join(found) + "tidy: %d sources, %d looked at, %d with findings" % (len(stamps), len(waiting), len(found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
