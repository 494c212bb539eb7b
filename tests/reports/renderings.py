#!/usr/bin/env python3
"""Holds the renderings of the same invoices against each other.

usage: renderings.py FOLDER      NAME.json with its NAME.csv, .html, .pdf and, where there is one, .xml

What must be the same in each: the net, every tax with what it is taken of, the total, and the signs of
them; in all but the PDF also what each line and correction by hand comes to. NAME-back takes NAME back: in every format the two together are nothing. One line per finding,
then how many documents there were; status 1 if there is any finding.
"""
import csv
import html.parser
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree
from decimal import Decimal

from en16931 import NAMES

NAMED = {"standard": "S", "zero": "Z", "reverse_charge": "AE", "out_of_scope": "O"}
NUMBER = r"(-?[0-9]+(?:\.[0-9]+)?)"


class Facts:
    """What a rendering says an invoice comes to; taxes by category and rate; each line's payable."""

    lines = ()

    def __init__(self, net, tax, total, taxes):
        self.net, self.tax, self.total = Decimal(net), Decimal(tax), Decimal(total)
        self.taxes = {(code, Decimal(rate)): (Decimal(taxable), Decimal(amount))
                      for code, rate, taxable, amount in taxes}

    def shown(self):
        taxes = [(code, str(rate.normalize()), str(taxable), str(tax))
                 for (code, rate), (taxable, tax) in sorted(self.taxes.items())]
        return str(self.net), str(self.tax), str(self.total), taxes

    def of_lines(self, payables):
        self.lines = [Decimal(payable) for payable in payables]
        if sum(self.lines) != self.net:
            raise ValueError(f"the lines {self.lines} do not add up to {self.net}")
        return self

    def cancels(self, other):
        return (self.net + other.net == 0 and self.tax + other.tax == 0
                and self.total + other.total == 0 and len(self.lines) == len(other.lines)
                and not any(mine + theirs for mine, theirs in zip(self.lines, other.lines))
                and self.taxes.keys() == other.taxes.keys()
                and all(mine + theirs == 0 for key in self.taxes
                        for mine, theirs in zip(self.taxes[key], other.taxes[key])))


def untaxed(total):
    """A rendering with no word of tax: all of it is out of scope."""
    zero = "0" if Decimal(total).as_tuple().exponent == 0 else "0.00"
    return Facts(total, zero, total, [("O", 0, total, zero)])


def of_json(path):
    with open(path, encoding="utf-8") as file:
        invoice = json.load(file)
    payables = [line["payable"] for line in invoice["lines"] + invoice.get("corrections", [])]
    if "taxes" not in invoice:
        return untaxed(invoice["total"]).of_lines(payables)
    return Facts(invoice["net"], invoice["tax"], invoice["total"],
                 [(NAMED[line["category"]], line["rate"], line["taxable"], line["tax"])
                  for line in invoice["taxes"]]).of_lines(payables)


def of_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    (total,) = [row for row in rows if row["record"] == "total"]
    if sum(Decimal(row["tax"] or 0) for row in rows) != Decimal(total["total_tax"]):
        raise ValueError(f"{path}: the taxes do not add up to the total's row")
    return Facts(total["net"], total["total_tax"], total["total"],
                 [(NAMED[row["tax_category"]], row["tax_rate"], row["taxable"], row["tax"])
                  for row in rows if row["record"] == "tax"]).of_lines(
                      row["payable"] for row in rows if row["payable"])


def of_ubl(path):
    """With the sign turned back: a credit note of UBL says what is credited."""
    root = xml.etree.ElementTree.parse(path).getroot()
    sign = -1 if root.tag.endswith("}CreditNote") else 1

    def amount(node, where):
        value = sign * Decimal(node.find(where, NAMES).text)
        return abs(value) if value == 0 else value

    def row(node):
        percent = node.find("cac:TaxCategory/cbc:Percent", NAMES)
        return (node.find("cac:TaxCategory/cbc:ID", NAMES).text,
                "0" if percent is None else percent.text,
                amount(node, "cbc:TaxableAmount"), amount(node, "cbc:TaxAmount"))

    return Facts(amount(root, "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount"),
                 amount(root, "cac:TaxTotal/cbc:TaxAmount"),
                 amount(root, "cac:LegalMonetaryTotal/cbc:PayableAmount"),
                 [row(node) for node in root.findall("cac:TaxTotal/cac:TaxSubtotal", NAMES)]
                 ).of_lines(amount(line, "cbc:LineExtensionAmount") for line in root
                            if line.tag.endswith(("}InvoiceLine", "}CreditNoteLine")))


def tax_named(name):
    """A tax as people read it → category and rate."""
    if name == "Reverse charge":
        return "AE", "0"
    if name == "Outside the scope of VAT":
        return "O", "0"
    (rate,) = re.fullmatch(r"VAT ([0-9.]+) %", name).groups()
    return ("Z" if Decimal(rate) == 0 else "S"), rate


class Foot(html.parser.HTMLParser):
    """The rows of the page's foot, each a list of its cells' texts."""

    def __init__(self):
        super().__init__()
        self.rows, self.inside = [], False

    def handle_starttag(self, tag, attributes):
        self.inside = self.inside or tag == "tfoot"
        if self.inside and tag == "tr":
            self.rows.append([])
        if self.inside and tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "tfoot"

    def handle_data(self, data):
        if self.inside and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


def of_html(path):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    foot = Foot()
    foot.feed(page)
    payables = re.findall(rf'<td class="n payable">{NUMBER}</td>', page[:page.index("<tfoot>")])
    if len(foot.rows) == 1:
        return untaxed(foot.rows[0][-1]).of_lines(payables)
    (_, _, net), *taxes, (_, total) = foot.rows
    rows = [(*tax_named(name), taxable.removeprefix("on "), tax) for name, taxable, tax in taxes]
    return Facts(net, sum(Decimal(row[3]) for row in rows), total, rows).of_lines(payables)


def of_pdf(path):
    text = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True,
                          text=True).stdout
    (total,) = re.findall(rf"\bTotal [A-Z]{{3}} +{NUMBER}\n", text)
    taxes = re.findall(rf"(VAT [0-9.]+ %|Reverse charge|Outside the scope of VAT) of {NUMBER} +"
                       rf"{NUMBER}\n", text)
    if not taxes:
        return untaxed(total)
    (net,) = re.findall(rf"\bNet +{NUMBER}\n", text)
    return Facts(net, sum(Decimal(tax) for _, _, tax in taxes), total,
                 [(*tax_named(name), taxable, tax) for name, taxable, tax in taxes])


READERS = {"json": of_json, "csv": of_csv, "html": of_html, "pdf": of_pdf, "xml": of_ubl}


def read_all(folder, name):
    paths = {kind: os.path.join(folder, f"{name}.{kind}") for kind in READERS}
    return {kind: READERS[kind](path) for kind, path in paths.items()
            if kind != "xml" or os.path.exists(path)}


def main():
    folder, found = sys.argv[1], []
    names = sorted(name[:-5] for name in os.listdir(folder) if name.endswith(".json"))
    documents = {name: read_all(folder, name) for name in names}
    for name, facts in documents.items():
        wanted = facts["json"].shown()
        found += [f"{name}.{kind}: {each.shown()}, but the JSON {wanted}"
                  for kind, each in facts.items() if each.shown() != wanted]
        found += [f"{name}.{kind}: the lines {each.lines}, but the JSON {facts['json'].lines}"
                  for kind, each in facts.items()
                  if kind != "pdf" and each.lines != facts["json"].lines]
        back = documents.get(name + "-back", {})
        found += [f"{name}.{kind} and what takes it back are not nothing together"
                  for kind in back if not facts[kind].cancels(back[kind])]
    print("".join(line + "\n" for line in found), end="")
    print(len(names), "documents,", sum(len(facts) for facts in documents.values()), "renderings")
    return 1 if found or not names else 0


if __name__ == "__main__":
    sys.exit(main())
