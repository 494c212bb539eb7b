#!/usr/bin/env bash
# Facts from a sealed journal to committed, chained rows, exactly once, beside a bare COPY of the
# same rows into a table without index in the same cluster. Each round ships a journal and then
# copies what came of it; the table shows medians, and the median of the rounds' ratios. The aim is
# 0.9. Beside it, for where the rest goes: the same COPY into a table with the index by which the
# meter finds an instance's facts. Runs are folded to one row a minute on the way, so a journal record is less than a row.
# SESSIONS (20000), RUNS of each (3) and ROUNDS (5) may be set.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export SESSIONS=${SESSIONS:-20000} RUNS=${RUNS:-3} ROUNDS=${ROUNDS:-5}

work=$(mktemp -d -p /var/tmp)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
"${BUILD:-build}/bench/ingest" "$work" "$SESSIONS" "$RUNS" "$ROUNDS" >"$work/rounds"

python3 - "$work/rounds" <<'PYTHON'
import statistics
import sys

rounds = [[int(word) for word in line.split()] for line in open(sys.argv[1])]
records, rows = rounds[0][:2]
print(f"{records} records of the journal, {rows} rows, {len(rounds)} rounds")
print(f"{'':16}{'rows/s':>12}{'records/s':>12}")
for name, column in (("shipper", 2), ("bare COPY", 3), ("indexed COPY", 5)):
    seconds = statistics.median(r[column] for r in rounds) / 1e6
    tail = f"{records / seconds:12.0f}" if column == 2 else ""
    print(f"{name:16}{rows / seconds:12.0f}{tail}")
cpu = statistics.median(r[4] for r in rounds) / rows
print(f"{'its own CPU':16}{cpu:12.2f} µs a row: reading, parsing, hashing, writing")
ratios = [r[3] / r[2] for r in rounds]
print(f"{'ratio':16}{statistics.median(ratios):12.3f}   (aim: at least 0.900; "
      f"rounds {min(ratios):.3f} to {max(ratios):.3f})")
ratios = [r[5] / r[2] for r in rounds]
print(f"{'to indexed COPY':16}{statistics.median(ratios):12.3f}   (into a table partitioned and indexed "
      f"as facts are; rounds {min(ratios):.3f} to {max(ratios):.3f})")
PYTHON
