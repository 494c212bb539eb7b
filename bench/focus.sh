#!/usr/bin/env bash
# A month of issued invoices as FOCUS: `usage --format focus`'s own code into a file beside a COPY
# that the server makes of the same charges (focus_peer.sql), interleaved. Cells
# are compared as the numbers, instants and texts they are. Then the largest resident size for a tenth of
# the sessions, for all of them, and for all on one invoice.
# SESSIONS (200000), INVOICES (100) and ROUNDS (5) may be set.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
SESSIONS=${SESSIONS:-200000} INVOICES=${INVOICES:-100} ROUNDS=${ROUNDS:-5}

work=$(mktemp -d -p /var/tmp)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
program=${BUILD:-build}/bench/focus
measure() {  # NAME SESSIONS INVOICES ROUNDS
    mkdir -m 755 "$work/$1"
    "$program" "$work/$1" "$2" "$3" "$4" bench/focus_peer.sql >"$work/$1.rounds"
}
measure small "$((SESSIONS / 10))" "$((INVOICES / 10))" 1
measure one "$SESSIONS" 1 1
measure large "$SESSIONS" "$INVOICES" "$ROUNDS"

python3 - "$work" "$SESSIONS" "$INVOICES" <<'PYTHON'
import csv
import datetime
import decimal
import statistics
import sys

work, sessions, invoices = sys.argv[1:]


def cell(text):
    try:
        return decimal.Decimal(text)
    except decimal.InvalidOperation:
        pass
    try:
        return datetime.datetime.fromisoformat(text.replace(" ", "T").replace("Z", "+00:00"))
    except ValueError:
        return {"t": "true", "f": "false"}.get(text, text)


def usage(path):
    with open(path, newline="") as file:
        rows = [row for row in csv.reader(file) if row[6] in ("ChargeCategory", "Usage")]
    return rows[0], sorted(rows[1:], key=lambda row: row[rows[0].index("ResourceId")])


head, ours = usage(work + "/large/export.csv")
their_head, theirs = usage(work + "/large/copy.csv")
if head != their_head or len(ours) != len(theirs) or len(ours) != int(sessions):
    sys.exit(f"not the same rows: {len(ours)} and {len(theirs)}")
for a, b in zip(ours, theirs):
    for name, x, y in zip(head, a, b):
        if x != y and cell(x) != cell(y):
            sys.exit(f"{a[head.index('ResourceId')]}, {name}: {x} and {y}")


def rounds_of(name):
    return [[int(word) for word in line.split()] for line in open(f"{work}/{name}.rounds")]


rounds = rounds_of("large")
print(f"{sessions} sessions on {invoices} invoices, {len(rounds)} rounds, the same cells in both")
for name, column in (("export", 0), ("COPY", 1)):
    seconds = statistics.median(r[column] for r in rounds) / 1e6
    print(f"{name:12}{seconds:9.2f} s{int(sessions) / seconds:12.0f} rows/s")
ratios = [r[0] / r[1] for r in rounds]
print(f"{'ratio':12}{statistics.median(ratios):9.2f}   (aim: at most 2; "
      f"rounds {min(ratios):.2f} to {max(ratios):.2f})")
small, large, one = (rounds_of(name)[0][3] / 1024 for name in ("small", "large", "one"))
print(f"MiB resident at most: {small:.1f} for {int(sessions) // 10} sessions, {large:.1f} for "
      f"{sessions}, {one:.1f} for as many on one invoice")
PYTHON
