"""Real clients, unmodified, through gateway and origin: the document's curl commands and bytez.js;
curl, python-requests and Node's fetch over HTTPS, with a certificate that they verify."""
import os
import pathlib
import subprocess
import sys
import unittest

from stack import BINARY, ENGINE, ORIGIN_KEY, SOURCE, TINY, Folder, Stack, wait_for

CLIENTS = SOURCE / "tests/clients"


class ThroughTheGateway(unittest.TestCase):
    def run_client(self, *command):
        """The sessions that the client's calls became."""
        with Stack(models=CLIENTS / "models.json") as stack:
            done = subprocess.run(
                [str(word).replace("@URL@", stack.url) for word in command], text=True,
                capture_output=True, timeout=250,
                env={**os.environ, "NODE": os.path.join(ENGINE, "node")})
            self.assertEqual(done.returncode, 0,
                             done.stdout + done.stderr + stack.gateway.output())
            wait_for("the ledger has all ends", lambda: all(
                session["end_reason"] for session in stack.sessions()) and stack.sessions(), 40)
            return stack.sessions()

    def test_the_documents_curl_commands(self):
        sessions = self.run_client("python3", CLIENTS / "curl_test.py",
                                   SOURCE / "tests/data/bytez-api-v1.md", "@URL@", ORIGIN_KEY)
        self.assertEqual({session["model"] for session in sessions}, {"openai-community/gpt2"})

    def test_bytez_js(self):
        folder = pathlib.Path(BINARY).parent / "bytez_js"
        sessions = self.run_client("bash", CLIENTS / "bytez_js/test.sh", folder, "@URL@", ORIGIN_KEY)
        self.assertEqual([session["end_reason"] for session in sessions], ["deleted"])


class OverHttps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.remove)
        cls.certificate, key = cls.folder / "certificate.pem", cls.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "2", "-subj", "/CN=gateway", "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cls.certificate],
            check=True, capture_output=True, timeout=30)
        cls.stack = Stack(settings={
            "gateway.tls.certificate": cls.certificate, "gateway.tls.key": key})
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)

    def run_client(self, *command, **environment):
        done = subprocess.run([*command, self.stack.url, ORIGIN_KEY, TINY], text=True, timeout=120,
                              capture_output=True, env={**os.environ, **environment})
        self.assertEqual(done.returncode, 0,
                         done.stdout + done.stderr + self.stack.gateway.output())

    def test_requests(self):
        has_requests = [python for python in (sys.executable, "/usr/bin/python3") if subprocess.run(
            [python, "-c", "import requests"], capture_output=True, timeout=30).returncode == 0]
        if not has_requests:
            self.skipTest("python3-requests is not installed")
        self.run_client(has_requests[0], CLIENTS / "life.py", REQUESTS_CA_BUNDLE=self.certificate)

    def test_fetch(self):
        self.run_client(os.path.join(ENGINE, "node"), CLIENTS / "life.mjs",
                        NODE_EXTRA_CA_CERTS=self.certificate)

    def test_curl(self):
        def curl(*arguments):
            return subprocess.run(["curl", "-sS", "-w", "%{http_code}", *arguments], text=True,
                                  capture_output=True, timeout=30)
        url = f"{self.stack.url}/model/list"
        key = ["-H", f"Authorization: Key {ORIGIN_KEY}"]
        self.assertTrue(curl("--cacert", self.certificate, *key, url).stdout.endswith("200"))
        self.assertEqual(curl(*key, url).returncode, 60)  # it is nobody's that curl knows
        plain = curl(*key, url.replace("https:", "http:"))
        self.assertIn("takes HTTPS alone", plain.stdout)
        self.assertTrue(plain.stdout.endswith("400"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
