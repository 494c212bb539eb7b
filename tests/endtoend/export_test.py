"""A customer's own check of a month: exported over a running gateway, verified where there is no ledger."""
import json
import os
import stat
import subprocess
import tempfile
import unittest

from road_test import ended, month_of
from stack import BINARY, TINY, Failed, Stack, wait_for


def verify(*arguments):
    """Far from every data directory and configuration."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("TOLLGATE_")}
    with tempfile.TemporaryDirectory() as elsewhere:
        return subprocess.run([BINARY, "verify", *arguments], text=True, capture_output=True,
                              timeout=60, stdin=subprocess.DEVNULL, cwd=elsewhere, env=environment)


class Exporting(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(keys="managed")
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        cls.stack.command("account", "create", "acme", "--timezone", "Europe/Berlin")
        key = cls.stack.command("key", "create", "acme").split()[-1]
        wait_for("the key is known",
                 lambda: cls.stack.call("GET", "/model/list", key=key)[0] == 200, 20)
        cls.stack.load_and_wait(key=key)
        run = {"model": TINY, "prompt": "p", "params": {"max_length": 4}}
        status, _, text = cls.stack.call("POST", "/model/run", run, key)
        if status != 200:
            raise Failed(text)
        cls.stack.call("POST", "/model/delete", {"model": TINY}, key)
        (cls.session,) = ended(cls.stack)
        cls.month = month_of(cls.session)
        cls.stack.command("invoice", "close", "--month", cls.month, "--early")
        cls.path = os.path.join(cls.stack.folder.path, "export.jsonl")
        cls.export("--with-checkpoint", "--output", cls.path)
        cls.key = cls.stack.command("checkpoint", "--public-key").strip()

    @classmethod
    def export(cls, *arguments, status=0):
        return cls.stack.command("export", "--account", "acme", "--month", cls.month, *arguments,
                                 status=status)

    def lines(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read().splitlines(keepends=True)

    def altered(self, lines):
        path = os.path.join(self.stack.folder.path, "altered.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(lines)
        return path

    def test_the_customer_checks_it_with_the_operators_key(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        done = verify("--export", self.path, "--public-key", self.key)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("all agree", done.stdout)
        self.assertIn(f"signed by {self.key}, a key that you named", done.stdout)
        invoice = json.loads(self.stack.command("invoice", "list", "--format", "json"))[0]
        self.assertIn(f"invoice {invoice['number']}: ", done.stdout)
        found = json.loads(verify("--export", self.path, "--format", "json").stdout)
        self.assertTrue(found["agrees"] and found["as_signed"])
        self.assertFalse(found["public_key_compared"])
        self.assertEqual((found["sessions"], found["invoices"], found["checkpoints"]), (1, 1, 1))
        usage = json.loads(self.stack.command("usage", "--month", self.month, "--format", "json"))
        self.assertEqual(found["amounts"], {"USD": usage["total"]["amount"]})
        plain = verify("--export", self.path, "--format", "table")
        self.assertIn("compared with nothing", plain.stdout)

    def test_it_goes_to_standard_output_with_or_without_a_checkpoint(self):
        self.assertIn('{"checkpoint":', self.export("--with-checkpoint"))
        text = self.export()
        self.assertNotIn('{"checkpoint":', text)  # it names other accounts
        path = self.altered([text])
        self.assertEqual(verify("--export", path, "--public-key", self.key).returncode, 0)

    def test_whoever_changes_it_is_found_out(self):
        lines = self.lines()
        place = next(i for i, line in enumerate(lines) if line.startswith('{"session":'))
        other = lines[:place] + [lines[place].replace('"end_reason":"deleted"',
                                                      '"end_reason":"expired"')] + lines[place + 1:]
        self.assertNotEqual(other, lines)
        done = verify("--export", self.altered(other), "--public-key", self.key)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(f"DIFFERENT: session {self.session['session']} of account ", done.stdout)
        self.assertIn("not as its signer left it", done.stdout)
        done = verify("--export", self.path, "--public-key", "ab" * 32)
        self.assertEqual(done.returncode, 1)
        self.assertIn("public key", done.stdout)
        found = json.loads(verify("--export", self.altered(other), "--format", "json").stdout)
        self.assertFalse(found["agrees"] or found["as_signed"])
        self.assertEqual(found["difference"]["what"], "end_reason")

    def test_a_time_zone_that_is_not_known_here_is_said_and_shows_no_control_characters(self):
        lines = self.lines()
        lines[0] = lines[0].replace("Europe/Berlin", "No/\\u001b[2JWhere")
        done = verify("--export", self.altered(lines), "--public-key", self.key)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("there is no time zone No/?[2JWhere on this machine", done.stderr)

    def test_cut_at_any_line_it_is_refused_and_without_one_it_does_not_agree(self):
        lines = self.lines()
        for place in range(len(lines)):
            done = verify("--export", self.altered(lines[:place]), "--public-key", self.key)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn(f"line {place + 1}: the file ends before its last line", done.stderr)
            done = verify("--export", self.altered(lines[:place] + lines[place + 1:]),
                          "--public-key", self.key)
            self.assertIn(done.returncode, (1, 2), lines[place])

    def test_what_is_asked_wrongly_is_said(self):
        for arguments, status, word in (
                (("--account", "nobody", "--month", self.month), 1, "nobody"),
                (("--account", "acme", "--month", "2026-13"), 2, "2026-13"),
                (("--account", "acme"), 2, "--month"),
                (("--month", self.month), 2, "--account")):
            with self.assertRaises(Failed) as failed:
                self.stack.command("export", *arguments)
            self.assertIn(f"exit {status}", str(failed.exception))
            self.assertIn(word, str(failed.exception))
        with self.assertRaises(Failed) as failed:
            self.export("--output", "/nonexistent/export.jsonl")
        self.assertIn("/nonexistent", str(failed.exception))
        empty = self.stack.command("export", "--account", "acme", "--month", "2001-01")
        self.assertEqual(verify("--export", self.altered([empty])).returncode, 0)


class NotAnExport(unittest.TestCase):
    def refused(self, *arguments, word):
        done = verify(*arguments)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn(word, done.stdout + done.stderr)

    def test_wrong_flags(self):
        for other in (("--month", "2026-10"), ("--config", "/x"), ("--set", "data_dir=/x")):
            self.refused("--export", "/x", *other, word="--export")
        self.refused("--export", word="--export")
        self.refused("--export", "/x", "--public-key", "AB", word="64 lower-case hex digits")
        self.refused("--export", "/x", "--format", "csv", word="csv")

    def test_wrong_files(self):
        self.refused("--export", "/nonexistent/export", word="/nonexistent/export")
        self.refused("--export", "/", word="/")
        self.refused("--export", "/dev/zero", word="/dev/zero")
        with tempfile.NamedTemporaryFile() as file:
            self.refused("--export", file.name, word="line 1: the file ends before its last line")
            for text in (b"hello\n", b"\xff\n", b"{}\n", b'{"tollgate_export":2}\n', b"[" * 99999 + b"\n"):
                file.seek(0)
                file.truncate()
                file.write(text)
                file.flush()
                self.refused("--export", file.name, word=f"{file.name}: line 1: ")


if __name__ == "__main__":
    unittest.main(verbosity=2)
