#!/usr/bin/env python3
"""Bans what the house style bans, and names what to use instead.

usage: tidy.py ROOT          looks through a source tree; one line per finding, status 1 if any
       tidy.py --self-test   each rule must find its own bad sample and pass its good one
"""
import os
import re
import sys

# Which room may include which (design.md, "Rooms"); what those may include, it may too.
# Beyond the design's words: platform implements calendar's clock interface, the ledger's shipper
# reads the journal, and every room that acts may use platform. The pure rooms never may.
ROOMS = {
    "money": [],
    "calendar": [],
    "lifecycle": ["calendar"],
    "metering": ["money", "calendar", "lifecycle"],
    "invoicing": ["metering"],
    "budgets": ["metering"],
    "reconciling": ["money", "calendar"],
    "bytez": ["lifecycle"],
    "platform": ["calendar"],
    "proof": ["invoicing", "lifecycle", "metering", "platform"],
    "journal": ["platform"],
    "proxy": ["bytez", "journal", "platform"],
    "watcher": ["bytez", "journal", "platform"],
    "ledger": ["invoicing", "budgets", "journal", "platform", "proof"],
    "webhooks": ["ledger"],
    "reports": ["invoicing", "metering", "reconciling"],
    "console": ["ledger", "reports", "platform"],
    "origin": ["bytez", "lifecycle", "platform"],
}
EVERYTHING = {"cli", "main.cpp"}
MONEY_ROOMS = {"money", "calendar", "lifecycle", "metering", "invoicing", "budgets", "reconciling",
               "proof", "ledger"}


def closure(room):
    found, todo = {room}, [room]
    while todo:
        for used in ROOMS[todo.pop()]:
            if used not in found:
                found.add(used)
                todo.append(used)
    return found


def room_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 1 else None


def code_of(text):
    """The text with comments and the insides of literals blanked; lines stay where they are."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|'
        r"(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
        re.S,
    )

    def blank(match):
        # An include's path is code.
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if line.startswith("#include"):
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())

    return token.sub(blank, text)


class Rule:
    """A pattern that may not occur in the code of the files `where` says."""

    def __init__(self, pattern, instead, where, bad, good):
        self.pattern = re.compile(pattern)
        self.instead, self.where = instead, where
        self.bad, self.good = bad, good  # (path, text) each

    def findings(self, path, code):
        if not self.where(path):
            return
        for match in self.pattern.finditer(code):
            yield code.count("\n", 0, match.start()) + 1, f"{match.group().strip()}: {self.instead}"


def outside(room):
    return lambda path: path.startswith("src/") and room_of(path) != room


RULES = [
    Rule(
        r"\b(?:system_clock|steady_clock|high_resolution_clock|gettimeofday|clock_gettime|"
        r"localtime(?:_r)?|gmtime(?:_r)?|Poco::Timestamp|Poco::DateTime)\b|std::time\b|"
        r"(?<![\w.:>])time\((?:nullptr|NULL|0|&)|Poco/(?:Timestamp|DateTime|Clock|LocalDateTime)\.h",
        "the real clock belongs to platform/; take a calendar::Clock, or platform::monotonic_micros "
        "for time-outs",
        outside("platform"),
        ("src/ledger/a.cpp", "auto t = std::chrono::system_clock::now();"),
        ("src/platform/a.cpp", "auto t = std::chrono::system_clock::now();"),
    ),
    Rule(
        r"\b(?:double|float)\b",
        "money and time are exact: money::Decimal, calendar::Duration",
        lambda path: room_of(path) in MONEY_ROOMS,
        ("src/metering/a.cpp", "double rate = 0;"),
        ("src/metering/a.cpp", 'auto s = "double"; // float'),
    ),
    Rule(
        r"\b(?:std::)?(?:stod|stof|stold|atof|strtod|strtof)\b",
        "money::parse_decimal reads exactly",
        lambda path: path.startswith("src/"),
        ("src/cli/a.cpp", "auto x = std::stod(text);"),
        ("src/cli/a.cpp", "auto x = std::stoi(text);"),
    ),
    Rule(
        r"#include\s*[<\"]pqxx|\bpqxx::",
        "only ledger/ talks to Postgres; use its store",
        outside("ledger"),
        ("src/console/a.cpp", "#include <pqxx/pqxx>"),
        ("src/ledger/a.cpp", "#include <pqxx/pqxx>"),
    ),
    Rule(
        r"#include\s*[<\"]date/|\bdate::",
        "only calendar/ knows the date library; use calendar::Zone",
        outside("calendar"),
        ("src/reports/a.cpp", "#include <date/tz.h>"),
        ("src/calendar/a.cpp", "#include <date/tz.h>"),
    ),
    Rule(
        r"__int128",
        "wide integers stay inside money/; use money::Decimal",
        outside("money"),
        ("src/metering/a.cpp", "__int128 wide;"),
        ("src/money/a.cpp", "__int128 wide;"),
    ),
]


def include_findings(path, code):
    room = room_of(path)
    if room is None or room in EVERYTHING:
        return
    if room not in ROOMS:
        yield 1, f"room {room} is not in the table of tests/tidy/tidy.py"
        return
    allowed = closure(room)
    for match in re.finditer(r'^#include\s*"([a-z_]+)/', code, re.M):
        if match.group(1) not in allowed:
            line = code.count("\n", 0, match.start()) + 1
            yield line, f"{room}/ may not use {match.group(1)}/ (design.md, Rooms)"


def note_findings(text):
    for match in re.finditer(r"\b(?:TODO|FIXME)\b", text):
        line = text.count("\n", 0, match.start()) + 1
        yield line, f"{match.group()}: do it, or open an issue"


def target_findings(files):
    """Every .cpp of src/ is named by the CMakeLists.txt above it; one of tests/ and bench/, which
    programs share, by any of theirs."""
    lists = {path: text for path, text in files.items() if path.endswith("CMakeLists.txt")}
    for path in sorted(files):
        folder, name = os.path.split(path)
        if not path.endswith(".cpp") or "/*.cpp" in lists.get(folder + "/CMakeLists.txt", ""):
            continue
        if path.startswith("src/"):
            while folder and folder + "/CMakeLists.txt" not in lists:
                folder = os.path.dirname(folder)
            listing = lists.get(folder + "/CMakeLists.txt", "")
            wanted = r"(?<![\w/.])" + re.escape(os.path.relpath(path, folder or "."))
        else:
            top = path.split("/")[0] + "/"
            listing = "\n".join(text for where, text in lists.items() if where.startswith(top))
            wanted = r"(?<![\w.])" + re.escape(name.removesuffix(".cpp"))
        if not re.search(wanted + r"(?!\w)", listing):
            yield path, 1, "in no target: name it in the CMakeLists.txt of its folder"


def findings(files):
    """files: path → text. Yields (path, line, why)."""
    for path, text in sorted(files.items()):
        if path.endswith((".h", ".cpp")):
            code = code_of(text)
            for rule in RULES:
                for line, why in rule.findings(path, code):
                    yield path, line, why
            for line, why in include_findings(path, code):
                yield path, line, why
        if not path.startswith("tests/tidy/"):
            for line, why in note_findings(text):
                yield path, line, why
    yield from target_findings(files)


def read_tree(root):
    files = {}
    for top in ("src", "tests", "bench", "config", "migrations", "reports"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in names:
                if name.endswith((".h", ".cpp", ".txt", ".py", ".sh", ".sql", ".mjs", ".cmake")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as file:
                        files[os.path.relpath(path, root)] = file.read()
    return files


def self_test():
    def found(path, text):
        listing = {os.path.dirname(path) + "/CMakeLists.txt": os.path.basename(path)}
        return [why for _, _, why in findings({path: text, **listing})]

    for rule in RULES:
        assert any(rule.instead in why for why in found(*rule.bad)), rule.bad
        assert found(*rule.good) == [], (rule.good, found(*rule.good))
    assert found("src/money/a.cpp", '#include "calendar/instant.h"')
    assert not found("src/ledger/a.cpp", '#include "money/decimal.h"')
    assert found("src/metering/a.cpp", '#include "platform/log.h"')
    assert found("src/nowhere/a.cpp", "int x;")
    assert found("src/money/a.cpp", "// TO" + "DO later")
    assert found("src/money/a.cpp", "int a = 1'000'000; float b;")
    assert list(target_findings({"src/money/a.cpp": "", "src/money/CMakeLists.txt": "aa.cpp"}))
    assert list(target_findings({"tests/money/a.cpp": "", "tests/b/CMakeLists.txt": "ab.cpp"}))
    assert not list(target_findings({"tests/a/b.cpp": "", "tests/a/CMakeLists.txt": "GLOB X/*.cpp"}))
    assert not list(target_findings({"tests/s/a.cpp": "", "tests/b/CMakeLists.txt": "../s/a.cpp"}))
    assert not list(target_findings({"src/a/b/c.cpp": "", "src/a/CMakeLists.txt": "b/c.cpp"}))
    for room in ROOMS:
        assert room not in {r for used in ROOMS[room] for r in closure(used)}, f"{room}: a circle"
    print("each rule finds its bad sample")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    files = read_tree(sys.argv[1])
    if sum(path.startswith("src/") for path in files) < 50:
        print(f"{sys.argv[1]} is not the source tree")
        return 2
    count = 0
    for path, line, why in findings(files):
        print(f"{path}:{line}: {why}")
        count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
