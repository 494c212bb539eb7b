#!/usr/bin/env bash
# Sessions and charges from facts, from a cold start: the production meter beside SQL written for
# nothing but these facts (meter_peer.sql), over the same rows in the same cluster, into tables with
# the same keys and constraints; every account's seconds and amounts must agree to the last digit.
# Each round runs both from a fresh copy of the database. Then the curve: how long metering takes
# for 1 to 1,000 new sessions on books of 1,000 to CURVE sessions.
# SESSIONS (1000000), ACCOUNTS (10000), ROUNDS (3) and CURVE (100000; 0: none) may be set. A million
# sessions need about 15 GB of disk.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export SESSIONS=${SESSIONS:-1000000} ACCOUNTS=${ACCOUNTS:-10000} ROUNDS=${ROUNDS:-3}
CURVE=${CURVE:-100000}

work=$(mktemp -d -p /var/tmp)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
program=${BUILD:-build}/bench/meter
mkdir -m 755 "$work/cold" "$work/curve"
"$program" cold "$work/cold" "$SESSIONS" "$ACCOUNTS" "$ROUNDS" bench/meter_peer.sql >"$work/rounds"
rm -rf "$work/cold"

python3 - "$work/rounds" <<'PYTHON'
import os
import statistics
import sys

rounds = [[int(word) for word in line.split()] for line in open(sys.argv[1])]
sessions = rounds[0][0]
print(f"{sessions} sessions of {os.environ['ACCOUNTS']} accounts, {len(rounds)} rounds")
print(f"{'':16}{'seconds':>10}{'sessions/s':>12}")
for name, column in (("meter", 1), ("SQL", 2)):
    seconds = statistics.median(r[column] for r in rounds) / 1e6
    print(f"{name:16}{seconds:10.1f}{sessions / seconds:12.0f}")
ratios = [r[1] / r[2] for r in rounds]
print(f"{'ratio':16}{statistics.median(ratios):10.3f}   (aim: at most 1.000; "
      f"rounds {min(ratios):.3f} to {max(ratios):.3f})")
PYTHON

[ "$CURVE" -eq 0 ] && exit 0
"$program" curve "$work/curve" "$CURVE" 1000 >"$work/points"
python3 - "$work/points" <<'PYTHON'
import sys

points = [[int(word) for word in line.split()] for line in open(sys.argv[1])]
added = sorted({p[1] for p in points})
print("\nmilliseconds to meter new sessions, by how many are in the books")
print(f"{'sessions':>12}" + "".join(f"{'+' + str(n):>10}" for n in added))
for at in range(0, len(points), len(added)):
    row = points[at:at + len(added)]
    print(f"{row[0][0]:12}" + "".join(f"{p[2] / 1000:10.1f}" for p in row))
PYTHON
