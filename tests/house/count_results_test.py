"""What the runners report is counted as it is: each way to pass, fail and be skipped, and what is no report at all."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import count_results  # noqa: E402

PASSED = '<testcase classname="tests.e2e.a" name="one"/>'
FAILED = '<testcase classname="tests.e2e.a" name="two"><failure message="x"/></testcase>'
BROKEN = '<testcase classname="tests.e2e.a" name="three"><error message="x"/></testcase>'
SKIPPED = '<testcase classname="tests.e2e.a" name="%s"><skipped type="pytest.skip" message="no  reason&#10;at all"/></testcase>'

EXPECTED = '<testcase classname="tests.e2e.a" name="five"><skipped type="pytest.xfail" message="no wings"/></testcase>'


def said_of(*words):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        count_results.main(*words)
    return out.getvalue().splitlines()


def pytest_of(text, kind="pytest"):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "e2e.xml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return said_of(kind, path)


def suites(*cases):
    return "<testsuites><testsuite>%s</testsuite></testsuites>" % "".join(cases)


def meson_of(*programs):
    """Each: (result, stdout, how many of its tests passed, how many failed)."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "testlog.json"), "w", encoding="utf-8") as log:
            for number, (result, stdout, _, _) in enumerate(programs):
                log.write(json.dumps({"name": "liteginx:unit / p%d" % number, "result": result, "stdout": stdout}) + "\n")
        with open(os.path.join(folder, "testlog.junit.xml"), "w", encoding="utf-8") as junit:
            junit.write("<testsuites>")
            for number, (_, _, passed, failed) in enumerate(programs):
                rows = PASSED.replace("one", "1 - one") * passed + FAILED.replace("two", "2 - two") * failed
                junit.write('<testsuite name="liteginx.unit.p%d">%s</testsuite>' % (number, rows))
            junit.write("</testsuites>")
        return said_of("meson", folder)


@contextlib.contextmanager
def cannot(table):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.write(table)
        file.flush()
        os.environ["LITEGINX_CANNOT"] = file.name
        try:
            yield
        finally:
            del os.environ["LITEGINX_CANNOT"]


class PytestTest(unittest.TestCase):
    def test_each_is_counted_as_what_it_is(self):
        self.assertEqual(pytest_of(suites(PASSED, PASSED, FAILED, BROKEN)), ["2 2 0"])

    def test_skipped_is_no_failure_and_says_why(self):
        self.assertEqual(pytest_of(suites(PASSED, SKIPPED % "four")), ["1 0 1", "a four: no reason at all"])

    def test_cases_of_one_table_are_one_line(self):
        cases = [SKIPPED % ("four[%s]" % case) for case in "xyz"]
        self.assertEqual(pytest_of(suites(*cases)), ["0 0 3", "a four (3 times): no reason at all"])

    def test_no_report_and_an_empty_one_are_failures(self):
        for text in ("", "no xml", suites()):
            with self.subTest(text):
                self.assertEqual(pytest_of(text), ["0 1 0"])
        self.assertEqual(said_of("pytest", "/no/such/file"), ["0 1 0"])


class RowsTest(unittest.TestCase):
    def rows_of(self, table, *cases):
        with cannot(table):
            return pytest_of(suites(*cases), "rows")

    def test_row_holds_while_anything_of_it_fails(self):
        self.assertEqual(self.rows_of("a.py::five | x\na.py::t* | y\n", EXPECTED, FAILED, PASSED.replace("one", "ten")),
                         ["2 0 0"])

    def test_row_that_passes_is_stale(self):
        self.assertEqual(self.rows_of("a.py::five | x\na.py::one | y\n", EXPECTED, PASSED), ["1 1 0"])
        self.assertEqual(self.rows_of("a.py* | x\n", PASSED, SKIPPED % "four"), ["0 1 0"])

    def test_row_that_could_not_be_tried(self):
        self.assertEqual(self.rows_of("a.py::f* | x\n", SKIPPED % "four"),
                         ["0 0 1", "a.py::f*: nothing of it could be tried"])

    def test_row_that_fails_now_and_then_may_pass(self):
        table = "a.py::one | now and then: x\na.py::five | now and then: y\n"
        self.assertEqual(self.rows_of(table, PASSED, EXPECTED), ["2 0 0"])
        self.assertEqual(self.rows_of("a.py::f* | now and then: x\n", SKIPPED % "four"),
                         ["0 0 1", "a.py::f*: nothing of it could be tried"])

    def test_rows_of_others_are_not_counted(self):
        table = "# x\nb.py::one | never: x\nc_test.c::one | y\na.py::five | z\n"
        self.assertEqual(self.rows_of(table, EXPECTED), ["1 0 0"])

    def test_nothing_tried_and_no_table_are_failures(self):
        self.assertEqual(self.rows_of("a.py::five | x\n"), ["0 1 0"])
        self.assertEqual(pytest_of(suites(EXPECTED), "rows"), ["0 1 0"])


class MesonTest(unittest.TestCase):
    def test_tests_of_all_programs_are_added(self):
        self.assertEqual(meson_of(("OK", "", 3, 0), ("FAIL", "", 2, 1)), ["5 1 0"])

    def test_program_without_tests_of_its_own_is_one(self):
        self.assertEqual(meson_of(("OK", "", 0, 0), ("FAIL", "", 0, 0), ("TIMEOUT", "", 0, 0)), ["1 2 0"])

    def test_program_that_dies_behind_its_last_test_has_failed(self):
        self.assertEqual(meson_of(("ERROR", "", 3, 0)), ["3 1 0"])

    def test_test_that_skips_itself_has_not_passed(self):
        said = "1..2\nok 1 - test_one\n# SKIP test_two: it has no wings\nok 2 - test_two\n"
        self.assertEqual(meson_of(("OK", said, 2, 0)), ["1 0 1", "p0 test_two: it has no wings"])

    def test_whole_program_skipped(self):
        self.assertEqual(meson_of(("SKIP", "1..0 # SKIP no wings\n", 0, 0)), ["0 0 1", "p0: no wings"])
        self.assertEqual(meson_of(("SKIP", "", 0, 0)), ["0 0 1", "p0: it does not say why"])

    def test_test_that_cannot_pass_here_has_not_failed(self):
        with cannot("# why\np0_test.c::two | it has no wings\ncli_a.py::test_b | not of ours\n"):
            self.assertEqual(meson_of(("FAIL", "", 2, 1)), ["2 0 1", "p0 two: it has no wings"])
            self.assertEqual(meson_of(("FAIL", "", 2, 1), ("FAIL", "", 0, 1)), ["2 1 1", "p0 two: it has no wings"])

    def test_test_that_passes_after_all_is_a_failure(self):
        with cannot("p0_test.c::one | it has no wings\n"):
            self.assertEqual(meson_of(("OK", "", 2, 0)), ["2 1 0"])

    def test_no_report_is_a_failure(self):
        self.assertEqual(meson_of(), ["0 1 0"])
        self.assertEqual(said_of("meson", "/no/such/folder"), ["0 1 0"])


if __name__ == "__main__":
    unittest.main()
