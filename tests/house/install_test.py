"""What `meson install` leaves, and where: the program, the schema, what people read, and nothing else. Arguments: the source
folder, the build folder, and meson's prefix, bindir, datadir and mandir."""
import pathlib
import subprocess
import sys
import tempfile

SOURCE, BUILD, PREFIX, BINDIR, DATADIR, MANDIR = sys.argv[1:]


def expected():
    source = pathlib.Path(SOURCE)
    docs = f"{DATADIR}/doc/liteginx"
    program = "liteginx.exe" if pathlib.Path(BUILD, "liteginx.exe").exists() else "liteginx"
    yield f"{BINDIR}/{program}"
    yield f"{DATADIR}/liteginx/liteginx.schema.json"
    for path in (source / "README.md", source / "LICENSE", *source.glob("docs/**/*")):
        if path.is_file():
            yield f"{docs}/{path.relative_to(source).as_posix()}"
    yield f"{MANDIR}/man1/liteginx.1"


def main():
    with tempfile.TemporaryDirectory(prefix="liteginx install ü ") as folder:
        command = ["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", folder]
        subprocess.run(command, check=True)
        prefix = pathlib.Path(folder, pathlib.PurePath(PREFIX).relative_to(pathlib.PurePath(PREFIX).anchor))
        found = {path.relative_to(folder).as_posix() for path in pathlib.Path(folder).rglob("*") if path.is_file()}
        wanted = {prefix.joinpath(name).relative_to(folder).as_posix() for name in expected()}
        for name in sorted(wanted - found):
            print(f"not installed: {name}")
        for name in sorted(found - wanted):
            print(f"installed, and nobody expects it: {name}")
        program = next(path for path in prefix.joinpath(BINDIR).iterdir())
        subprocess.run([program, "--version"], check=True, stdout=subprocess.DEVNULL)
        return 0 if found == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
