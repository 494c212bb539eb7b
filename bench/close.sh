#!/usr/bin/env bash
# Closing a month (an invoice with its appendix for every account) beside one SQL statement that
# rates and groups the same sessions and makes nothing of it; and the month's report by account and
# by model beside the same aggregates over its charges. Each round from a fresh copy of the books.
# SESSIONS (1000000), ACCOUNTS (10000), ROUNDS (3) and JOBS (2) may be set. A million sessions need
# about 8 GB of disk.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
SESSIONS=${SESSIONS:-1000000} ACCOUNTS=${ACCOUNTS:-10000} ROUNDS=${ROUNDS:-3} JOBS=${JOBS:-2}

work=$(mktemp -d -p /var/tmp)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
"${BUILD:-build}/bench/close" "$work" "$SESSIONS" "$ACCOUNTS" "$ROUNDS" "$JOBS" >"$work/rounds"

python3 - "$work/rounds" <<'PYTHON'
import statistics
import sys

lines = [[int(word) for word in line.split()] for line in open(sys.argv[1])]
(sessions, accounts), rounds = lines[0], lines[1:]
print(f"{sessions} sessions of {accounts} accounts, {len(rounds)} rounds")
print(f"{'':20}{'ms':>10}{'SQL, ms':>10}{'ratio':>10}")
for name, column in (("close", 0), ("report by account", 2), ("report by model", 4)):
    ours = statistics.median(r[column] for r in rounds) / 1e3
    peer = statistics.median(r[column + 1] for r in rounds) / 1e3
    ratio = statistics.median(r[column] / r[column + 1] for r in rounds)
    print(f"{name:20}{ours:10.1f}{peer:10.1f}{ratio:10.4f}")
PYTHON
