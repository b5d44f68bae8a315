"""Adds up what a test runner reported.

usage: count_results.py meson FOLDER [LOG]   the meson-logs folder of a `meson test` run; LOG: not testlog
       count_results.py pytest FILE          what --junitxml wrote
       count_results.py rows FILE            the same of a run with $LITEGINX_STALE: counts rows of the table
Prints "PASSED FAILED SKIPPED", then a line "NAME: REASON" for each that was skipped; alike ones, as a table of cases makes
them, are one line with their number. A program that died, timed out or ended badly after all its tests passed is one
failure more; no report, or an empty one, is a failure too.

Of unit tests the table that $LITEGINX_CANNOT names (see tests/e2e/harness/stand_in.py) has lines "PROGRAM_test.c::TEST |
REASON", for what cannot pass there. Such a test runs, and counts as skipped where it fails; that it passes, or is not there,
is a failure: the line is to go.

Of end-to-end tests a run with $LITEGINX_STALE tries what the table's other rows name. A row has passed where one of its tests
has failed, as it says, has failed where all of them pass, and is skipped where all are. One whose reason begins with "now and
then: " has passed where one of its tests has run.
"""

import json
import os
import re
import sys
import xml.etree.ElementTree as xml

AT_TIMES = "now and then: "
GOOD = ("OK", "SKIP", "EXPECTEDFAIL")
# What unit_skip writes (tests/unit/unit.h): its test has passed for cmocka, and so for meson.
SKIPPED = re.compile(r"^# SKIP ([^:\s]+): (.+)$", re.M)
# How meson names a test of a program.
CASE = re.compile(r"^\d+ - (.+)$")
UNIT_ROW = re.compile(r"^(\w+)_test\.c::(\w+) \| (.+)$", re.M)
# How TAP says that a whole program is left out.
PLAN = re.compile(r"^1\.\.0 # SKIP (.+)$", re.M)


def count_cases(suite):
    passed, failed, skipped = 0, 0, []
    for case in suite.iter("testcase"):
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif skip is None:
            passed += 1
        else:
            name = case.get("classname", "").split(".")[-1] + " " + case.get("name", "")
            skipped.append((name.split("[")[0].strip(), skip.get("message") or "it does not say why"))
    return passed, failed, skipped


def count_pytest(path):
    return count_cases(xml.parse(path).getroot())


def count_rows(path):
    """Rows of which nothing was run are left to the run that does."""
    cases = {}
    for case in xml.parse(path).getroot().iter("testcase"):
        test = "%s.py::%s" % (case.get("classname", "").split(".")[-1], case.get("name", ""))
        cases[test] = verdict(case)
    passed, failed, skipped = 0, 0, []
    for pattern, reason in read_rows():
        verdicts = {cases[test] for test in cases if fits(pattern, test)}
        if "failed" in verdicts or ("passed" in verdicts and reason.startswith(AT_TIMES)):
            passed += 1
        elif "passed" in verdicts:
            failed += 1
            print("count_results: %s passes here: its row in the table is to go (%s)" % (pattern, reason), file=sys.stderr)
        elif verdicts:
            skipped.append((pattern, "nothing of it could be tried"))
    return passed, failed, skipped


def verdict(case):
    skip = case.find("skipped")
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if skip is None:
        return "passed"
    return "failed" if skip.get("type") == "pytest.xfail" else "skipped"


def fits(pattern, test):
    return test.startswith(pattern[:-1]) if pattern.endswith("*") else test == pattern


def read_rows():
    """(pattern, reason) of what is no unit test."""
    path = os.environ.get("LITEGINX_CANNOT")
    if not path:
        raise ValueError("LITEGINX_CANNOT names no table")
    with open(path, encoding="utf-8") as lines:
        rows = [line.strip() for line in lines]
    return [tuple(row.split(" | ", 1)) for row in rows if row and not row.startswith("#") and "_test.c::" not in row]


def program_of(name):
    """Meson names a program with its project and suites where there are several, and otherwise without."""
    return name.split(".")[-1].split(" / ")[-1].split(":")[-1]


def count_program(program, good, bad):
    """One line of meson's log, and how many of the program's tests the junit file knows as passed and failed."""
    name, said = program_of(program["name"]), program.get("stdout", "")
    skipped = [(name + " " + test, why) for test, why in SKIPPED.findall(said)]
    plan = PLAN.search(said)
    if plan:
        return 0, bad, [(name, plan[1])]
    if program["result"] not in GOOD and bad == 0:
        bad = 1
    elif program["result"] == "OK" and good + bad == 0:
        good = 1
    elif program["result"] == "SKIP" and not skipped:
        skipped.append((name, "it does not say why"))
    return max(0, good - len(SKIPPED.findall(said))), bad, skipped


def read_cannot():
    """(program, test) → why it cannot pass."""
    path = os.environ.get("LITEGINX_CANNOT")
    if not path:
        return {}
    with open(path, encoding="utf-8") as lines:
        return {(program, test): why for program, test, why in UNIT_ROW.findall(lines.read())}


def failed_cases(program, suite):
    for case in suite.iter("testcase"):
        name = CASE.match(case.get("name", ""))
        if name and case.find("failure") is not None:
            yield program, name[1]


def count_meson(folder, log="testlog"):
    """The junit file knows the single tests of a program, the log in JSON how the program itself ended and what it said."""
    cases, failing = {}, set()
    for suite in xml.parse(os.path.join(folder, log + ".junit.xml")).getroot().iter("testsuite"):
        program = program_of(suite.get("name"))
        cases[program] = count_cases(suite)[:2]
        failing.update(failed_cases(program, suite))
    passed, failed, skipped = 0, 0, []
    cannot = read_cannot()
    for name, why in cannot.items():
        if name in failing:
            failed -= 1
            skipped.append((" ".join(name), why))
        else:
            failed += 1
            print("count_results: %s %s does not fail here: its line in the table is to go" % name, file=sys.stderr)
    with open(os.path.join(folder, log + ".json"), encoding="utf-8") as programs:
        for line in programs:
            program = json.loads(line)
            good, bad, left_out = count_program(program, *cases.get(program_of(program["name"]), (0, 0)))
            passed += good
            failed += bad
            skipped += left_out
    return passed, failed, skipped


def reasons(skipped):
    """Each name and reason once, in order."""
    for name, why in dict.fromkeys(skipped):
        count = skipped.count((name, why))
        yield "%s%s: %s" % (name, " (%d times)" % count if count > 1 else "", " ".join(why.split()))


def main(kind, path, *log):
    try:
        count = {"meson": count_meson, "pytest": count_pytest, "rows": count_rows}[kind]
        passed, failed, skipped = count(path, *log)
    except (OSError, ValueError, xml.ParseError) as error:
        print("count_results: no usable report: %s" % error, file=sys.stderr)
        passed, failed, skipped = 0, 1, []
    if passed + failed + len(skipped) == 0:
        print("count_results: nothing ran", file=sys.stderr)
        failed = 1
    print(passed, failed, len(skipped))
    for line in reasons(skipped):
        print(line)


if __name__ == "__main__":
    main(*sys.argv[1:])
