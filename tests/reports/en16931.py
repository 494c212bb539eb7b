#!/usr/bin/env python3
"""Holds a UBL document against the rules of EN 16931 and Peppol BIS Billing 3 that it can break.

usage: en16931.py FILE…      one line per finding, `FILE: RULE: what`; status 1 if any

Independent of what it checks: it reads the XML, and its numbers are decimals of its own, exact. Where
the rules leave room for rounding (BR-CO-17, R120) none is given: we round half up, away from zero, to
the currency's minor units. Standard library only.
"""
import datetime
import decimal
import re
import sys
import xml.etree.ElementTree

EXACT = decimal.Context(prec=300, traps=[decimal.Inexact, decimal.InvalidOperation,
                                         decimal.DivisionByZero, decimal.Overflow])

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
NAMES = {"cac": UBL + "CommonAggregateComponents-2", "cbc": UBL + "CommonBasicComponents-2"}
MINOR_UNITS = {"JPY": 0, "EUR": 2, "USD": 2, "GBP": 2, "INR": 2}  # of what the tests issue
CATEGORIES = {"S", "Z", "AE", "O"}  # UNCL 5305, ours of it
REASONS = {"AE": "VATEX-EU-AE", "O": "VATEX-EU-O"}
SPECIFICATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


def countries():
    """ISO 3166 as the time zones' data have it."""
    with open("/usr/share/zoneinfo/iso3166.tab", encoding="utf-8") as file:
        return {line[:2] for line in file if not line.startswith("#")} | {"XI"}


def rounded(value, units):
    with decimal.localcontext() as context:
        context.traps[decimal.Inexact] = False
        return value.quantize(decimal.Decimal(1).scaleb(-units), decimal.ROUND_HALF_UP)


class Node:
    """An element with its own names for the way down."""

    def __init__(self, element):
        self.element = element

    def all(self, path):
        return [Node(found) for found in self.element.findall(path, NAMES)]

    def find(self, path):
        found = self.element.find(path, NAMES)
        return None if found is None else Node(found)

    def text(self, path):
        found = self.element.find(path, NAMES)
        return None if found is None else (found.text or "")

    def number(self, path):
        text = self.text(path)
        if text is None or not re.fullmatch(r"-?\d+(\.\d+)?", text):
            raise ValueError(f"{path} is no plain decimal: {text}")
        return decimal.Decimal(text)

    def has(self, path):
        return self.element.find(path, NAMES) is not None


class Document:
    def __init__(self, path):
        root = xml.etree.ElementTree.parse(path).getroot()
        self.kind = root.tag.rsplit("}", 1)[1]
        self.root = Node(root)
        self.is_invoice = self.kind == "Invoice"
        self.lines = self.root.all("cac:InvoiceLine" if self.is_invoice else "cac:CreditNoteLine")
        self.currency = self.root.text("cbc:DocumentCurrencyCode")
        self.units = MINOR_UNITS[self.currency]
        self.found = []

    def require(self, rule, holds, what=""):
        if not holds:
            self.found.append(f"{rule}: {what}")

    def equal(self, rule, one, other, what=""):
        self.require(rule, one == other, f"{what} {one} is not {other}")

    # What a line and a tax subtotal are told apart by.
    @staticmethod
    def category(node):
        code = node.text("cbc:ID")
        return code, (decimal.Decimal(0) if code == "O" else node.number("cbc:Percent"))

    def check(self):
        self.check_head()
        self.check_whole_tree()
        for role in ("Supplier", "Customer"):
            self.check_party(role, self.root.find(f"cac:Accounting{role}Party/cac:Party"))
        self.check_lines()
        self.check_totals()
        self.check_taxes()
        self.check_vat_ids()
        self.check_payment()
        return self.found

    def check_head(self):
        self.equal("PEPPOL-EN16931-R004", self.root.text("cbc:CustomizationID"), SPECIFICATION)
        self.equal("PEPPOL-EN16931-R007", self.root.text("cbc:ProfileID"), PROCESS)
        code = self.root.text("cbc:InvoiceTypeCode" if self.is_invoice else "cbc:CreditNoteTypeCode")
        self.equal("BR-CL-01", code, "380" if self.is_invoice else "381")
        self.require("BR-02", self.root.text("cbc:ID"))
        datetime.date.fromisoformat(self.root.text("cbc:IssueDate"))
        self.require("PEPPOL-EN16931-R002", len(self.root.all("cbc:Note")) <= 1)
        self.require("PEPPOL-EN16931-R003", self.root.text("cbc:BuyerReference"))
        for reference in self.root.all("cac:BillingReference"):
            self.require("BR-55", reference.text("cac:InvoiceDocumentReference/cbc:ID"))

    def check_whole_tree(self):
        for element in self.root.element.iter():
            name = element.tag.rsplit("}", 1)[1]
            if len(element) == 0:
                self.require("PEPPOL-EN16931-R008", (element.text or "").strip(), name)
            if "currencyID" in element.attrib:
                self.equal("PEPPOL-EN16931-R051", element.attrib["currencyID"], self.currency, name)
                if name != "PriceAmount":
                    decimals = len(element.text.partition(".")[2])
                    self.require("BR-DEC", decimals <= min(2, self.units), f"{name} {element.text}")
            if "unitCode" in element.attrib:
                self.equal("BR-CL-23", element.attrib["unitCode"], "C62", name)

    def check_party(self, role, party):
        endpoint = party.find("cbc:EndpointID")
        self.require("PEPPOL-EN16931-R010/R020", endpoint is not None, role)
        if endpoint:
            scheme = endpoint.element.attrib.get("schemeID", "")
            self.require("BR-62/BR-63", re.fullmatch(r"\d{4}", scheme), scheme)
        self.require("BR-06/BR-07", party.text("cac:PartyLegalEntity/cbc:RegistrationName"), role)
        country = party.text("cac:PostalAddress/cac:Country/cbc:IdentificationCode")
        self.require("BR-CL-14", country in countries(), f"{role} {country}")
        self.require("UBL-SR", len(party.all("cac:PostalAddress/cac:AddressLine")) <= 1)
        if role == "Supplier":
            self.require("BR-CO-26", party.has("cac:PartyTaxScheme/cbc:CompanyID")
                         or party.has("cac:PartyLegalEntity/cbc:CompanyID"))

    def check_lines(self):
        self.require("BR-16", self.lines)
        ids = [line.text("cbc:ID") for line in self.lines]
        self.equal("BR-21", len(set(ids)), len(ids))
        for line in self.lines:
            self.check_line(line, f"line {line.text('cbc:ID')}")

    def check_line(self, line, name):
        quantity = line.number("cbc:InvoicedQuantity" if self.is_invoice else "cbc:CreditedQuantity")
        price = line.number("cac:Price/cbc:PriceAmount")
        base = line.number("cac:Price/cbc:BaseQuantity")
        self.require("BR-27", price >= 0, name)
        self.require("PEPPOL-EN16931-R121", base > 0, name)
        digits = base.as_tuple().digits
        self.require("exact", digits[0] == 1 and not any(digits[1:]), f"{name} base {base}")
        self.equal("PEPPOL-EN16931-R120", line.number("cbc:LineExtensionAmount"),
                   rounded(quantity * price / base, self.units), name)
        self.require("BR-25", line.text("cac:Item/cbc:Name"), name)
        self.equal("BR-CO-04", len(line.all("cac:Item/cac:ClassifiedTaxCategory")), 1, name)
        self.check_category(line.find("cac:Item/cac:ClassifiedTaxCategory"), name)
        self.check_period(line, name)
        for each in line.all("cac:Item/cac:AdditionalItemProperty"):
            self.require("BR-54", each.text("cbc:Name") and each.text("cbc:Value"), name)

    def check_period(self, line, name):
        period = line.find("cac:InvoicePeriod")
        if period is None:
            return
        outer = self.root.find("cac:InvoicePeriod")
        start, end = period.text("cbc:StartDate"), period.text("cbc:EndDate")
        self.require("BR-30", start <= end, name)
        self.require("PEPPOL-EN16931-R110", start >= outer.text("cbc:StartDate"), name)
        self.require("PEPPOL-EN16931-R111", end <= outer.text("cbc:EndDate"), name)
        first = datetime.date.fromisoformat(start)
        after = datetime.date.fromisoformat(end) + datetime.timedelta(days=1)
        self.require("whole months", first.day == 1 and after.day == 1, name)

    def check_category(self, category, name):
        code = category.text("cbc:ID")
        self.require("BR-CL-17/18", code in CATEGORIES, f"{name} {code}")
        self.equal("tax scheme", category.text("cac:TaxScheme/cbc:ID"), "VAT", name)
        if code == "O":
            self.require("BR-O-05", not category.has("cbc:Percent"), name)
        elif code == "S":
            self.require("BR-S-05", category.number("cbc:Percent") > 0, name)
        else:
            self.equal(f"BR-{code}-05", category.number("cbc:Percent"), 0, name)

    def check_totals(self):
        total = self.root.find("cac:LegalMonetaryTotal")
        net = sum(line.number("cbc:LineExtensionAmount") for line in self.lines)
        self.equal("BR-CO-10", total.number("cbc:LineExtensionAmount"), net)
        self.require("no allowances", not self.root.all("cac:AllowanceCharge"))
        self.equal("BR-CO-13", total.number("cbc:TaxExclusiveAmount"),
                   total.number("cbc:LineExtensionAmount"))
        self.equal("BR-CO-15", total.number("cbc:TaxInclusiveAmount"),
                   total.number("cbc:TaxExclusiveAmount") + self.root.number("cac:TaxTotal/cbc:TaxAmount"))
        self.equal("BR-CO-16", total.number("cbc:PayableAmount"),
                   total.number("cbc:TaxInclusiveAmount"))
        self.require("not below nought", total.number("cbc:PayableAmount") >= 0)

    def check_taxes(self):
        self.equal("PEPPOL-EN16931-R053", len(self.root.all("cac:TaxTotal")), 1)
        subtotals = self.root.all("cac:TaxTotal/cac:TaxSubtotal")
        self.require("BR-CO-18", subtotals)
        self.equal("BR-CO-14", self.root.number("cac:TaxTotal/cbc:TaxAmount"),
                   sum(each.number("cbc:TaxAmount") for each in subtotals))
        sums = {}
        for line in self.lines:
            key = self.category(line.find("cac:Item/cac:ClassifiedTaxCategory"))
            sums[key] = sums.get(key, 0) + line.number("cbc:LineExtensionAmount")
        keys = [self.category(each.find("cac:TaxCategory")) for each in subtotals]
        self.equal("BR-S-01/Z-01/AE-01/O-01", sorted(keys), sorted(sums))
        for key, subtotal in zip(keys, subtotals):
            self.check_subtotal(key, subtotal, sums.get(key))

    def check_subtotal(self, key, subtotal, taxable):
        code, rate = key
        category = subtotal.find("cac:TaxCategory")
        self.check_category(category, "subtotal")
        self.equal(f"BR-{code}-08", subtotal.number("cbc:TaxableAmount"), taxable)
        tax = subtotal.number("cbc:TaxAmount")
        self.equal("BR-CO-17", tax,
                   rounded(subtotal.number("cbc:TaxableAmount") * rate / 100, self.units))
        if code != "S":
            self.equal(f"BR-{code}-09", tax, 0)
        self.equal(f"BR-{code}-10", category.text("cbc:TaxExemptionReasonCode"), REASONS.get(code))
        self.equal(f"BR-{code}-10", category.has("cbc:TaxExemptionReason"), code in REASONS)

    def check_vat_ids(self):
        path = "cac:Accounting{}Party/cac:Party/cac:PartyTaxScheme/cbc:CompanyID"
        seller, buyer = (self.root.text(path.format(role)) for role in ("Supplier", "Customer"))
        codes = {node.text("cbc:ID") for node in
                 self.root.all("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory")}
        if "O" in codes:
            self.equal("BR-O-11", codes, {"O"})
            self.equal("BR-O-02", (seller, buyer), (None, None))
        else:
            self.require("BR-S-02/Z-02/AE-02", seller)
        if "AE" in codes:
            self.require("BR-AE-02", buyer)
        for each in (seller, buyer):
            if each is not None:
                self.require("BR-CO-09", each[:2] in countries() | {"EL"} and len(each) > 2, each)

    def check_payment(self):
        due = self.root.has("cbc:DueDate") or self.root.has("cac:PaymentTerms/cbc:Note")
        owed = self.root.number("cac:LegalMonetaryTotal/cbc:PayableAmount") > 0
        self.require("BR-CO-25", due or not owed)
        for means in self.root.all("cac:PaymentMeans"):
            self.require("BR-CL-16", means.text("cbc:PaymentMeansCode") in ("30", "58"))
            self.require("BR-50/BR-61", means.text("cac:PayeeFinancialAccount/cbc:ID"))


def findings(path):
    try:
        with decimal.localcontext(EXACT):
            return Document(path).check()
    except (ValueError, KeyError, AttributeError, TypeError, ArithmeticError,
            xml.etree.ElementTree.ParseError) as error:
        return [f"cannot be read: {error!r}"]


def main():
    count = 0
    for path in sys.argv[1:]:
        for finding in findings(path):
            print(f"{path}: {finding}")
            count += 1
    return 1 if count or not sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
