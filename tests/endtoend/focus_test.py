"""A month as FOCUS 1.2 and the live burn, through the built binary: held against the rules of the
specification and against the invoices, with decimals of our own."""
import collections
import decimal
import json
import os
import pty
import re
import signal
import subprocess
import sys
import unittest

from counted_load import Books
from road_test import ended, month_of
from stack import BINARY, SOURCE, TINY, Failed, Stack, call, wait_for

sys.path.insert(0, str(SOURCE / "tests/focus"))
import focus_rules  # noqa: E402

MODEL = SOURCE.parent / "shared/standards/focus/model-1.2.json"


class Focus(unittest.TestCase):
    """One month of one stack, from open to invoiced and taken back: the tests go on in order."""

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(keys="managed", settings={"issuer.vat_id": "DE123456789"})
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        cls.command = cls.stack.command
        path = os.path.join(cls.stack.folder.path, "dear.json")
        with open(cls.stack.settings["meter.plan"]) as file:
            plan = json.load(file)
        plan["plan"], plan["rate_per_gb_second"] = "dear", "31.4159"
        with open(path, "w") as file:
            json.dump(plan, file)
        cls.command("plan", "add", path)
        cls.command("account", "create", "acme, \"Ltd\"", "--plan", "dear")
        cls.key = cls.command("key", "create", "acme, \"Ltd\"").split()[-1]
        wait_for("the key is known",
                 lambda: cls.stack.call("GET", "/model/list", key=cls.key)[0] == 200, 20)
        cls.stack.load_and_wait(key=cls.key)
        wait_for("the ledger knows that it runs",
                 lambda: any(s["running_at"] for s in cls.stack.sessions()), 30)

    def follow(self, *arguments, **options):
        return subprocess.Popen([BINARY, "usage", "--follow", "--interval", "1", *arguments,
                                 *self.stack.arguments()], stdin=subprocess.DEVNULL, **options)

    def end(self, child):
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(20), 0)

    def test_1_a_pipe_gets_a_block_each_interval_until_it_is_told_to_stop(self):
        child = self.follow(stdout=subprocess.PIPE, text=True)
        self.addCleanup(child.kill)
        blocks = []
        while len(blocks) < 2:
            block = list(iter(lambda: child.stdout.readline().rstrip("\n"), ""))
            blocks.append(block)
        self.end(child)
        child.stdout.close()
        gb = decimal.Decimal(self.stack.sessions()[0]["gb"])
        for block in blocks:
            self.assertRegex(block[0], r"^\d{4}-\d\d-\d\dT[0-9:.]+Z$")
            self.assertEqual(block[1].split(), ["ACCOUNT", "OPEN", "METERED", "BURN/HOUR", "MONTH",
                                                "TO", "DATE", "CURRENCY"])
            cells = re.split(r"  +", block[2])
            self.assertEqual(cells[:3], ["acme, \"Ltd\"", "1", "1"])
            self.assertEqual(decimal.Decimal(cells[3]), gb * decimal.Decimal("31.4159") * 3600)
            self.assertEqual(decimal.Decimal(cells[5]) % (gb * 60 * decimal.Decimal("31.4159")), 0)
        self.assertLess(blocks[0][0], blocks[1][0])

    def test_2_a_terminal_is_drawn_anew(self):
        ours, theirs = pty.openpty()
        child = self.follow(stdout=theirs)
        self.addCleanup(child.kill)
        os.close(theirs)
        seen = b""
        while seen.count(b"\x1b[H") < 2:
            seen += os.read(ours, 4096)
        self.end(child)
        os.close(ours)
        self.assertTrue(seen.startswith(b"\x1b[2J\x1b[H"))
        self.assertIn(b"acme", seen)

    def test_3_nobody_reads_any_more(self):
        child = self.follow("--account", "acme, \"Ltd\"", stdout=subprocess.PIPE)
        self.addCleanup(child.kill)
        child.stdout.readline()
        child.stdout.close()
        self.assertEqual(child.wait(20), 0)

    def export(self, *arguments):
        """Columns, invoiced rows, open rows of the month's files."""
        folder = os.path.join(self.stack.folder.path, "focus")
        said = self.command("usage", "--month", self.month, "--format", "focus", "--out",
                            folder + "/", *arguments).split()
        self.assertEqual(len(said), 3)
        invoiced, still_open, metadata = said
        self.assertEqual(sorted(os.listdir(folder)), sorted(os.path.basename(f) for f in said))
        with open(metadata) as file:
            told = json.load(file)
        columns, rows = focus_rules.read_rows(invoiced)
        self.assertEqual([c["ColumnName"] for c in told["Schema"]["ColumnDefinition"]], columns)
        self.assertEqual(told["Schema"]["FocusVersion"], "1.2")
        self.assertEqual(told["x_Export"]["InvoicedFile"], os.path.basename(invoiced))
        open_columns, open_rows = focus_rules.read_rows(still_open)
        self.assertEqual(columns, open_columns)
        if MODEL.exists():
            rules = focus_rules.load(MODEL)
            for part in (rows, open_rows):
                self.assertEqual(rules.check(columns, part), [])
        return columns, rows, open_rows

    @staticmethod
    def sums(rows):
        result = collections.defaultdict(decimal.Decimal)
        with decimal.localcontext(decimal.Context(prec=200)):
            for row in rows:
                result[row["InvoiceId"]] += decimal.Decimal(row["BilledCost"])
        return dict(result)

    def test_4_what_is_open_is_what_usage_says(self):
        self.stack.call("POST", "/model/delete", {"model": TINY}, self.key)
        (session,) = ended(self.stack)
        type(self).month = month_of(session)
        _, rows, open_rows = self.export()
        self.assertEqual(rows, [])
        (row,) = open_rows
        usage = json.loads(self.command("usage", "--month", self.month, "--format", "json"))
        self.assertEqual(row["BilledCost"], usage["total"]["amount"])
        self.assertEqual((row["ResourceId"], row["ResourceName"], row["BillingAccountName"]),
                         (session["session"], TINY, "acme, \"Ltd\""))
        self.assertEqual((row["PricingUnit"], row["PricingQuantity"]),
                         ("GiB-Seconds", usage["total"]["gb_seconds"]))

    def test_5_what_is_invoiced_sums_to_the_invoices(self):
        self.command("account", "set", "acme, \"Ltd\"", "--tax", "standard", "--tax-rate", "19")
        self.command("correction", "credit", "acme, \"Ltd\"", "0.13", "USD", "--reference", "c",
                     "--reason", "goodwill", "--author", "Ada")
        self.command("invoice", "close", "--month", self.month, "--early")
        (invoice,) = json.loads(self.command("invoice", "list", "--format", "json"))
        self.command("invoice", "void", invoice["number"], "--reason", "wrong", "--author", "Ada")
        self.command("invoice", "close", "--month", self.month, "--early")
        _, rows, open_rows = self.export()
        self.assertEqual(open_rows, [])
        self.assertEqual({row["ChargeCategory"] for row in rows},
                         {"Usage", "Adjustment", "Credit", "Tax"})
        invoices = json.loads(self.command("invoice", "list", "--format", "json"))
        self.assertEqual(len(invoices), 3)
        self.assertEqual(self.sums(rows), {i["number"]: decimal.Decimal(i["total"])
                                           for i in invoices})
        self.assertEqual(sum(self.sums(rows).values()), decimal.Decimal(invoice["total"]))

    def test_6_standard_output_has_both_parts_in_one_table(self):
        text = self.command("usage", "--month", self.month, "--format", "focus", "--account",
                            "acme, \"Ltd\"")
        path = os.path.join(self.stack.folder.path, "focus", f"focus-{self.month}.csv")
        with open(path, newline="") as file:
            whole = file.read()
        self.assertEqual(text, whole.replace("\r\n", "\n"))
        named = os.path.join(self.stack.folder.path, "mine.csv")
        said = self.command("usage", "--month", self.month, "--format", "focus", "--out", named)
        self.assertEqual([os.path.basename(path) for path in said.split()],
                         ["mine.csv", "mine.open.csv", "mine.metadata.json"])
        with open(named, newline="") as file:
            self.assertEqual(file.read(), whole)

    def test_7_wrong_use_is_said(self):
        for arguments, status, word in (
                (("--format", "focus"), 2, "--month"),
                (("--follow", "--month", self.month), 2, "--follow"),
                (("--month", self.month, "--interval", "3"), 2, "--follow"),
                (("--follow", "--interval", "0"), 2, "--interval"),
                (("--follow", "--account", "nobody"), 1, "nobody"),
                (("--month", self.month, "--format", "focus", "--account", "nobody"), 1, "nobody"),
                (("--month", self.month, "--format", "focus", "--out", "/proc/none/"), 3, "/proc")):
            with self.subTest(arguments=arguments):
                with self.assertRaises(Failed) as failed:
                    self.command("usage", *arguments)
                self.assertIn(f"exit {status}", str(failed.exception))
                self.assertIn(word, str(failed.exception))

    def test_8_usage_is_a_page_and_a_pdf_too(self):
        total = json.loads(self.command("usage", "--month", self.month, "--format",
                                        "json"))["total"]["amount"]
        page = self.command("usage", "--month", self.month, "--format", "html", "--by", "key")
        self.assertIn(f'<span class="exact">{total}</span>', page)
        self.assertIn("acme, &quot;Ltd&quot;", page)
        path = os.path.join(self.stack.folder.path, "usage.pdf")
        self.command("usage", "--month", self.month, "--format", "pdf", "--out", path)
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True,
                              check=True).stdout
        self.assertIn(f"{self.month} by model", text)
        self.assertIn(total, text.replace("\n", ""))


class Scheduled(unittest.TestCase):
    """`serve` with a session of the last month in its books."""

    def setUp(self):
        self.stack = Stack(upstream="http://127.0.0.1:9", keys="managed", start=False)
        self.addCleanup(self.stack.__exit__, None, None, None)
        self.directory = os.path.join(self.stack.folder.path, "reports")
        self.stack.settings["reports.directory"] = self.directory
        self.stack.settings["reports.formats"] = "csv,json"

    def remember_a_session(self):
        """Of the month before this one, as a meter would have left it."""
        books = Books.embedded(self.stack.settings["data_dir"])
        books.ask("UPDATE tollgate.accounts SET created_at = date_trunc('month', now()) - interval "
                  "'20 days'")
        books.ask(
            "INSERT INTO tollgate.sessions (account_id, id, upstream, model, key, gb, concurrency, "
            "expiration_seconds, discovered, loaded_at, running_at, running_evidence, ended_at, "
            "end_reason, end_evidence, estimated, runs, adjusted, plan) SELECT id, 's-1', 'u', 'm', "
            "'k', 0.5, 1, 1800, false, s, s, 'modified', s + interval '10 minutes', 'deleted', "
            "'delete_answer', false, 0, false, 'bytez-2024-06' FROM tollgate.accounts, "
            "(SELECT date_trunc('month', now()) - interval '5 days' AS s) x")
        books.ask(
            "INSERT INTO tollgate.charges (account_id, session_id, period, revision, upstream, "
            "model, plan, currency, status, estimated, seconds, used_seconds, rounding_seconds, "
            "minimum_seconds, spin_down_seconds, gb_seconds, amount) SELECT account_id, id, "
            "to_char(loaded_at AT TIME ZONE 'UTC', 'YYYY-MM'), 1, 'u', 'm', plan, 'USD', 'rated', "
            "false, 600, 600, 0, 0, 0, 300, 300 * 0.0000166667 FROM tollgate.sessions")
        books.ask("INSERT INTO tollgate.charge_batches (account_id, period) SELECT account_id, "
                  "period FROM tollgate.charges")
        books.ask("INSERT INTO tollgate.month_sums SELECT * FROM tollgate.recomputed_month_sums")

    def test_writes_the_last_month_once_also_after_a_kill(self):
        self.stack.start_gateway()
        self.stack.command("account", "create", "acme")
        self.remember_a_session()
        names = wait_for("the reports are there", lambda: self.written(), 60, 0.5)
        self.assertEqual(len(names), 2)
        (account,) = json.loads(self.stack.command("account", "list", "--format", "json"))
        with open(os.path.join(self.directory, names[0])) as file:
            self.assertIn(f",{account['id']},acme,m,1,0,0,0,600,", file.read())
        before = [os.stat(os.path.join(self.directory, name)).st_mtime_ns for name in names]
        self.stack.gateway.child.kill()
        self.stack.gateway.child.wait()
        self.stack.start_gateway()
        # It looks when it starts; what it would write is there before it is ready for long.
        wait_for("it ships", lambda: self.stack.command("gateway", "list"), 30)
        self.stack.gateway.stop()
        self.assertEqual(self.written(), names)
        self.assertEqual([os.stat(os.path.join(self.directory, n)).st_mtime_ns for n in names],
                         before)

    def written(self):
        found = sorted(os.path.relpath(os.path.join(folder, name), self.directory)
                       for folder, _, names in os.walk(self.directory) for name in names
                       if not name.endswith(".tmp"))
        return found if len(found) > 1 else None

    def test_a_bad_directory_is_said_and_stops_nothing(self):
        self.stack.settings["reports.directory"] = "/proc/none/reports"
        self.stack.start_gateway()
        wait_for("it is said", lambda: "/proc/none/reports" in self.stack.gateway.output(), 20)
        self.assertIn("cannot be written", self.stack.gateway.output())
        self.assertEqual(call(self.stack.console, "GET", "/healthz")[0], 200)
        self.stack.settings["reports.formats"] = "docx"
        with self.assertRaises(Failed) as failed:
            self.stack.command("account", "list", status=0)
        self.assertIn("reports.formats", str(failed.exception))


if __name__ == "__main__":
    unittest.main()
