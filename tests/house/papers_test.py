"""The papers of the distribution: the rows are whole, each program is given what is linked into it and nothing else, and the
bill of materials says so in SPDX 2.3."""

import pathlib
import re
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging"))
sys.dont_write_bytecode = True
import archive  # noqa: E402
import papers  # noqa: E402

HASH = "0" * 63 + "1"
LINES = f"""# a comment

one 1.0 MIT+AND+ISC all one LICENSE,MORE {HASH} pool/main/o/one/one_1.0.orig.tar.gz https://one.example
two 2.0 ISC linux two COPYING {HASH} next:two=2.0-1 https://two.example
three 3.0 MIT macos,windows-arm64 two COPYING - in:tool https://three.example
cmocka 4.0 Apache-2.0 none four COPYING {HASH} pool/main/c/cmocka.tar.xz https://four.example
tool 5.0 MIT none tool LICENSE {HASH} npm:tool@5.0 https://tool.example
"""


class Rows(unittest.TestCase):
    def test_comments_and_empty_lines_are_none(self):
        self.assertEqual([row.name for row in papers.read_rows(LINES)], ["one", "two", "three", "cmocka", "tool"])

    def test_licences_get_their_spaces_back(self):
        self.assertEqual(papers.read_rows(LINES)[0].licence, "MIT AND ISC")

    def test_a_short_row_is_named(self):
        with self.assertRaisesRegex(SystemExit, "sources.txt:1: 2 words"):
            papers.read_rows("one 1.0")

    def test_what_is_linked_where(self):
        rows = papers.read_rows(LINES)
        self.assertEqual([row.name for row in papers.linked(rows, "linux-arm64")], ["one", "two"])
        self.assertEqual([row.name for row in papers.linked(rows, "windows-arm64")], ["one", "three"])
        self.assertEqual([row.name for row in papers.linked(rows, "windows-x86_64")], ["one"])

    def test_the_real_ones(self):
        rows = papers.read_rows((ROOT / "packaging" / "sources.txt").read_text())
        for row in rows:
            self.assertRegex(row.sha256, r"^([0-9a-f]{64}|-)$", row.name)
            self.assertRegex(row.home, r"^https://", row.name)
        for target in papers.TARGETS:
            names = [row.name for row in papers.linked(rows, target)]
            self.assertEqual(len(names), len(set(names)), target)
            self.assertEqual(names[:4], ["libuv", "libyaml", "libcyaml", "llhttp"])
            self.assertGreater(len(names), 4, "and the compiler's own")

    def test_the_wraps_name_the_same_folders(self):
        rows = papers.read_rows((ROOT / "packaging" / "sources.txt").read_text())
        folders = {row.folder for row in rows if row.folder.startswith("subprojects/")}
        named = {f"subprojects/{match.group(1)}" for wrap in (ROOT / "subprojects").glob("*.wrap")
                 if (match := re.search(r"^directory = (\S+)$", wrap.read_text(), re.M))}
        self.assertEqual(folders, named)


class ThirdParty(unittest.TestCase):
    def test_each_text_once_with_all_that_have_it(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {"one/LICENSE": "first\n", "one/MORE": "second\n", "two/COPYING": "third\n"}.items():
                (root / name).parent.mkdir(exist_ok=True)
                (root / name).write_text(text)
            made = papers.third_party(papers.read_rows(LINES), "linux-x86_64", root)
            self.assertIn("one 1.0: MIT AND ISC, https://one.example", made)
            self.assertEqual([made.count(text) for text in ("first", "second", "third", "three")], [1, 1, 1, 0])
            (root / "one/MORE").unlink()
            with self.assertRaises(FileNotFoundError):
                papers.third_party(papers.read_rows(LINES), "linux-x86_64", root)


    def test_of_a_source_file_its_first_comment(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "tree.h")
            path.write_text("/*-\n * Copyright somebody\n *\n * ``AS IS'' * it is\n */\n\n#define X /* no licence */\n")
            self.assertEqual(papers.notice(path), "Copyright somebody\n\n``AS IS'' * it is\n")

    def test_gcc_brings_the_licence_that_its_exception_is_from(self):
        rows = papers.linked(papers.read_rows((ROOT / "packaging" / "sources.txt").read_text()), "windows-x86_64")
        texts = [row.texts.split(",") for row in rows if row.licence.startswith("GPL-3.0")]
        self.assertEqual([files[-1] for files in texts], ["/usr/share/common-licenses/GPL-3"])


class Licences(unittest.TestCase):
    def test_each_once_and_ours(self):
        rows = papers.read_rows(LINES)
        self.assertEqual(papers.licence(rows, "windows-arm64"), "ISC AND MIT")
        real = papers.read_rows((ROOT / "packaging" / "sources.txt").read_text())
        self.assertEqual(papers.licence(real, "linux-arm64", "macos-universal"), "BSD-2-Clause AND ISC AND MIT")
        self.assertIn("GPL-3.0-or-later WITH GCC-exception-3.1", papers.licence(real, "windows-x86_64", "windows-arm64"))


class BillOfMaterials(unittest.TestCase):
    def setUp(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("liteginx-linux-x86_64", "liteginx-windows-arm64.exe"):
                (pathlib.Path(folder) / name).write_text("x")
            self.made = papers.sbom(papers.read_rows(LINES), "9.9", 0, pathlib.Path(folder), "https://home.example")
        self.relations = {(relation["spdxElementId"], relation["relationshipType"], relation["relatedSpdxElement"])
                          for relation in self.made["relationships"]}

    def test_head(self):
        self.assertEqual((self.made["spdxVersion"], self.made["dataLicense"], self.made["SPDXID"]),
                         ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertRegex(self.made["documentNamespace"], r"^https://home\.example/spdx/liteginx-9\.9-[0-9a-f]{32}$")
        self.assertEqual(self.made["creationInfo"]["created"], "1970-01-01T00:00:00Z")

    def test_identifiers_are_legal_and_known(self):
        names = [package["SPDXID"] for package in self.made["packages"]]
        self.assertEqual(len(names), len(set(names)))
        for name in names:
            self.assertRegex(name, r"^SPDXRef-[A-Za-z0-9.-]+$")
        for one, _, other in self.relations:
            self.assertIn(one, names + ["SPDXRef-DOCUMENT"])
            self.assertIn(other, names)

    def test_each_program_names_what_is_in_it(self):
        linked = {(one, other) for one, kind, other in self.relations if kind == "STATIC_LINK"}
        self.assertEqual(linked, {
            ("SPDXRef-Program-linux-x86-64", "SPDXRef-Library-one-1.0"),
            ("SPDXRef-Program-linux-x86-64", "SPDXRef-Library-two-2.0"),
            ("SPDXRef-Program-windows-arm64", "SPDXRef-Library-one-1.0"),
            ("SPDXRef-Program-windows-arm64", "SPDXRef-Library-three-3.0"),
        })
        self.assertIn(("SPDXRef-liteginx", "DEPENDS_ON", "SPDXRef-Library-one-1.0"), self.relations)
        self.assertIn(("SPDXRef-Library-cmocka-4.0", "TEST_DEPENDENCY_OF", "SPDXRef-liteginx"), self.relations)
        self.assertIn(("SPDXRef-Library-tool-5.0", "BUILD_TOOL_OF", "SPDXRef-liteginx"), self.relations)

    def test_packages_have_what_the_format_asks_for(self):
        for package in self.made["packages"]:
            self.assertLessEqual({"name", "SPDXID", "downloadLocation"}, set(package))
            for checksum in package.get("checksums", []):
                self.assertRegex(checksum["checksumValue"], "^[0-9a-f]{64}$")


class Archive(unittest.TestCase):
    def test_bytes_depend_on_names_contents_and_time_alone(self):
        for kind in ("tar.gz", "zip"):
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                made = []
                for place, mode in (("a", 0o600), ("b", 0o755)):
                    (folder / place).mkdir()
                    (folder / place / "program").write_text("x")
                    (folder / place / "program").chmod(mode)
                    out = folder / place / f"out.{kind}"
                    archive.main(out, "1000000000", "top-1", f"program={folder / place / 'program'}",
                                 f"share/more={folder / place / 'program'}")
                    made.append(out.read_bytes())
                self.assertEqual(made[0], made[1], kind)


if __name__ == "__main__":
    unittest.main()
