#!/usr/bin/env bash
# CPU per proxied request and requests/s of POST /model/run through the gateway, journal off and on,
# beside nginx's proxy_pass (upstream keep-alive, access log off). Rounds are interleaved, so that
# what the machine does meanwhile hits all alike; the table shows medians and, behind ±, half the
# spread of the rounds. SECONDS_PER_RUN (2) and ROUNDS (3) may be set.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
bin=${TOLLGATE_BENCH_BIN:-$PWD/build/bench}
seconds=${SECONDS_PER_RUN:-2}
rounds=${ROUNDS:-3}
connections=${CONNECTIONS:-1 16 64 256}

work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT

free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }
wait_for_port() {
    for _ in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.05
    done
    echo "nothing listens on port $1" >&2
    exit 1
}

upstream=$(free_port)
"$bin/fast_upstream" "$upstream" & pids+=($!)
wait_for_port "$upstream"

declare -A port pid
port[nginx]=$(free_port)
cat >"$work/nginx.conf" <<CONF
worker_processes 1;
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path $work/body; proxy_temp_path $work/proxy;
    fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
    keepalive_requests 100000000;
    upstream up { server 127.0.0.1:$upstream; keepalive 512; keepalive_requests 100000000; }
    server {
        listen 127.0.0.1:${port[nginx]} backlog=4096;
        location / {
            proxy_pass http://up; proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
}
CONF
nginx=$(command -v nginx || echo /usr/sbin/nginx)
"$nginx" -c "$work/nginx.conf" -p "$work" 2>/dev/null & pids+=($!); pid[nginx]=$!
port[gateway]=$(free_port)
"$bin/gateway_only" "127.0.0.1:${port[gateway]}" "http://127.0.0.1:$upstream" 1 2>"$work/gateway.log" &
pids+=($!); pid[gateway]=$!
port[durable]=$(free_port)
"$bin/gateway_only" "127.0.0.1:${port[durable]}" "http://127.0.0.1:$upstream" 1 \
    "$work/journal" 2>"$work/durable.log" &
pids+=($!); pid[durable]=$!
for name in nginx gateway durable; do wait_for_port "${port[$name]}"; done

cat >"$work/run.lua" <<'LUA'
wrk.method = "POST"
wrk.path = "/model/run"
wrk.headers["Authorization"] = "Key 0123456789abcdef0123456789abcdef"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "*/*"
wrk.headers["User-Agent"] = "bench/1.0 (a client of usual length)"
wrk.body = '{"model":"openai-community/gpt2","prompt":"Once upon a time there was a small house at the edge of the wood","params":{"min_length":30,"max_length":256}}'
LUA

# CPU ticks of a process, its threads and its children (nginx's worker).
ticks() {
    local total=0 process
    for process in "$1" $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
        total=$((total + $(awk '{print $14 + $15}' "/proc/$process/stat")))
    done
    echo "$total"
}

hertz=$(getconf CLK_TCK)
for round in $(seq 0 "$rounds"); do
    for count in $connections; do
        for name in nginx gateway durable; do
            # Round 0 warms up: pages, connections, journal segments.
            length=$([ "$round" = 0 ] && echo 1 || echo "$seconds")
            before=$(ticks "${pid[$name]}")
            wrk -t1 -c"$count" -d"${length}s" -s "$work/run.lua" --latency \
                "http://127.0.0.1:${port[$name]}/" >"$work/wrk.txt" 2>&1
            after=$(ticks "${pid[$name]}")
            [ "$round" = 0 ] && continue
            awk -v ticks=$((after - before)) -v hertz="$hertz" -v key="$count $name" '
                / requests in / { requests = $1 }
                /Requests\/sec/ { rate = $2 }
                /50%/ { median = $2 }
                /Non-2xx/ { bad = $NF }
                END { printf "%s %.3f %.0f %s %d\n", key, ticks * 1e6 / hertz / requests, rate,
                             median, bad }' "$work/wrk.txt" >>"$work/results.txt"
        done
    done
done

python3 - "$work/results.txt" <<'PY'
import collections, statistics, sys
rows = collections.defaultdict(list)
bad = 0
for line in open(sys.argv[1]):
    count, name, cpu, rate, median, errors = line.split()
    rows[int(count), name].append((float(cpu), float(rate), median))
    bad += int(errors)
print("| connections | nginx µs/request | nginx requests/s | CPU: gateway | CPU: durable "
      "| requests/s: gateway | requests/s: durable | p50 nginx / gateway / durable |")
print("|---|---|---|---|---|---|---|---|")
for count in sorted({key[0] for key in rows}):
    def ratio(name, field):
        ratios = [mine[field] / theirs[field]
                  for mine, theirs in zip(rows[count, name], rows[count, "nginx"])]
        return f"{statistics.median(ratios):.2f} ± {(max(ratios) - min(ratios)) / 2:.2f}"
    nginx = rows[count, "nginx"]
    medians = " / ".join(rows[count, name][-1][2] for name in ("nginx", "gateway", "durable"))
    print(f"| {count} | {statistics.median(r[0] for r in nginx):.1f} "
          f"| {statistics.median(r[1] for r in nginx):.0f} "
          f"| {ratio('gateway', 0)} | {ratio('durable', 0)} "
          f"| {ratio('gateway', 1)} | {ratio('durable', 1)} | {medians} |")
print(f"(ratios to nginx of the same round; answers that were not 2xx: {bad})")
sys.exit(1 if bad else 0)
PY
