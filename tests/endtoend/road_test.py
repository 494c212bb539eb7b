"""The whole road: load, boot, runs, delete; one session, its charge, its invoice."""
import decimal
import json
import os
import signal
import subprocess
import tempfile
import unittest
import unittest.mock

from stack import ORIGIN_KEY, TINY, Failed, Stack, hanging, wait_for

PROMPT = "Once upon a time there was a"


def run(stack, **more):
    status, _, text = stack.call(
        "POST", "/model/run",
        {"model": TINY, "prompt": PROMPT, "params": {"max_length": 16}, **more})
    if status != 200:
        raise Failed(f"run: {status} {text}")
    return text


def ended(stack, count=1):
    def look():
        sessions = stack.sessions()
        done = [session for session in sessions if session["end_reason"]]
        return sessions if len(done) == count == len(sessions) else None

    try:
        return wait_for(f"{count} ended session(s) in the ledger", look, 40, 0.5)
    except Failed as failed:
        raise Failed(f"{failed}\n{stack.sessions()}\n{stack.gateway.output()}") from None


def month_of(session):
    return session["ended_at"][:7]


class Road(unittest.TestCase):
    def setUp(self):
        self.stack = Stack()
        self.addCleanup(self.stack.__exit__, None, None, None)

    def delete(self):
        status, _, text = self.stack.call("POST", "/model/delete", {"model": TINY})
        self.assertEqual(status, 200, text)

    def check_books(self, runs):
        """One session; usage and invoice say what `rate` says of it, to the last digit."""
        (session,) = ended(self.stack)
        self.assertEqual(session["model"], TINY)
        self.assertEqual(session["end_reason"], "deleted")
        (charge,) = self.stack.rate([session])
        self.assertEqual(charge["status"], "rated", self.stack.gateway.output())
        self.assertGreater(decimal.Decimal(charge["amount"]), 0)

        month = month_of(session)
        usage = json.loads(self.stack.command("usage", "--month", month, "--format", "json"))
        self.assertEqual(decimal.Decimal(usage["total"]["amount"]), sum(
            decimal.Decimal(part["amount"]) for part in charge["slices"]
            if part["period"] == month))
        self.assertEqual(usage["total"]["sessions"], 1)
        self.assertEqual(usage["total"]["inferences"], runs)

        self.stack.command("invoice", "close", "--month", month, status=1)  # it has not ended
        # The gateway makes its first one by itself, a while after its start.
        before = wait_for("the gateway's first checkpoint", self.checkpoints, 40, 0.5)
        self.stack.command("invoice", "close", "--month", month, "--early")
        self.assertEqual(self.checkpoints(), before + 1, "what was issued is signed")
        (invoice,) = json.loads(self.stack.command("invoice", "list", "--format", "json"))
        self.stack.command("invoice", "close", "--month", month, "--early")  # again: nothing new
        self.assertEqual(
            [invoice], json.loads(self.stack.command("invoice", "list", "--format", "json")))
        document = json.loads(
            self.stack.command("invoice", "export", invoice["number"], "--format", "json"))
        exact = sum(decimal.Decimal(line["amount"]) for line in document["lines"])
        self.assertEqual(exact, decimal.Decimal(usage["total"]["amount"]))
        page = self.stack.command("invoice", "export", invoice["number"], "--format", "html")
        self.assertIn(invoice["number"], page)
        self.check_pdf(invoice["number"], document)
        self.check_explanation(session, charge, runs)
        self.check_reconciliation(session, charge)

    def check_pdf(self, number, document):
        """By its reader: what the document says is on its pages, and again in the same bytes."""
        made = []
        for zone in ("UTC", "Asia/Tokyo"):
            with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
                with unittest.mock.patch.dict(os.environ, TZ=zone):
                    self.stack.command(
                        "invoice", "export", number, "--format", "pdf", "--out", file.name)
                with open(file.name, "rb") as bytes_of_it:
                    made.append(bytes_of_it.read())
        self.assertEqual(made[0], made[1])
        text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=made[0],
                              capture_output=True, check=True).stdout.decode()
        for said in (number, document["digest"], document["total"], document["total_exact"],
                     "Cost per day", *(line["amount"] for line in document["lines"])):
            self.assertIn(said, text)

    def checkpoints(self):
        return json.loads(self.stack.command("verify", "--format", "json"))["checkpoints"]

    def check_explanation(self, session, charge, runs):
        """From the facts to the last digit, and its parts sum to the whole."""
        text = self.stack.command("session", "explain", session["session"])
        for said in ("load answered 200", "delete answered 200", "The arithmetic", charge["amount"]):
            self.assertIn(said, text)
        explained = json.loads(
            self.stack.command("session", "explain", session["session"], "--format", "json"))
        self.assertEqual(explained["charge"]["amount"], charge["amount"])
        self.assertEqual(decimal.Decimal(charge["amount"]), sum(
            decimal.Decimal(part["amount"]) for part in explained["charge"]["parts"]))
        # Their arrivals: the end of a run is not waited for, and a kill may lose it.
        self.assertEqual(runs, sum(
            fact["fact"]["arrived"] for fact in explained["facts"]
            if fact["fact"]["kind"] == "runs"))
        for instant in ("loaded", "running", "ended"):
            self.assertIsNotNone(explained[instant]["fact"], text)

    def check_reconciliation(self, session, charge):
        with tempfile.TemporaryDirectory() as folder:
            bill = os.path.join(folder, "bill.json")
            line = {"model": session["model"], "start": session["running_at"],
                    "end": session["ended_at"], "seconds": charge["used_seconds"],
                    "billed_seconds": charge["billable_seconds"], "amount": charge["amount"]}
            for theirs, status in (([line], 0), ([line, line], 1),
                                   ([{**line, "billed_seconds": "3600"}], 1), ([{}], 2)):
                with open(bill, "w", encoding="utf-8") as file:
                    json.dump(theirs, file)
                self.stack.command("reconcile", bill, status=status)

    def test_a_scripted_session_is_one_session_one_charge_one_invoice(self):
        self.stack.load_and_wait()
        for _ in range(3):
            self.assertIn(PROMPT, run(self.stack))
        self.delete()
        self.check_books(3)

    def test_kill_and_a_restart_in_the_middle_change_nothing(self):
        self.stack.load_and_wait()
        run(self.stack)
        run(self.stack)
        self.stack.gateway.child.send_signal(signal.SIGKILL)
        self.stack.gateway.child.wait(10)
        self.stack.start_gateway()
        run(self.stack)
        self.delete()
        self.check_books(3)

    def test_the_database_away_during_the_runs_changes_nothing(self):
        self.stack.load_and_wait()
        run(self.stack)
        with hanging(self.stack.postmaster()):
            run(self.stack)
            run(self.stack)
        self.delete()
        self.check_books(3)

    def test_the_database_killed_during_the_runs_changes_nothing(self):
        self.stack.load_and_wait()
        run(self.stack)
        os.kill(self.stack.postmaster(), signal.SIGKILL)
        run(self.stack)
        run(self.stack)
        self.delete()
        self.check_books(3)


class Unattended(unittest.TestCase):
    def test_an_instance_left_alone_expires_and_is_billed_to_its_end(self):
        with Stack() as stack:
            stack.load_and_wait(expirationPeriodSeconds=3)
            (session,) = ended(stack)
            self.assertEqual(session["end_reason"], "expired")
            (charge,) = stack.rate([session])
            self.assertEqual(charge["billable_seconds"], "60")

    def test_an_instance_whose_engine_fails_at_boot_costs_nothing(self):
        with Stack(models=os.path.join(os.path.dirname(__file__), "failing_models.json")) as stack:
            status, _, text = stack.call("POST", "/model/load", {"model": "tests/never-boots"})
            self.assertEqual(status, 200, text)
            (session,) = ended(stack)
            self.assertEqual((session["end_reason"], session["running_at"]), ("failed", None))
            (charge,) = stack.rate([session])
            self.assertEqual((charge["status"], charge["amount"]), ("free", "0"))


class Managed(unittest.TestCase):
    def test_accounts_hold_keys_of_ours_and_pay_for_what_they_load(self):
        with Stack(keys="managed") as stack:
            status, headers, text = stack.call("GET", "/model/list", key="tg_unknown")
            self.assertEqual((status, json.loads(text)["status"]), (401, "error"))
            self.assertIn("tollgate-error", headers)
            stack.command("account", "create", "acme", "--timezone", "Europe/Berlin")
            key = stack.command("key", "create", "acme").split()[-1]
            wait_for("the key is known", lambda: stack.call(
                "GET", "/model/list", key=key)[0] == 200, 10)
            stack.load_and_wait(key=key)
            status, _, text = stack.call("POST", "/model/run", {
                "model": TINY, "prompt": PROMPT, "params": {"max_length": 8}}, key=key)
            self.assertEqual(status, 200, text)
            self.assertEqual(stack.call("POST", "/model/delete", {"model": TINY}, key)[0], 200)
            (session,) = ended(stack)
            self.assertEqual(session["account"], "acme")
            self.assertNotIn(ORIGIN_KEY, stack.gateway.output())
            self.assertNotIn(key, stack.gateway.output())

    def test_where_isolation_is_share_the_loader_pays_and_guests_are_named(self):
        with Stack(keys="managed", settings={"gateway.isolation": "share"}) as stack:
            keys = {}
            for name in ("loader", "guest"):
                stack.command("account", "create", name)
                keys[name] = stack.command("key", "create", name).split()[-1]
                wait_for("the key is known", lambda: stack.call(
                    "GET", "/model/list", key=keys[name])[0] == 200, 10)
            stack.load_and_wait(key=keys["loader"])
            for _ in range(2):
                status, _, text = stack.call("POST", "/model/run", {
                    "model": TINY, "prompt": PROMPT, "params": {"max_length": 8}}, keys["guest"])
                self.assertEqual(status, 200, text)
            self.assertEqual(
                stack.call("POST", "/model/delete", {"model": TINY}, keys["loader"])[0], 200)
            (session,) = ended(stack)
            self.assertEqual(session["account"], "loader")

            def guests():
                shown = json.loads(stack.command("session", "show", session["session"]))
                return shown["kept_warm_by"]

            (guest,) = wait_for("the guest is named", guests, 40, 0.5)
            self.assertEqual(guest["runs"], 2)
            text = stack.command("session", "explain", session["session"])
            self.assertIn("Kept warm by", text)
            self.assertRegex(text, r"guest +[0-9a-f]{8} +2 ")


if __name__ == "__main__":
    unittest.main(verbosity=2)
