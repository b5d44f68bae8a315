"""What a Windows user has in front of him: names in any letters, backslashes and drives, lines that end in CR LF, places and
words of his system. Under wine, whose drive Z: is the root folder."""
import os
import re

import pytest
from harness import free_port, http, ingress, run_program


def windows_name(path):
    """Such as cmd.exe completes it."""
    return "Z:" + str(path).replace("/", "\\")


def good(name="a"):
    return ingress(http("/", 3000, listen=5000), name=name)


@pytest.mark.parametrize("name", ["ü.yaml", "€ und 日本.yaml", "a b.yaml", "(x) & y.YAML", "%PATH%.yml"])
def test_names_in_any_letters(tmp_path, name):
    (tmp_path / "Ordner ü").mkdir()
    (tmp_path / "Ordner ü" / name).write_text("name: a\nspec: 1\n", encoding="utf-8")
    for path in (tmp_path / "Ordner ü" / name, tmp_path / "Ordner ü"):
        done = run_program("check", path)
        assert done.returncode == 1 and f"/Ordner ü/{name}:2:7: error: " in done.stderr, done.stderr


def test_backslashes_and_drives(tmp_path):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "a.yaml").write_text("name: a\nspec: 1\n")
    file, folder = windows_name(tmp_path / "conf" / "a.yaml"), windows_name(tmp_path / "conf")
    for path in (file, folder, folder + "\\"):
        done = run_program("check", path)
        assert done.returncode == 1 and done.stderr.startswith(f"{file}:2:7: error: "), done.stderr
    done = run_program("check", "\\\\?\\" + file)
    assert done.stderr.startswith(f"\\\\?\\{file}:2:7: error: "), done.stderr
    done = run_program("check", "conf\\a.yaml", cwd=tmp_path)
    assert done.stderr.startswith("conf\\a.yaml:2:7: error: "), done.stderr
    done = run_program("check", "--config", "conf\\no.yaml", cwd=tmp_path)
    assert done.stderr.startswith("conf\\no.yaml: error: no such file or folder"), done.stderr


def test_a_file_that_a_configuration_names(lab, tmp_path):
    """Relative to its own, with either separator, or from a drive on."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "gone.html").write_text("gone ü", encoding="utf-8")
    for name in ("..\\pages\\gone.html", "../pages/gone.html", windows_name(tmp_path / "pages" / "gone.html")):
        proxy = lab.proxy(http("/", respond={"status": 410, "file": name}))
        assert lab.client(proxy).get("/").body.decode() == "gone ü"
        proxy.stop()


def test_lines_that_end_in_cr_lf(lab):
    text = ingress(http("/", respond={"body": "one"})).replace("\n", "\r\n")
    proxy = lab.proxy(config={"a.yaml": text})
    assert lab.client(proxy).get("/").text == "one"


def test_variables_are_utf_8(lab):
    proxy = lab.proxy(http("/", respond={"body": "${LITEGINX_TEST_WORD}"}), env={"LITEGINX_TEST_WORD": "grün €"})
    assert lab.client(proxy).get("/").body.decode() == "grün €"


def test_where_configuration_is_looked_for(tmp_path):
    done = run_program("check", cwd=tmp_path, env={"LITEGINX_CONF_DIR": windows_name(tmp_path / "none")})
    assert f"neither ./liteginx.yaml nor {windows_name(tmp_path / 'none')} is there" in done.stderr
    done = run_program("check", cwd=tmp_path)
    assert re.search(r"nor C:\\users\\.*\\AppData\\Roaming\\liteginx is there", done.stderr, re.I), done.stderr
    assert "else %LITEGINX_CONF_DIR%, else %APPDATA%\\liteginx.\n" in run_program("--help").stdout


def test_output_is_not_changed(tmp_path):
    """No CR is put in front of a line feed."""
    assert "\r" not in run_program("--help").stdout
    done = run_program("init", tmp_path / "new.yaml")
    assert done.returncode == 0, done.stderr
    assert b"\r" not in (tmp_path / "new.yaml").read_bytes()
    assert os.fsencode("new.yaml") in os.listdir(os.fsencode(tmp_path))


def test_a_port_that_another_has(lab):
    """The system would bind both in silence."""
    port = free_port()
    lab.proxy(http("/", 3000, listen=port))
    for listen in (port, f"*:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
        second = lab.proxy(http("/", 3000, listen=listen), wait=False)
        assert second.wait_exit() == 1
        assert "listens there already; stop it or change `listen:`" in second.err.text, second.err.text


def test_there_are_no_unix_sockets(tmp_path):
    (tmp_path / "a.yaml").write_text(ingress(http("/", {"unix": "./a.sock"}, listen=5000)))
    done = run_program("check", "a.yaml", cwd=tmp_path)
    assert done.returncode == 1 and "this system has no Unix sockets" in done.stderr


def test_several_workers_are_told(lab):
    proxy = lab.proxy(http("/", respond={"body": "x"}), workers=4)
    assert "workers is 4, but this system does not deal connections out to several of them: one serves" in proxy.err.text
