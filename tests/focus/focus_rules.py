"""Holds exports against the machine-readable rules of FOCUS 1.2. Standard library only.

usage: focus_rules.py MODEL FILE…     one line per finding; status 1 where a MUST is broken

A rule's requirement is a check, or AND/OR over checks and other rules; its condition chooses the rows
and goes down to the rules that it names. A rule counts when all of its criteria are DECLARED. An OR of
rules holds when one of them holds for all rows. Of a column that is not there only the rule that wants
it to be is asked; a condition takes it for null."""
import collections
import csv
import decimal
import json
import re
import sys

# What Tollgate supports, in the words of the model.
DECLARED = {
    "ACCOUNT_NAMING_SUPPORTED", "BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED",
    "NEGOTIATED_PRICING_SUPPORTED", "PUBLIC_PRICE_LIST_SUPPORTED", "RESOURCE_TYPE_ASSIGNMENT_SUPPORTED",
    "TAGGING_SUPPORTED", "UNIT_PRICING_SUPPORTED", "USAGE_MEASUREMENT_SUPPORTED",
}

# Rules whose machine-readable form says something else than their sentence.
DEFECTS = {
    "BilledCost-C-005-C": "takes differing names of provider and issuer for a third party's payment",
    "CapacityReservationStatus-C-003-C": "its condition is no check",
    "CapacityReservationStatus-C-004-C": "its condition is no check",
    "CommitmentDiscountQuantity-C-010-C": "of rows without a category instead of purchases",
    "CommitmentDiscountStatus-C-003-C": "wants a value where the sentence wants none",
    "CommitmentDiscountStatus-C-004-C": "wants a value where there is no commitment",
    "CommitmentDiscountStatus-C-005-M": "allows other values than the specification",
    "ConsumedQuantity-C-006-C": "wants a value on corrections, the sentence on all but corrections",
    "EffectiveCost-C-005-C": "every purchase, not only those that cover future charges",
    "PricingCurrencyEffectiveCost-C-004-M": "checks another column",
    "ResourceType-C-005-C": "its condition names no column",
    "Tags-C-003-C": "of rows without tags instead of those with some",
}

Finding = collections.namedtuple("Finding", "rule keyword row text")
ERRORS = {"MUST", "MUST NOT"}

TIME = "Year|Month|Day|Hour|Minute|Second"
SIZE = "[KMGTPEZY]?i?[bB]"
UNIT = re.compile(rf"(?:\d+ )?(?:{SIZE}|[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)*)"
                  rf"(?:-(?:{TIME})s)?(?:/(?:(?:{TIME})|\d+ (?:{TIME})s))?")
FORMATS = {
    "FormatDateTime": re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ"),
    "FormatNumeric": re.compile(r"-?(?:\d+)(?:\.\d+)?(?:[eE]-?\d+)?"),
    "FormatUnit": UNIT,
    "FormatCurrency": re.compile("[A-Z]{3}"),
    "CheckNationalCurrency": re.compile("[A-Z]{3}"),
    "TypeDateTime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"),
    "FormatString": re.compile(r"(?=.*\S).+", re.S),
}


def read_rows(path):
    """(columns, rows as dictionaries); an empty field is None."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file, strict=True)
        columns = next(reader)
        rows = [dict(zip(columns, (field or None for field in line), strict=True)) for line in reader]
    return columns, rows


def number(text):
    try:
        return decimal.Decimal(text)
    except (decimal.InvalidOperation, TypeError):
        return None


def is_key_value(text):
    def pairs(found):
        keys = [key for key, _ in found]
        if len(keys) != len(set(keys)) or any(isinstance(v, (dict, list)) for _, v in found):
            raise ValueError
        return dict(found)

    try:
        return isinstance(json.loads(text, object_pairs_hook=pairs), dict)
    except ValueError:
        return False


class Rules:
    def __init__(self, model, declared=frozenset(DECLARED), defects=frozenset(DEFECTS)):
        self.rules, self.declared, self.defects = model["ModelRules"], declared, defects
        self.start = model["ModelDatasets"]["CostAndUsage"]["ModelRules"]

    def check(self, columns, rows):
        """Each broken rule once, with the first row (1 is the first below the header) that breaks it."""
        self.columns, self.rows, self.counted = set(columns), rows, {}
        self.found, self.asked = {}, set()
        for rule in self.start:
            self.ask(rule, range(len(rows)))
        return list(self.found.values())

    def ask(self, name, rows, quiet=False):
        """Whether the rule holds for these rows; what breaks it is kept, unless `quiet`."""
        rule = self.rules[name]
        validation = rule["ValidationCriteria"]
        if rule["Status"] != "Active" or validation["Keyword"] == "MAY" or name in self.defects:
            return True
        if not self.declared.issuperset(rule["ApplicabilityCriteria"] or ()):
            return True
        self.asked.add(name)
        condition = validation["Condition"]
        if condition:
            rows = [row for row in rows if self.holds(condition, row)]
        return self.require(validation["Requirement"], name, rows, quiet)

    def require(self, requirement, name, rows, quiet):
        kind = requirement.get("CheckFunction")
        if kind is None:  # a sentence that no machine can check
            return True
        if kind == "CheckModelRule":
            return self.ask(requirement["ModelRuleId"], rows, quiet)
        if kind == "AND":
            return all([self.require(item, name, rows, quiet) for item in requirement["Items"]])
        if kind == "ColumnPresent":
            return self.judge(requirement["ColumnName"] in self.columns, name, None, quiet)
        if not self.names_present(requirement):
            return True
        if kind == "OR" and any(i["CheckFunction"] == "CheckModelRule" for i in requirement["Items"]):
            one = any([self.require(item, name, rows, True) for item in requirement["Items"]])
            return self.judge(one, name, None, quiet)
        broken = next((row for row in rows if not self.holds(requirement, row)), None)
        return self.judge(broken is None, name, broken, quiet)

    def judge(self, holds, name, row, quiet):
        if not holds and not quiet and name not in self.found:
            validation = self.rules[name]["ValidationCriteria"]
            self.found[name] = Finding(name, validation["Keyword"], None if row is None else row + 1,
                                       validation["MustSatisfy"])
        return holds

    def names_present(self, check):
        named = [check[key] for key in ("ColumnName", "ColumnAName", "ColumnBName") if key in check]
        return all(column in self.columns for column in named)

    def holds(self, check, row):
        kind = check["CheckFunction"]
        if kind in ("AND", "OR"):
            parts = [self.holds(item, row) for item in check["Items"]]
            return all(parts) if kind == "AND" else any(parts)
        value = lambda key: self.rows[row].get(check[key])  # noqa: E731
        if kind in ("CheckSameValue", "CheckNotSameValue"):
            return (value("ColumnAName") == value("ColumnBName")) == (kind == "CheckSameValue")
        if kind == "ColumnByColumnEqualsColumnValue":
            return self.is_product(value("ColumnAName"), value("ColumnBName"), value("ResultColumnName"))
        if kind == "CheckDistinctCount":
            return self.has_distinct(check, row)
        # Two conditions of the model name their column so.
        text = self.rows[row].get(check.get("ColumnName", check.get("CheckCondition")))
        return self.holds_for(kind, text, check.get("Value"))

    @staticmethod
    def is_product(a, b, result):
        if None in (a, b, result):
            return True
        with decimal.localcontext(decimal.Context(prec=400)):
            return number(a) * number(b) == number(result)

    def has_distinct(self, check, row):
        a, b = check["ColumnAName"], check["ColumnBName"]
        if (a, b) not in self.counted:
            kinds = collections.defaultdict(set)
            for one in self.rows:
                kinds[one[a]].add(one[b])
            self.counted[a, b] = kinds
        key = self.rows[row][a]
        return key is None or len(self.counted[a, b][key]) == check["ExpectedCount"]

    @staticmethod
    def holds_for(kind, text, wanted):
        if kind in ("CheckValue", "CheckNotValue"):
            same = number(text) == wanted if isinstance(wanted, int) else text == wanted
            return same == (kind == "CheckValue")
        if text is None or kind == "TypeString":
            return True
        if kind in FORMATS:
            return FORMATS[kind].fullmatch(text) is not None
        if kind in ("TypeDecimal", "CheckDecimalValue"):
            return number(text) is not None
        if kind == "CheckGreaterOrEqualThanValue":
            return number(text) is not None and number(text) >= wanted
        if kind == "FormatKeyValue":
            return is_key_value(text)
        raise ValueError(f"the model has a check that is not known here: {kind}")


def load(path):
    with open(path, encoding="utf-8") as file:
        return Rules(json.load(file))


def main():
    rules, broken = load(sys.argv[1]), False
    for path in sys.argv[2:]:
        columns, rows = read_rows(path)
        for finding in rules.check(columns, rows):
            broken = broken or finding.keyword in ERRORS
            where = f":{finding.row + 1}" if finding.row else ""
            print(f"{path}{where}: {finding.rule} ({finding.keyword}): {finding.text}")
        print(f"{path}: {len(rows)} rows held against {len(rules.asked)} rules")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
