"""The rule runner finds what is wrong, and nothing where all is right."""
import decimal
import os
import pathlib
import unittest

from focus_rules import DECLARED, DEFECTS, ERRORS, Rules, UNIT, load, read_rows

SOURCE = pathlib.Path(os.environ.get("TOLLGATE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
MODEL = SOURCE.parent / "shared/standards/focus/model-1.2.json"
SAMPLE = SOURCE / "tests/data/focus/invoice.csv"


class TheSample(unittest.TestCase):
    """An export as tests/reports holds it to the byte."""

    def setUp(self):
        self.columns, self.rows = read_rows(SAMPLE)

    def test_sums_to_its_invoice(self):
        with decimal.localcontext(decimal.Context(prec=200)):
            self.assertEqual(sum(decimal.Decimal(row["BilledCost"]) for row in self.rows),
                             decimal.Decimal("2.23"))

    def test_has_all_categories_and_a_correction(self):
        self.assertEqual({row["ChargeCategory"] for row in self.rows},
                         {"Usage", "Tax", "Credit", "Adjustment"})
        self.assertIn("Correction", {row["ChargeClass"] for row in self.rows})

    def test_lines_end_as_rfc_4180_wants(self):
        text = SAMPLE.read_bytes()
        self.assertEqual(text.count(b"\r\n"), len(self.rows) + 1)
        self.assertEqual(text.count(b"\n"), len(self.rows) + 1)


@unittest.skipUnless(MODEL.exists(), "the rules of FOCUS 1.2 are not there")
class TheRules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rules = load(MODEL)

    def setUp(self):
        self.columns, self.rows = read_rows(SAMPLE)

    def found(self):
        return {finding.rule: finding for finding in self.rules.check(self.columns, self.rows)}

    def one_of(self, category):
        """A row whose plan others have too, where there are several."""
        return [row for row in self.rows if row["ChargeCategory"] == category][:2][-1]

    def test_find_nothing_in_the_sample(self):
        self.assertEqual(self.found(), {})
        self.assertGreater(len(self.rules.asked), 200)

    def test_find_what_is_planted(self):
        for category, column, value, rule in (
                ("Usage", "BilledCost", None, "BilledCost-C-003-M"),
                ("Usage", "BilledCost", "1,5", "BilledCost-C-002-M"),
                ("Usage", "BillingAccountId", None, "BillingAccountId-C-001-M"),
                ("Usage", "BillingCurrency", "usd", "BillingCurrency-C-006-M"),
                ("Usage", "BillingPeriodStart", "2026-10-01", "BillingPeriodStart-C-002-M"),
                ("Usage", "ChargePeriodEnd", "2026-10-01T00:00:00.5Z", "ChargePeriodEnd-C-002-M"),
                ("Usage", "ChargeCategory", "Use", "ChargeCategory-C-003-M"),
                ("Usage", "ChargeClass", "Fix", "ChargeClass-C-005-C"),
                ("Usage", "ChargeFrequency", "Often", "ChargeFrequency-C-003-M"),
                ("Tax", "ConsumedQuantity", "1", "ConsumedQuantity-C-004-C"),
                ("Tax", "PricingQuantity", "1", "PricingQuantity-C-004-C"),
                ("Tax", "SkuId", "x", "SkuId-C-004-C"),
                ("Tax", "ListUnitPrice", "1", "ListUnitPrice-C-004-C"),
                ("Tax", "ContractedUnitPrice", "1", "ContractedUnitPrice-C-005-C"),
                ("Usage", "ConsumedUnit", None, "ConsumedUnit-C-006-C"),
                ("Usage", "PricingUnit", None, "PricingUnit-C-006-C"),
                ("Usage", "PricingCategory", None, "PricingCategory-C-004-C"),
                ("Usage", "ListUnitPrice", "-1", "ListUnitPrice-C-008-M"),
                ("Usage", "ListCost", "1", "ListUnitPrice-C-010-C"),
                ("Usage", "ContractedCost", "1", "ContractedUnitPrice-C-011-C"),
                ("Usage", "SkuId", "another", "SkuPriceId-C-008-M"),
                ("Usage", "ServiceCategory", "Compute", "ServiceName-C-005-C"),
                ("Usage", "ServiceSubcategory", "Inference", "ServiceSubcategory-C-003-M"),
                ("Usage", "InvoiceId", None, "InvoiceId-C-003-C"),
                ("Usage", "Tags", '{"a": [1]}', "Tags-C-001-M"),
                ("Usage", "ProviderName", None, "ProviderName-C-003-M"),
                ("Usage", "ResourceId", None, "ResourceType-C-004-C")):
            with self.subTest(column=column, value=value):
                self.columns, self.rows = read_rows(SAMPLE)
                self.one_of(category)[column] = value
                self.assertIn(rule, self.found())

    def test_find_a_column_that_is_missing(self):
        for column in list(self.columns):
            if column.startswith("x_") or column == "PricingCategory":  # of several, if there were
                continue
            with self.subTest(column=column):
                left = [name for name in self.columns if name != column]
                found = self.rules.check(left, self.rows)
                self.assertTrue([f for f in found if f.text.startswith(column)], column)

    def test_say_the_row(self):
        self.rows[2]["EffectiveCost"] = None
        self.assertEqual(self.found()["EffectiveCost-C-003-M"].row, 3)

    def test_are_all_there_that_are_left_out(self):
        for rule in DEFECTS:
            self.assertIn(rule, self.rules.rules)

    def test_of_the_defects_would_find_fault_with_what_is_right(self):
        strict = Rules({"ModelRules": self.rules.rules,
                        "ModelDatasets": {"CostAndUsage": {"ModelRules": self.rules.start}}},
                       DECLARED, frozenset())
        self.assertEqual({finding.rule for finding in strict.check(self.columns, self.rows)
                          if finding.keyword in ERRORS} - set(DEFECTS), set())


class Units(unittest.TestCase):
    def test_are_read_as_the_specification_writes_them(self):
        for text in ("GiB-Seconds", "Hours", "GB-Hours", "GB/Hour", "1000 Requests", "Requests/3 Months",
                     "TiB-Days"):
            self.assertTrue(UNIT.fullmatch(text), text)
        for text in ("gib-seconds", "GiB-Second", "", "GiB Seconds/", "seconds", "GiB-seconds"):
            self.assertFalse(UNIT.fullmatch(text), text)


if __name__ == "__main__":
    unittest.main()
