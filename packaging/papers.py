#!/usr/bin/env python3
"""The papers of the distributed programs, made of packaging/sources.txt and of the libraries' own licence files.

    packaging/papers.py third-party TARGET FILE            the licences of what is linked into TARGET's program
    packaging/papers.py sbom VERSION EPOCH FOLDER FILE     the bill of materials of the programs in FOLDER: SPDX 2.3 as JSON
    packaging/papers.py licence TARGET…                    says under which licences they are, all together, as SPDX does
"""
import collections
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGETS = ("linux-x86_64", "linux-arm64", "macos-universal", "windows-x86_64", "windows-arm64")
FIELDS = "name version licence within folder texts sha256 origin home"
Row = collections.namedtuple("Row", FIELDS)


def read_rows(text):
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line.startswith("#"):
            words = line.split()
            if len(words) != len(Row._fields):
                raise SystemExit(f"packaging/sources.txt:{number}: {len(words)} words instead of {len(Row._fields)}: "
                                 f"{FIELDS}")
            row = Row(*words)
            rows.append(row._replace(licence=row.licence.replace("+AND+", " AND ").replace("+WITH+", " WITH ")))
    return rows


def linked(rows, target):
    """Those that are part of TARGET's program."""
    return [row for row in rows
            if row.within == "all" or any(target.startswith(beginning) for beginning in row.within.split(","))]


def version(row):
    """What a row leaves to the system is asked of it."""
    if not row.version.startswith("dpkg:"):
        return row.version
    package = row.version.split(":", 1)[1]
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def licence(rows, *targets):
    """Ours and those of all that is linked, as one expression."""
    return " AND ".join(sorted({"MIT"} | {part for target in targets for row in linked(rows, target)
                                          for part in row.licence.split(" AND ")}))


def notice(path):
    """A licence file as it is; of a source file that is under a licence of its own, the comment that it opens with."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix in (".c", ".h"):
        lines = text[text.index("/*") + 2:text.index("*/")].splitlines()
        text = "\n".join(re.sub(r"^ ?[*-] ?", "", line).rstrip() for line in lines)
    return text.strip("\n") + "\n"


def third_party(rows, target, root=ROOT):
    parts = [f"liteginx for {target} contains these, each under its own licence, which follows in full.\n"]
    texts = {}
    for row in linked(rows, target):
        parts[0] += f"\n  {row.name} {version(row)}: {row.licence}, {row.home}"
        text = "\n".join(notice(root / row.folder / name) for name in row.texts.split(","))
        texts.setdefault(text, []).append(row.name)
    for text, names in texts.items():
        line = "=" * 100
        parts.append(f"\n\n{line}\n{', '.join(names)}\n{line}\n\n{text}")
    return "".join(parts)


def programs(folder):
    """The programs in FOLDER by target."""
    for target in TARGETS:
        for name in (f"liteginx-{target}", f"liteginx-{target}.exe"):
            if (folder / name).is_file():
                yield target, folder / name


def element(name, what):
    return "SPDXRef-" + what + "-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def package(row):
    made = {
        "name": row.name,
        "SPDXID": element(f"{row.name}-{version(row)}", "Library"),
        "versionInfo": version(row),
        "downloadLocation": row.home,
        "filesAnalyzed": False,
        "licenseConcluded": row.licence,
        "licenseDeclared": row.licence,
        "copyrightText": "NOASSERTION",
    }
    kind, _, rest = row.origin.partition(":")
    if row.sha256 != "-":
        made["checksums"] = [{"algorithm": "SHA256", "checksumValue": row.sha256}]
        made["packageFileName"] = pathlib.PurePosixPath(rest.split("=")[0] or row.origin).name
    if kind == "in":
        made["sourceInfo"] = f"as it comes with {rest}"
    elif kind == "npm":
        made["sourceInfo"] = f"npm package {rest}"
    elif kind == "dpkg":
        made["sourceInfo"] = f"Debian package {rest}, as installed where this was built"
    elif rest:
        made["sourceInfo"] = f"Debian package {rest} of suite {kind}; the checksum is that of the .deb file"
    else:
        made["sourceInfo"] = f"Debian archive, {row.origin}"
    return made


def sbom(rows, release, epoch, folder, home):
    """SPDX 2.3. The checksum of a library is that of the file that its source was taken from."""
    source = {
        "name": "liteginx", "SPDXID": "SPDXRef-liteginx", "versionInfo": release, "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "licenseConcluded": "MIT", "licenseDeclared": "MIT", "copyrightText": "NOASSERTION",
    }
    packages, relations = [source], [("SPDXRef-DOCUMENT", "DESCRIBES", source["SPDXID"])]
    libraries = {}

    def library(row):
        made = package(row)
        return libraries.setdefault(made["SPDXID"], made)["SPDXID"]

    for row in rows:
        if row.within == "all":
            relations.append((source["SPDXID"], "DEPENDS_ON", library(row)))
        elif row.name == "cmocka":
            relations.append((library(row), "TEST_DEPENDENCY_OF", source["SPDXID"]))
        elif row.within == "none":
            relations.append((library(row), "BUILD_TOOL_OF", source["SPDXID"]))
    for target, file in programs(folder):
        program = element(target, "Program")
        packages.append({
            "name": f"liteginx-{target}", "SPDXID": program, "versionInfo": release, "packageFileName": file.name,
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "primaryPackagePurpose": "APPLICATION",
            "checksums": [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(file.read_bytes()).hexdigest()}],
            "licenseConcluded": licence(rows, target),
            "licenseDeclared": "MIT", "copyrightText": "NOASSERTION",
        })
        relations += [("SPDXRef-DOCUMENT", "DESCRIBES", program), (program, "GENERATED_FROM", source["SPDXID"])]
        relations += [(program, "STATIC_LINK", library(row)) for row in linked(rows, target)]
    packages += libraries.values()
    body = {
        "packages": packages,
        "relationships": [{"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
                          for one, kind, other in relations],
    }
    unique = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"liteginx-{release}",
        "documentNamespace": f"{home}/spdx/liteginx-{release}-{unique}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
                         "creators": ["Tool: liteginx-packaging-papers"]},
        **body,
    }


def main(what, *arguments):
    rows = read_rows((ROOT / "packaging" / "sources.txt").read_text())
    if what == "third-party":
        target, out = arguments
        pathlib.Path(out).write_text(third_party(rows, target), encoding="utf-8")
    elif what == "sbom":
        release, epoch, folder, out = arguments
        home = (ROOT / "packaging" / "home.txt").read_text().strip()
        made = sbom(rows, release, int(epoch), pathlib.Path(folder), home)
        pathlib.Path(out).write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    elif what == "licence" and arguments and set(arguments) <= set(TARGETS):
        print(licence(rows, *arguments))
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
