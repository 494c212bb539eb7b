#!/usr/bin/env bash
# CPU of `tollgate rate` over a million sessions beside `jq -c .` on the same file. Rounds are
# interleaved, so that what the machine does meanwhile hits both alike; the table shows medians of
# CPU seconds (user and system) and the median of the rounds' ratios. The aim is 0.15.
# SESSIONS (1000000), ROUNDS (3) and TIMEZONE (America/New_York) may be set.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export SESSIONS=${SESSIONS:-1000000} ROUNDS=${ROUNDS:-3} TIMEZONE=${TIMEZONE:-America/New_York}
export TOLLGATE=${TOLLGATE:-$PWD/build/tollgate}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 bench/make_sessions.py "$SESSIONS" >"$work/sessions.jsonl"

python3 - "$work/sessions.jsonl" <<'PYTHON'
import os
import statistics
import subprocess
import sys

plan = "config/plans/bytez-2024-06.json"
commands = {
    "tollgate rate": [os.environ["TOLLGATE"], "rate", "--plan", plan,
                      "--timezone", os.environ["TIMEZONE"]],
    "jq -c .": ["jq", "-c", "."],
}


def run(command):
    """CPU seconds and the largest resident size in MiB."""
    with open(sys.argv[1], "rb") as sessions, open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(command, stdin=sessions, stdout=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed with status {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


results = {name: [] for name in commands}
for _ in range(int(os.environ["ROUNDS"])):
    for name, command in commands.items():
        results[name].append(run(command))

ratios = [ours[0] / theirs[0] for ours, theirs in zip(*results.values())]
size = os.path.getsize(sys.argv[1]) / 1e6
print(f"{os.environ['SESSIONS']} sessions, {size:.0f} MB, {len(ratios)} rounds")
print(f"{'':16}{'CPU s':>8}{'µs/line':>10}{'MiB':>8}")
for name, rounds in results.items():
    seconds = statistics.median(r[0] for r in rounds)
    line = seconds * 1e6 / int(os.environ["SESSIONS"])
    print(f"{name:16}{seconds:8.2f}{line:10.2f}{max(r[1] for r in rounds):8.1f}")
print(f"{'ratio':16}{statistics.median(ratios):8.3f}   (aim: at most 0.150; "
      f"rounds {min(ratios):.3f} to {max(ratios):.3f})")
PYTHON
