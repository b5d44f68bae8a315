"""Does docs/HTTP.md say nothing that no test shows?

usage: matrix_check.py [ROOT]     prints one line for each fault, exit status 1 if there is any

Each row of a table whose last column is "shown by" names at least one test, as `file::test`, and each of these exists:
`name.py` is a file of tests/e2e, `name_test.c` one of tests/unit. `http_attacks.py::test_attack[NAME]` is an attack of
tests/compare/attacks.py; a NAME that ends in `*` stands for all that begin so. That the tests pass is shown by running them.
"""

import os
import re
import sys

DOCUMENT = "docs/HTTP.md"
COLUMN = "shown by"
ROW = re.compile(r"^\|(.*)\|\s*$")
TEST = re.compile(r"`([a-z0-9_]+\.(?:py|c))::([a-z0-9_]+)(?:\[([^`]*)\])?`")
ATTACKS = ("http_attacks.py", "test_attack")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def cells(line):
    """The cells of a table's row, or None. A `|` inside a cell is written as `\\|`."""
    row = ROW.match(line)
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.group(1))] if row else None


def rows(text):
    """Line number and cells of each row that has to name a test."""
    shown = False
    for number, line in enumerate(text.split("\n"), 1):
        row = cells(line)
        if row is None:
            shown = False
        elif row[-1] == COLUMN:
            shown = True
        elif shown and not all(re.fullmatch(":?-+:?", cell) for cell in row):
            yield number, row


def attack_names(root):
    """Names as attacks.py gives them at run time: some are made in loops."""
    paths = [os.path.join(root, "tests", folder) for folder in ("e2e", "compare")]
    sys.path[:0] = paths
    try:
        import attacks
        return list(attacks.ATTACKS)
    finally:
        for path in paths:
            sys.path.remove(path)


def fault_of(root, names, file, test, parameter):
    """What is wrong with one named test, or None."""
    folder = "tests/unit" if file.endswith(".c") else "tests/e2e"
    path = os.path.join(root, folder, file)
    if not os.path.exists(path):
        return "no file %s/%s" % (folder, file)
    pattern = r"^static void %s\(void" if file.endswith(".c") else r"^def %s\("
    if not re.search(pattern % test, read(path), re.MULTILINE):
        return "no test %s in %s/%s" % (test, folder, file)
    if parameter is None:
        return None
    if (file, test) != ATTACKS:
        return "only %s::%s takes a name in brackets" % ATTACKS
    if parameter.endswith("*"):
        found = any(name.startswith(parameter[:-1]) for name in names)
    else:
        found = parameter in names
    return None if found else "no attack %s" % parameter


def faults(root, names):
    count = 0
    for number, row in rows(read(os.path.join(root, DOCUMENT))):
        count += 1
        tests = TEST.findall(row[-1])
        if not tests:
            yield "%s:%d: names no test" % (DOCUMENT, number)
        if re.sub(TEST, "", row[-1]).strip(" ,"):
            yield "%s:%d: not a test: %s" % (DOCUMENT, number, re.sub(TEST, "", row[-1]).strip(" ,"))
        if not all(row):
            yield "%s:%d: an empty cell" % (DOCUMENT, number)
        for file, test, parameter in tests:
            fault = fault_of(root, names, file, test, parameter or None)
            if fault:
                yield "%s:%d: %s" % (DOCUMENT, number, fault)
    if count == 0:
        yield "%s: no row found" % DOCUMENT


def main(arguments):
    root = arguments[0] if arguments else "."
    sys.dont_write_bytecode = True
    found = list(faults(root, attack_names(root)))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
