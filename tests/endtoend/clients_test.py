"""Real clients, unmodified, through gateway and origin: the document's curl commands and bytez.js."""
import os
import pathlib
import subprocess
import unittest

from stack import BINARY, ENGINE, ORIGIN_KEY, SOURCE, Stack, wait_for

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
