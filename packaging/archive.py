#!/usr/bin/env python3
"""Packs an archive whose bytes depend on nothing but names, contents and the time given: members in the order given, root's,
in one folder; programs may be run, all else only read.

    packaging/archive.py OUT.tar.gz|OUT.zip EPOCH FOLDER NAME=FILE…        the first NAME is the program
"""
import gzip
import io
import pathlib
import sys
import tarfile
import time
import zipfile


def members(folder, pairs):
    """(name in the archive, mode, contents or None) for folders and files."""
    seen = set()
    for place, pair in enumerate(pairs):
        name, file = pair.split("=", 1)
        whole = pathlib.PurePosixPath(folder, name)
        for parent in reversed(whole.parents[:-1]):
            if parent not in seen:
                seen.add(parent)
                yield str(parent), 0o755, None
        yield str(whole), 0o755 if place == 0 else 0o644, pathlib.Path(file).read_bytes()


def pack_tar(out, epoch, parts):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, mode, contents in parts:
            info = tarfile.TarInfo(name)
            info.mode, info.mtime, info.uname, info.gname = mode, epoch, "root", "root"
            info.type = tarfile.DIRTYPE if contents is None else tarfile.REGTYPE
            info.size = len(contents or b"")
            tar.addfile(info, io.BytesIO(contents or b""))
    out.write_bytes(gzip.compress(raw.getvalue(), 9, mtime=0))


def pack_zip(out, epoch, parts):
    when = time.gmtime(max(epoch, 315532800))[:6]  # zip knows no time before 1980
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, mode, contents in parts:
            info = zipfile.ZipInfo(name + ("/" if contents is None else ""), when)
            info.create_system = 3  # so that the modes count
            info.external_attr = (0o040000 | mode) << 16 | 0x10 if contents is None else (0o100000 | mode) << 16
            info.compress_type = zipfile.ZIP_STORED if contents is None else zipfile.ZIP_DEFLATED
            archive.writestr(info, contents or b"")


def main(out, epoch, folder, *pairs):
    out = pathlib.Path(out)
    pack = pack_zip if out.suffix == ".zip" else pack_tar
    pack(out, int(epoch), list(members(folder, pairs)))  # all is read before anything is written


if __name__ == "__main__":
    main(*sys.argv[1:])
