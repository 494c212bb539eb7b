"""What an operator does at the command line over a running gateway: accounts, keys, plans, models,
usage and invoices, in each format, and what he gets wrong."""
import csv
import decimal
import io
import json
import os
import subprocess
import unittest

from counted_load import Books
from road_test import ended, month_of
from stack import BINARY, TINY, Failed, Stack, wait_for


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


class Operator(unittest.TestCase):
    """One stack for all: starting one costs more than what is asked of it."""

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(keys="managed")
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        cls.stack.command("account", "create", "acme", "--timezone", "Europe/Berlin")
        cls.key = cls.stack.command("key", "create", "acme", "--label", "first").split()[-1]
        wait_for("the key is known", lambda: cls.answer_to(cls.key) == 200, 20)
        cls.stack.load_and_wait(key=cls.key)
        for _ in range(2):
            status, _, text = cls.stack.call(
                "POST", "/model/run", {"model": TINY, "prompt": "p", "params": {"max_length": 4}},
                cls.key)
            if status != 200:
                raise Failed(text)
        cls.stack.call("POST", "/model/delete", {"model": TINY}, cls.key)
        (cls.session,) = ended(cls.stack)
        cls.month = month_of(cls.session)

    @classmethod
    def answer_to(cls, key):
        return cls.stack.call("GET", "/model/list", key=key)[0]

    def command(self, *arguments, status=0):
        return self.stack.command(*arguments, status=status)

    def refused(self, *arguments, status=1, word):
        with self.assertRaises(Failed) as failed:
            self.stack.command(*arguments)
        self.assertIn(f"exit {status}", str(failed.exception))
        self.assertIn(word, str(failed.exception))

    def test_accounts_and_keys(self):
        self.refused("account", "create", "acme", word="acme")
        self.refused("account", "create", "beta", "--timezone", "Mars/Base", word="Mars/Base")
        self.refused("account", "show", "nobody", word="nobody")
        self.command("account", "create", "beta", "--currency", "USD")
        key = self.command("key", "create", "beta").split()[-1]
        wait_for("the key is known", lambda: self.answer_to(key) == 200, 20)
        (listed,) = json.loads(self.command("key", "list", "--account", "beta",
                                            "--format", "json"))
        self.assertNotIn(key, json.dumps(listed))
        self.command("key", "revoke", listed["fingerprint"])
        wait_for("the key is refused", lambda: self.answer_to(key) == 401, 20)
        self.command("account", "archive", "beta")
        names = [row["name"] for row in rows(self.command("account", "list", "--format", "csv"))]
        self.assertIn("acme", names)
        self.assertNotIn("beta", names)

    def test_plans_are_added_once_and_assigned_from_an_instant_on(self):
        path = os.path.join(self.stack.folder.path, "plan.json")
        with open(self.stack.settings["meter.plan"]) as file:
            plan = json.load(file)
        plan["plan"] = "double"
        plan["rate_per_gb_second"] = "0.0000333334"
        with open(path, "w") as file:
            json.dump(plan, file)
        self.command("plan", "add", path)
        self.command("plan", "add", path)  # the same again: nothing new
        plan["rate_per_gb_second"] = "1"
        with open(path, "w") as file:
            json.dump(plan, file)
        self.refused("plan", "add", path, word="double")
        self.refused("plan", "assign", "acme", "no-such-plan", word="no-such-plan")
        self.refused("plan", "assign", "acme", "double", "--from", "tomorrow", status=2,
                     word="tomorrow")
        self.command("plan", "assign", "acme", "double", "--from", "2100-01-01T00:00:00Z")
        self.assertIn("double", self.command("plan", "list"))
        (session,) = self.stack.sessions()
        (charge,) = self.stack.rate([session])
        usage = json.loads(self.command("usage", "--month", self.month, "--format", "json"))
        self.assertEqual(usage["total"]["amount"], charge["amount"])  # its own plan holds

    def write_plan(self, name, rate):
        path = os.path.join(self.stack.folder.path, name + ".json")
        with open(self.stack.settings["meter.plan"]) as file:
            plan = json.load(file)
        plan["plan"], plan["rate_per_gb_second"] = name, rate
        with open(path, "w") as file:
            json.dump(plan, file)
        return path

    def test_a_draft_plan_and_the_upstreams_price_are_held_against_the_month(self):
        month = ("--month", self.month, "--format")
        usage = json.loads(self.command("usage", *month, "json"))["total"]
        draft = self.write_plan("tenfold", "0.000166667")
        (diff,) = json.loads(self.command("plan", "diff", "--plan", draft, *month,
                                          "json"))["rows"]
        self.assertEqual((diff["account"], diff["old"]), ("acme", usage["amount"]))
        old, new = decimal.Decimal(diff["old"]), decimal.Decimal(diff["new"])
        self.assertEqual(new, old * 10)
        self.assertEqual(decimal.Decimal(diff["difference"]), new - old)
        self.assertNotIn("tenfold", self.command("plan", "list"))  # nothing is written
        self.refused("plan", "diff", "tenfold", "--month", self.month, word="tenfold")
        self.refused("plan", "diff", "--month", self.month, status=2, word="--plan FILE")
        self.refused("margin", "--month", self.month, word="no cost plan")
        self.command("plan", "add", self.write_plan("cheap", "0.00000666668"))
        self.refused("plan", "cost", "no-such-plan", word="no-such-plan")
        self.command("plan", "cost", "cheap")
        self.assertIn("(cost)", self.command("plan", "list"))
        (row,) = rows(self.command("margin", *month, "csv", "--by", "model"))
        self.assertEqual((row["model"], row["revenue"]), (TINY, usage["amount"]))
        cost = decimal.Decimal(row["cost"])
        self.assertEqual(cost, decimal.Decimal(usage["gb_seconds"]) *
                         decimal.Decimal("0.00000666668"))
        self.assertEqual(decimal.Decimal(row["margin"]), decimal.Decimal(row["revenue"]) - cost)
        self.assertIn(row["margin"], self.command("margin", *month, "table"))

    def test_an_amount_by_hand_is_on_the_next_invoice_and_entered_once(self):
        entry = ("--reference", "T-1", "--reason", "the outage", "--author", "Ada")
        enter = ("correction", "credit", "acme")
        self.assertIn("signed by checkpoint", self.command(*enter, "2.50", "USD", *entry))
        self.assertIn("was there", self.command(*enter, "2.50", "USD", *entry))
        self.refused(*enter, "3", "USD", *entry, word="stands for another entry")
        self.refused(*enter, "-3", "USD", *entry, status=2, word="")
        for amount, currency, word in (("1", "EUR", "pays in USD"), ("0", "USD", "zero"),
                                       ("0.001", "USD", "finer"), ("1e3", "USD", "no amount")):
            self.refused(*enter, amount, currency, *entry, word=word)
        self.refused("correction", "charge", "nobody", "1", "USD", *entry, word="nobody")
        (listed,) = rows(self.command("correction", "list", "--account", "acme",
                                      "--format", "csv"))
        self.assertEqual((listed["amount"], listed["author"], listed["invoice"]),
                         ("-2.50", "Ada", ""))
        draft = self.command("invoice", "preview", "--account", "acme", "--month", self.month)
        self.assertIn("Credit T-1: the outage", draft)
        self.assertIn(listed["hash"], draft)

    def test_a_running_gateway_signs_where_the_chains_stand_and_so_does_the_operator(self):
        books = Books.embedded(self.stack.settings["data_dir"])

        def newest():
            return int(books.ask("SELECT coalesce(max(id), 0) FROM tollgate.checkpoints")[0][0])

        before = wait_for("the first of the day", newest, 20)
        self.assertIn(f"checkpoint {before + 1}\n", self.command("checkpoint"))
        key = self.command("checkpoint", "--public-key").strip()
        self.assertEqual(newest(), before + 1, "printing the key signs nothing")
        self.assertEqual(books.ask("SELECT DISTINCT encode(public_key, 'hex') "
                                   "FROM tollgate.checkpoints"), [[key]])
        self.assertIn(f"{newest()} checkpoints", self.command("verify"))

    def test_the_catalogue_is_asked_and_an_operators_word_is_kept(self):
        self.assertIn("models", self.command("model", "sync"))
        listed = {row["model"]: row for row in rows(self.command("model", "list", "--format",
                                                                 "csv"))}
        self.assertEqual(decimal.Decimal(listed[TINY]["gb"]), decimal.Decimal(self.session["gb"]))
        self.assertIn(" 0 of them", self.command("model", "sync"))  # nothing new
        self.command("model", "set", "some/model", "--gb", "2.50")
        self.refused("model", "set", "some/model", "--gb", "1e400", word="1e400")
        self.refused("model", "set", "some/model", "--gb", "-1", word="-1")
        self.assertIn("some/model", self.command("model", "list"))

    def test_usage_says_the_same_in_every_form_and_by_every_part(self):
        for by in ("model", "account", "key", "day"):
            table = self.command("usage", "--month", self.month, "--by", by)
            listed = rows(self.command("usage", "--month", self.month, "--by", by,
                                       "--format", "csv"))
            usage = json.loads(self.command("usage", "--month", self.month, "--by", by,
                                            "--format", "json"))
            amount = usage["total"]["amount"]
            self.assertGreater(decimal.Decimal(amount), 0)
            self.assertIn(amount, table)
            self.assertEqual(usage["rows"][0]["amount"], amount, by)
            self.assertEqual(listed[0]["amount"], amount, by)
            self.assertEqual(usage["total"]["inferences"], 2)
        self.refused("usage", "--month", "2026-13", status=2, word="2026-13")
        self.refused("usage", "--month", self.month, "--account", "nobody", word="nobody")
        empty = json.loads(self.command("usage", "--month", "2001-01", "--format", "json"))
        self.assertEqual((empty["rows"], empty["total"]["amount"]), ([], "0"))

    def test_a_preview_changes_nothing_and_what_is_not_there_is_said(self):
        self.command("invoice", "preview", "--account", "acme", "--month", self.month)
        self.command("invoice", "preview", "--account", "acme", "--month", self.month)
        self.refused("invoice", "show", "TG-1999-000001", word="TG-1999-000001")
        self.refused("invoice", "close", "--month", "last", status=2, word="last")
        self.refused("session", "show", "no-such-session", word="no-such-session")
        self.refused("invoice", "export", "TG-1999-000001", "--format", "pdf", word="TG-1999")
        shown = self.command("session", "show", self.session["session"])
        self.assertIn(TINY, shown)

    def test_a_pdf_goes_to_a_pipe_or_a_file_and_not_to_a_terminal(self):
        preview = ("invoice", "preview", "--account", "acme", "--month", self.month)
        controller, terminal = os.openpty()
        done = subprocess.run(
            [BINARY, *preview, "--format", "pdf", *self.stack.arguments()], stdout=terminal,
            stderr=subprocess.PIPE, text=True, timeout=60)
        os.close(terminal)
        os.close(controller)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--out", done.stderr)
        piped = subprocess.run(
            [BINARY, *preview, "--format", "pdf", *self.stack.arguments()], capture_output=True,
            timeout=60, check=True)
        text = subprocess.run(["pdftotext", "-", "-"], input=piped.stdout, capture_output=True,
                              check=True).stdout.decode()
        self.assertIn("Draft invoice", text)
        self.assertIn(TINY, text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
