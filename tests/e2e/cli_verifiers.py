"""What others' verifiers make of what the local CA's key signs: local names are taken, and whatever else a thief signs with it is not
(BEHAVIOUR: The local CA). Browsers have tests of their own in cli_trust.py."""
import os
import shutil
import subprocess

import pytest
from harness.local_ca import Home, need

# Names of one certificate, and whether it is good.
LEAVES = [
    (["localhost", "app.test", "*.app.test", "a.b.internal", "nas.home.arpa", "127.0.0.1", "::1", "192.168.1.7", "fd00::1"], True),
    (["www.example.com"], False),
    (["app.test", "www.example.com"], False),
    (["localhost.example.com"], False),
    (["8.8.8.8"], False),
    (["2001:db8::1"], False),
]

GO = """package main
import ("crypto/x509"; "encoding/pem"; "fmt"; "os")
func load(path string) *x509.Certificate {
	text, _ := os.ReadFile(path)
	block, _ := pem.Decode(text)
	made, problem := x509.ParseCertificate(block.Bytes)
	if problem != nil { panic(problem) }
	return made
}
func main() {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(load(os.Args[1] + "/root.pem"))
	between.AddCert(load(os.Args[1] + "/intermediate.pem"))
	for _, leaf := range os.Args[2:] {
		_, problem := load(leaf).Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
		fmt.Println(problem == nil)
	}
}
"""

JAVA = """import java.io.*; import java.security.cert.*; import java.util.*;
public class Verify {
  static X509Certificate load(String path) throws Exception {
    return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(path));
  }
  public static void main(String[] words) throws Exception {
    for (int i = 1; i < words.length; i++) {
      var chain = List.of(load(words[i]), load(words[0] + "/intermediate.pem"));
      var parameters = new PKIXParameters(Set.of(new TrustAnchor(load(words[0] + "/root.pem"), null)));
      parameters.setRevocationEnabled(false);
      try {
        CertPathValidator.getInstance("PKIX").validate(CertificateFactory.getInstance("X.509").generateCertPath(chain), parameters);
        System.out.println("true");
      } catch (CertPathValidatorException refused) {
        System.out.println("false");
      }
    }
  }
}
"""


def run(command, folder, **env):
    done = subprocess.run(command, cwd=folder, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=250,
                          check=False)
    return done.returncode, done.stdout


def by_openssl(home, leaves, folder):
    verify = ["openssl", "verify", "-x509_strict", "-CAfile", str(home.ca / "root.pem"), "-untrusted", str(home.ca / "intermediate.pem")]
    return [run([*verify, leaf], folder)[0] == 0 for leaf in leaves]


def by_nss(home, leaves, folder):
    need("certutil", "vfychain")
    run(["certutil", "-N", "--empty-password", "-d", f"sql:{folder}"], folder)
    run(["certutil", "-A", "-d", f"sql:{folder}", "-n", "root", "-t", "C,,", "-i", str(home.ca / "root.pem")], folder)
    chain = ["-a", str(home.ca / "intermediate.pem")]
    return ["Chain is good" in run(["vfychain", "-d", f"sql:{folder}", "-u", "1", "-a", leaf, *chain], folder)[1] for leaf in leaves]


def by_go(home, leaves, folder):
    need("go")
    (folder / "verify.go").write_text(GO)
    status, said = run(["go", "run", "verify.go", str(home.ca), *leaves], folder)
    assert status == 0, said
    return [line == "true" for line in said.splitlines()]


def by_java(home, leaves, folder):
    need("javac" if shutil.which("javac") else "java")
    (folder / "Verify.java").write_text(JAVA)
    status, said = run(["java", "Verify.java", str(home.ca), *leaves], folder)
    if "jdk.compiler" in said:
        pytest.skip("this Java compiles nothing")
    assert status == 0, said
    return [line == "true" for line in said.splitlines()]


@pytest.mark.parametrize("verifier", [by_openssl, by_nss, by_go, by_java], ids=lambda verifier: verifier.__name__)
def test_local_names_alone(tmp_path, verifier):
    need("openssl")
    home = Home(tmp_path)
    home.make()
    folder = tmp_path / "verifier"
    folder.mkdir()
    leaves = []
    for number, (names, _) in enumerate(LEAVES):
        where = tmp_path / str(number)
        where.mkdir()
        leaves.append(home.sign(where, *names)[0])
    assert verifier(home, leaves, folder) == [good for _, good in LEAVES]
