"""The check of docs/HTTP.md is seen to fail: a sound page passes, each planted fault is named."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import matrix_check  # noqa: E402

FILES = {
    "tests/e2e/http_a.py": "def test_one(lab):\n  pass\ndef helper():\n  pass\n",
    "tests/e2e/http_attacks.py": "def test_attack(arena, name):\n  pass\n",
    "tests/unit/a_test.c": "static void it_holds(void **state) {\n}\n",
}
NAMES = ["cut: short", "cut: long"]
PAGE = "# T\n\n| a | b |\n|---|---|\n| no test here | x |\n\ntext\n\n| duty | shown by |\n|---|---|\n%s\n"
SOUND = [
    "| x | `http_a.py::test_one` |",
    "| x \\| y | `http_a.py::test_one`, `a_test.c::it_holds` |",
    "| x | `http_attacks.py::test_attack[cut: short]` |",
    "| x | `http_attacks.py::test_attack[cut: *]` |",
]
PLANTED = [
    ("| x | y |", "docs/HTTP.md:11: names no test"),
    ("| x | `http_a.py::test_one` and more |", "docs/HTTP.md:11: not a test: and more"),
    ("| | `http_a.py::test_one` |", "docs/HTTP.md:11: an empty cell"),
    ("| x | `http_b.py::test_one` |", "docs/HTTP.md:11: no file tests/e2e/http_b.py"),
    ("| x | `http_a.py::test_two` |", "docs/HTTP.md:11: no test test_two in tests/e2e/http_a.py"),
    ("| x | `http_a.py::test_on` |", "docs/HTTP.md:11: no test test_on in tests/e2e/http_a.py"),
    ("| x | `a_test.c::it_hold` |", "docs/HTTP.md:11: no test it_hold in tests/unit/a_test.c"),
    ("| x | `http_attacks.py::test_attack[cut]` |", "docs/HTTP.md:11: no attack cut"),
    ("| x | `http_attacks.py::test_attack[cat*]` |", "docs/HTTP.md:11: no attack cat*"),
    ("| x | `http_a.py::test_one[a]` |", "docs/HTTP.md:11: only http_attacks.py::test_attack takes a name in brackets"),
]


def faults_of(row):
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**FILES, "docs/HTTP.md": PAGE % row}.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return list(matrix_check.faults(root, NAMES))


class MatrixCheckTest(unittest.TestCase):
    def test_sound_rows_pass(self):
        self.assertEqual(faults_of("\n".join(SOUND)), [])

    def test_page_without_rows_fails(self):
        self.assertEqual(faults_of(""), ["docs/HTTP.md: no row found"])

    def test_planted_faults_are_named(self):
        for row, fault in PLANTED:
            with self.subTest(row):
                self.assertIn(fault, faults_of(row))


if __name__ == "__main__":
    unittest.main()
