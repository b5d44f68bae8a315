"""The check of what the torture redirects is seen to fail: what is sound passes, each planted fault is named."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import faults_check  # noqa: E402

SPARED = [name for names in faults_check.SPARED.values() for name in names]
LIBRARY = SPARED + ["uv_write", "buf_append", "printf"]
PROGRAM = ["malloc", "uv_read_start"]
REDIRECTED = ["malloc", "strdup", "buf_append", "uv_write"]


def faults_of(library=(), program=(), redirected=(), twins=()):
    return list(
        faults_check.faults(LIBRARY + list(library), PROGRAM + list(program), REDIRECTED + list(redirected), twins)
    )


class FaultsCheck(unittest.TestCase):
    def test_sound(self):
        self.assertEqual(faults_of(twins=["uv_write"]), [])

    def test_planted(self):
        missing = "%s is called, and the torture never makes it fail"
        self.assertEqual(faults_of(library=["uv_pipe_init"]), [missing % "uv_pipe_init"])
        self.assertEqual(faults_of(library=["pthread_create"]), [missing % "pthread_create"])
        self.assertEqual(faults_of(program=["strndup"]), [missing % "strndup"])
        self.assertEqual(
            faults_of(redirected=["uv_run"]), ["uv_run is redirected and said to need no failing"]
        )
        self.assertEqual(faults_of(redirected=["uv_pipe"]), ["uv_pipe is redirected, and nobody calls it"])
        self.assertEqual(
            faults_of(twins=["uv_pipe"]), ["uv_pipe has a twin in fault.c, and the linker is not told of it"]
        )

    def test_spared_and_never_called(self):
        found = list(faults_check.faults(LIBRARY[1:], PROGRAM, REDIRECTED, []))
        self.assertEqual(found, ["%s is said to need no failing, and nobody calls it" % LIBRARY[0]])

    def test_names(self):
        listing = (
            "\nbuf.c.o:\n                 U malloc@GLIBC_2.2.5\n0000000000401000 T __wrap_free\n"
            "0000000000401200 t __wrap_free.cold\n0000000000401300 t grow.part.0\n"
        )
        self.assertEqual(faults_check.names_of(listing), {"malloc", "__wrap_free", "grow"})


if __name__ == "__main__":
    unittest.main()
