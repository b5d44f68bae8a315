"""Adds up what a test runner reported.

usage: count_results.py meson FOLDER [LOG]   the meson-logs folder of a `meson test` run; LOG: not testlog
       count_results.py pytest FILE          what --junitxml wrote
Prints "PASSED FAILED". A program that died, timed out or ended badly after all its tests passed is one failure more;
no report, or an empty one, is a failure too.
"""

import json
import os
import sys
import xml.etree.ElementTree as xml

GOOD = ("OK", "SKIP", "EXPECTEDFAIL")


def count_cases(suite):
    passed = failed = 0
    for case in suite.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is None:
            passed += 1
    return passed, failed


def count_pytest(path):
    return count_cases(xml.parse(path).getroot())


def program_of(name):
    """Meson names a program with its project and suites where there are several, and otherwise without."""
    return name.split(".")[-1].split(" / ")[-1].split(":")[-1]


def count_meson(folder, log="testlog"):
    """The junit file knows the single tests of a program, the log in JSON how the program itself ended."""
    cases = {}
    for suite in xml.parse(os.path.join(folder, log + ".junit.xml")).getroot().iter("testsuite"):
        cases[program_of(suite.get("name"))] = count_cases(suite)
    passed = failed = 0
    with open(os.path.join(folder, log + ".json"), encoding="utf-8") as programs:
        for line in programs:
            program = json.loads(line)
            good, bad = cases.get(program_of(program["name"]), (0, 0))
            if program["result"] not in GOOD and bad == 0:
                bad = 1
            elif program["result"] == "OK" and good + bad == 0:
                good = 1
            passed += good
            failed += bad
    return passed, failed


def main(kind, path, *log):
    try:
        passed, failed = count_meson(path, *log) if kind == "meson" else count_pytest(path)
    except (OSError, ValueError, xml.ParseError) as error:
        print("count_results: no usable report: %s" % error, file=sys.stderr)
        passed, failed = 0, 1
    if passed + failed == 0:
        print("count_results: nothing ran", file=sys.stderr)
        failed = 1
    print(passed, failed)


if __name__ == "__main__":
    main(*sys.argv[1:])
