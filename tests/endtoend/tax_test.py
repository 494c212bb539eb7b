"""Invoices as a finance team takes them: a standard-rated and a reverse-charge one, through the built
binary, recomputed here with decimals of our own."""
import csv
import decimal
import io
import json
import os
import re
import sys
import unittest

from export_test import verify
from road_test import ended, month_of
from stack import SOURCE, TINY, Failed, Stack, wait_for

sys.path.append(str(SOURCE / "tests/reports"))
import en16931  # noqa: E402

ISSUER = {
    "issuer.name": "Meter & Söhne GmbH",
    "issuer.street": "Weg 1",
    "issuer.city": "Berlin",
    "issuer.postal_code": "10115",
    "issuer.country": "DE",
    "issuer.vat_id": "DE123456789",
    "issuer.electronic_address": "DE123456789",
    "issuer.electronic_scheme": "9930",
    "issuer.email": "billing@issuer.example",
    "issuer.iban": "DE89370400440532013000",
    "issuer.payment_days": "14",
    "issuer.invoice_number": "R{year}/{counter:4}",
}


def cents(value):
    return value.quantize(decimal.Decimal("0.01"), rounding=decimal.ROUND_HALF_UP)


class Taxes(unittest.TestCase):
    """One month of one stack, from wrong terms to the issued invoices: the tests go on in order."""

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(keys="managed", settings=ISSUER)
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        cls.command = cls.stack.command
        cls.put_a_price_on_it()
        cls.use_as("home", 1)
        cls.use_as("abroad", 2)
        (cls.month,) = {month_of(session) for session in cls.sessions}

    @classmethod
    def put_a_price_on_it(cls):
        path = os.path.join(cls.stack.folder.path, "dear.json")
        with open(cls.stack.settings["meter.plan"]) as file:
            plan = json.load(file)
        plan["plan"], plan["rate_per_gb_second"] = "dear", "31.4159"
        with open(path, "w") as file:
            json.dump(plan, file)
        cls.command("plan", "add", path)

    @classmethod
    def use_as(cls, account, sessions):
        cls.command("account", "create", account, "--plan", "dear")
        key = cls.command("key", "create", account).split()[-1]
        wait_for("the key is known",
                 lambda: cls.stack.call("GET", "/model/list", key=key)[0] == 200, 20)
        cls.stack.load_and_wait(key=key)
        cls.stack.call("POST", "/model/delete", {"model": TINY}, key)
        cls.sessions = ended(cls.stack, sessions)

    def refused(self, *arguments, status=1, word):
        with self.assertRaises(Failed) as failed:
            self.command(*arguments)
        self.assertIn(f"exit {status}", str(failed.exception))
        self.assertIn(word, str(failed.exception))
        return str(failed.exception)

    def test_1_terms_that_cannot_be_are_refused(self):
        set_home = ("account", "set", "home")
        for options, word in (
                (("--tax", "standard"), "above 0"),
                (("--tax", "standard", "--tax-rate", "101"), "100 percent"),
                (("--tax", "standard", "--tax-rate", "19.125"), "two decimals"),
                (("--tax", "standard", "--tax-rate", "1e1"), "no rate"),
                (("--tax", "zero", "--tax-rate", "19"), "only the standard"),
                (("--tax", "reverse_charge"), "--vat-id"),
                (("--country", "Germany"), "ISO 3166"),
                (("--email", "nobody"), "e-mail"),
                (("--electronic-address", "x", "--electronic-scheme", "EM"), "EAS")):
            self.refused(*set_home, *options, word=word)
        self.refused(*set_home, "--tax", "S", status=2, word="--tax")
        self.refused("account", "set", "nobody", "--city", "x", word="nobody")
        self.refused("invoice", "list", "--set", "issuer.invoice_number={counter:6}", status=2,
                     word="issuer.invoice_number: must hold {year}")
        self.refused("invoice", "list", "--set", "issuer.iban=DE88370400440532013000", status=2,
                     word="issuer.iban: must be an IBAN")
        (shown,) = json.loads(self.command("account", "show", "home", "--format", "json"))
        self.assertEqual((shown["tax"], shown["tax_rate"], shown["vat_id"]),
                         ("out_of_scope", "0", None))

    def test_2_an_account_whose_tax_lacks_an_id_stops_no_other_one(self):
        self.command("account", "set", "home", "--tax", "standard", "--tax-rate", "19",
                     "--name", "Home GmbH", "--street", "Platz 2", "--street", "Hof",
                     "--city", "Köln", "--postal-code", "50667", "--country", "DE",
                     "--vat-id", "DE999999999", "--electronic-address", "4012345000009",
                     "--electronic-scheme", "0088")
        self.command("account", "set", "abroad", "--tax", "reverse_charge", "--name",
                     "Abroad SARL", "--country", "FR", "--vat-id", "FR23456789012")
        self.command("account", "create", "plain")
        self.command("correction", "charge", "plain", "7.50", "USD", "--reference", "p",
                     "--reason", "set-up", "--author", "Ada")
        self.stack.settings["issuer.vat_id"] = ""
        said = self.refused("invoice", "close", "--month", self.month, "--early",
                            word="account home is not closed")
        self.stack.settings["issuer.vat_id"] = ISSUER["issuer.vat_id"]
        self.assertIn("issuer.vat_id", said)
        self.assertRegex(said, r"plain \S+ 7\.50 USD R\d{4}/0001\n")
        self.assertEqual(len(self.invoices()), 1)

    def invoices(self):
        return json.loads(self.command("invoice", "list", "--format", "json"))

    def invoice_of(self, account):
        (row,) = [row for row in self.invoices() if row["account"] == account]
        return json.loads(self.command("invoice", "export", row["number"], "--format", "json"))

    def check_sums(self, invoice, rate):
        (line,) = invoice["lines"]
        exact = decimal.Decimal(line["gb_seconds"]) * decimal.Decimal("31.4159")
        net = cents(exact)
        self.assertGreater(net, 0)
        tax = cents(net * rate / 100)
        self.assertEqual(invoice["total_exact"], line["amount"])
        self.assertEqual(decimal.Decimal(line["amount"]), exact)
        self.assertEqual((invoice["net"], invoice["tax"], invoice["total"]),
                         (str(net), str(tax), str(net + tax)))
        (row,) = invoice["taxes"]
        self.assertEqual((row["taxable"], row["tax"]), (str(net), str(tax)))
        return row

    def test_3_a_closed_month_has_both_invoices_and_they_add_up(self):
        self.command("invoice", "close", "--month", self.month, "--early")
        home, abroad = self.invoice_of("home"), self.invoice_of("abroad")
        self.assertEqual(self.check_sums(home, 19)["category"], "standard")
        row = self.check_sums(abroad, 0)
        self.assertEqual((row["category"], row["rate"]), ("reverse_charge", "0"))
        self.assertEqual(sorted(invoice["number"][5:] for invoice in self.invoices()),
                         ["/0001", "/0002", "/0003"])
        self.assertEqual(home["customer"]["street"], ["Platz 2", "Hof"])
        self.assertEqual(home["issuer"]["iban"], ISSUER["issuer.iban"])
        self.assertRegex(home["due_date"], r"^\d{4}-\d\d-\d\d$")

        text = self.command("invoice", "show", home["number"])
        self.assertIn(f"VAT 19 %: {home['tax']} on {home['net']} USD\nTotal {home['total']} USD",
                      text)
        page = self.command("invoice", "export", abroad["number"], "--format", "html")
        for part in (row["text"], "VAT DE123456789", "VAT FR23456789012", "Abroad SARL",
                     "Meter &amp; Söhne GmbH", f"Payable by {abroad['due_date']}"):
            self.assertIn(part, page)
        shown = re.findall(r'class="n payable">([0-9.]+)<', page)
        self.assertEqual(shown, [abroad["net"]] * 3)  # the line, the net and the total

    def test_4_a_program_reads_what_people_read(self):
        home, abroad = self.invoice_of("home"), self.invoice_of("abroad")
        path = os.path.join(self.stack.folder.path, "home.xml")
        self.command("invoice", "export", home["number"], "--format", "ubl", "--out", path)
        self.assertEqual(en16931.findings(path), [])
        document = en16931.Document(path)
        totals = document.root.find("cac:LegalMonetaryTotal")
        self.assertEqual((totals.text("cbc:TaxExclusiveAmount"), totals.text("cbc:PayableAmount"),
                          document.root.text("cac:TaxTotal/cbc:TaxAmount"),
                          document.root.text("cbc:DueDate"), document.root.text("cbc:ID")),
                         (home["net"], home["total"], home["tax"], home["due_date"],
                          home["number"]))
        rows = list(csv.DictReader(io.StringIO(
            self.command("invoice", "export", home["number"], "--format", "csv"))))
        self.assertEqual([row["record"] for row in rows], ["line", "tax", "total"])
        self.assertEqual((rows[0]["amount"], rows[0]["payable"], rows[1]["tax"], rows[2]["total"]),
                         (home["total_exact"], home["net"], home["tax"], home["total"]))

        said = self.refused("invoice", "export", abroad["number"], "--format", "ubl",
                            word=abroad["number"] + " cannot be a UBL document")
        self.assertIn("tollgate account set abroad --electronic-address", said)
        self.assertIn("tollgate account set abroad --electronic-scheme", said)
        self.assertIn("tollgate invoice void", said)
        self.refused("invoice", "preview", "--account", "home", "--month", self.month, "--format",
                     "ubl", word="the draft of home cannot be a UBL document: it is a draft")
        self.refused("invoice", "export", home["number"], "--format", "xml", status=2, word="ubl")

    def test_5_what_is_set_later_changes_no_issued_invoice_and_all_verifies(self):
        before = self.invoice_of("home")
        self.command("account", "set", "home", "--tax", "standard", "--tax-rate", "20",
                     "--name", "")
        self.command("correction", "credit", "home", "1.01", "USD", "--reference", "c",
                     "--reason", "goodwill", "--author", "Ada")
        self.assertEqual(self.invoice_of("home"), before)
        draft = json.loads(self.command("invoice", "preview", "--account", "home", "--month",
                                        self.month, "--format", "json"))
        self.assertEqual((draft["net"], draft["tax"], draft["total"]), ("-1.01", "-0.20", "-1.21"))
        self.assertEqual((draft["kind"], draft["customer"]["name"]), ("credit_note", "home"))
        self.assertIn("3 invoices", self.command("verify"))
        path = os.path.join(self.stack.folder.path, "home.export")
        self.command("export", "--account", "home", "--month", self.month, "--output", path)
        done = verify("--export", path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_6_what_is_taken_back_is_credited_in_full(self):
        home = next(self.command("invoice", "export", row["number"], "--format", "json")
                    for row in self.invoices() if row["account"] == "home")
        home = json.loads(home)
        note = self.command("invoice", "void", home["number"], "--reason", "wrong <customer>",
                            "--author", "Ada").split("\n")[0].split()[-1]
        path = os.path.join(self.stack.folder.path, "note.xml")
        self.command("invoice", "export", note, "--format", "ubl", "--out", path)
        self.assertEqual(en16931.findings(path), [])
        document = en16931.Document(path)
        self.assertEqual(document.kind, "CreditNote")
        self.assertEqual(
            (document.root.text("cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"),
             document.root.text("cac:LegalMonetaryTotal/cbc:PayableAmount"),
             document.root.text("cac:TaxTotal/cbc:TaxAmount"), document.root.text("cbc:Note")),
            (home["number"], home["total"], home["tax"],
             f"Takes back {home['number']}: wrong <customer>"))


if __name__ == "__main__":
    unittest.main()
