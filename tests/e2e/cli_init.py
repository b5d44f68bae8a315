"""`liteginx init`: a file to start from, which the program takes as it is and with every key set (BEHAVIOUR: Command line)."""
import os
import re
import subprocess

import pytest
from harness import LIMIT, run_program
from harness.proxy import environment
from harness.settings import BINARY


def set_all(text):
    """With every key that stands behind a '#'."""
    return re.sub(r"^#(?!#)", "", text, flags=re.MULTILINE)


def test_writes_where_it_is_looked_for(tmp_path):
    done = run_program("init", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "") and "./liteginx.yaml" in done.stderr
    assert os.listdir(tmp_path) == ["liteginx.yaml"]
    assert os.stat(tmp_path / "liteginx.yaml").st_mode & 0o777 & ~0o644 == 0
    done = run_program("check", cwd=tmp_path)
    assert done.returncode == 0 and "1 listener, 1 route, 1 target" in done.stdout, done.stderr


def test_never_writes_over_a_file(tmp_path):
    (tmp_path / "liteginx.yaml").write_text("mine")
    for args in ([], ["liteginx.yaml"], ["--config", "./liteginx.yaml"]):
        done = run_program("init", *args, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "") and "is there already" in done.stderr and len(done.stderr.splitlines()) == 1
    os.symlink("nowhere", tmp_path / "link.yaml")
    assert run_program("init", "link.yaml", cwd=tmp_path).returncode == 1
    assert (tmp_path / "liteginx.yaml").read_text() == "mine" and not (tmp_path / "nowhere").exists()


def test_never_writes_beside_the_short_name(tmp_path):
    (tmp_path / "liteginx.yml").write_text("mine")
    done = run_program("init", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "") and "./liteginx.yml is there already" in done.stderr
    assert os.listdir(tmp_path) == ["liteginx.yml"]


@pytest.mark.parametrize("change", [str, set_all], ids=["as it is", "all keys set"])
def test_is_good_without_a_word(tmp_path, change):
    done = run_program("init", "-", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "") and os.listdir(tmp_path) == []
    (tmp_path / "a.yaml").write_text(change(done.stdout))
    done = run_program("check", "a.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_a_name_of_its_own(tmp_path):
    assert run_program("init", "check", cwd=tmp_path).returncode == 0
    assert run_program("check", "./check", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("args, status", [(["init", "a", "b"], 2), (["init", "missing/a.yaml"], 1), (["init", "."], 1)])
def test_says_why_not(tmp_path, args, status):
    done = run_program(*args, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (status, "") and done.stderr.startswith("liteginx: ")
    assert os.listdir(tmp_path) == []


def test_standard_output_that_cannot_be_written():
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([str(BINARY), "init", "-"], env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=LIMIT)
    assert (done.returncode, done.stderr) == (1, "liteginx: the output could not be written: no space left on device\n")
