#!/usr/bin/env bash
# The gateway at full load with its Postgres away: requests/s, what the journal takes of the disk and
# the gateway of memory; then Postgres comes back, and how long until all is in the ledger, each run
# once. AWAY (120) is for how many seconds.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
PYTHONPATH=tests/endtoend exec python3 -B bench/outage.py "${AWAY:-120}"
