#!/usr/bin/env bash
# CPU per proxied request and requests/s of POST /model/run through the gateway, journal off and on,
# beside nginx's proxy_pass, HAProxy, and, where PORTKEY_DIR names a folder in which
# `npm install @portkey-ai/gateway` has run, that. Rounds are interleaved, so that what the machine
# does meanwhile hits all alike; the table shows medians and, behind ±, half the spread of the
# rounds. SECONDS_PER_RUN (2), ROUNDS (3) and CONNECTIONS ("1 16 64 256") may be set.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. bench/peers.bash
seconds=${SECONDS_PER_RUN:-2}
rounds=${ROUNDS:-3}
connections=${CONNECTIONS:-1 16 64 256}

start_upstream upstream
names=(nginx gateway durable)
start_nginx nginx upstream
start_gateway gateway upstream
start_gateway durable upstream "$work/journal"
if start_haproxy haproxy upstream; then names+=(haproxy); fi
if start_portkey portkey; then names+=(portkey); fi

cat >"$work/run.lua" <<'LUA'
wrk.method = "POST"
wrk.path = "/model/run"
wrk.headers["Authorization"] = "Key 0123456789abcdef0123456789abcdef"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "*/*"
wrk.headers["User-Agent"] = "bench/1.0 (a client of usual length)"
wrk.body = '{"model":"openai-community/gpt2","prompt":"Once upon a time there was a small house at the edge of the wood","params":{"min_length":30,"max_length":256}}'
LUA
# It forwards only the calls that it knows; this is the one that is nearest to a run.
cat "$work/run.lua" - >"$work/portkey.lua" <<LUA
wrk.path = "/v1/chat/completions"
wrk.headers["x-portkey-provider"] = "openai"
wrk.headers["x-portkey-custom-host"] = "http://127.0.0.1:${port[upstream]}/v1"
LUA

for round in $(seq 0 "$rounds"); do
    for count in $connections; do
        for name in "${names[@]}"; do
            # Round 0 warms up: pages, connections, journal segments.
            length=$([ "$round" = 0 ] && echo 1 || echo "$seconds")
            script=$([ "$name" = portkey ] && echo portkey || echo run)
            before=$(cpu_nanos "$name")
            timeout $((length + 30)) wrk -t1 -c"$count" -d"${length}s" -s "$work/$script.lua" \
                --latency "http://127.0.0.1:${port[$name]}/" >"$work/wrk.txt" 2>&1
            after=$(cpu_nanos "$name")
            [ "$round" = 0 ] && continue
            awk -v nanos=$((after - before)) -v key="$count $name" '
                / requests in / { requests = $1 }
                /Requests\/sec/ { rate = $2 }
                /50%/ { median = $2 }
                /Non-2xx/ { bad += $NF }
                /Socket errors/ { gsub(",", ""); bad += $4 + $6 + $8 + $10 }
                END { printf "%s %.3f %.0f %s %d\n", key, nanos / 1e3 / requests, rate,
                             median, bad }' "$work/wrk.txt" >>"$work/results.txt"
        done
    done
done

python3 - "$work/results.txt" <<'PY'
import collections, statistics, sys
titles = {"nginx": "nginx", "haproxy": "HAProxy", "portkey": "@portkey-ai/gateway",
          "gateway": "Tollgate, journal off", "durable": "Tollgate, durable"}
units = {"us": 1, "ms": 1000, "s": 1000000}
rows = collections.defaultdict(list)
bad = collections.Counter()
for line in open(sys.argv[1]):
    count, name, cpu, rate, median, errors = line.split()
    digits = median.rstrip("mus")
    rows[int(count), name].append((float(cpu), float(rate),
                                   float(digits) * units[median[len(digits):]] / 1000))
    bad[name] += int(errors)
print("| connections | proxy | CPU µs/request | CPU / nginx's | requests/s / nginx's | p50 ms |")
print("|---|---|---|---|---|---|")
for count in sorted({key[0] for key in rows}):
    for name in titles:
        mine = rows.get((count, name))
        if not mine:
            continue
        def ratio(field):
            ratios = [a[field] / b[field] for a, b in zip(mine, rows[count, "nginx"])]
            return f"{statistics.median(ratios):.2f} ± {(max(ratios) - min(ratios)) / 2:.2f}"
        print(f"| {count} | {titles[name]} | {statistics.median(r[0] for r in mine):.1f} "
              f"| {ratio(0)} | {ratio(1)} | {statistics.median(r[2] for r in mine):.2f} |")
print("\nRatios are to nginx of the same round. Answers that were not 2xx, and broken connections: "
      + ", ".join(f"{titles[name]} {bad[name]}" for name in titles if name in bad))
sys.exit(1 if bad["gateway"] + bad["durable"] else 0)
PY
say_missing
