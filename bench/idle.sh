#!/usr/bin/env bash
# 10,000 idle keep-alive clients and 5,000 slow streams (a chunk each 100 ms) on one gateway and, in
# the same round, on one nginx (proxy_buffering off, as streams need it): resident memory per
# connection (a stream has two, the client's and the upstream's), and meanwhile 200 control calls,
# POST /model/status, one each 50 ms. "Longest wait" is that of any stream between two of its chunks.
# CLIENTS, STREAMS, INTERVAL (of the chunks, ms) and ROUNDS (2) may be set.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. bench/peers.bash
rounds=${ROUNDS:-2}
clients=${CLIENTS:-10000}
streams=${STREAMS:-5000}
interval=${INTERVAL:-100}
calls=200

# Where the limit of open files cannot be raised, one process may be unable to hold all of it.
ulimit -n $((clients + 2 * streams + 200)) 2>/dev/null || ulimit -n "$(ulimit -Hn)"
most=$((($(ulimit -n) - clients - 200) / 2))
[ "$most" -gt 0 ] || { echo "the limit of $(ulimit -n) open files is too low" >&2; exit 1; }
[ "$streams" -le "$most" ] || { streams=$most; echo "(the limit of $(ulimit -n) open files: $streams streams)"; }

# hold NAME KIND COUNT PATH: until all of them are there. Their descriptor: held[KIND].
declare -A held holder
hold() {
    mkfifo "$work/$2.end"
    "$bin/hold_clients" "http://127.0.0.1:${port[$1]}$4" "$3" "$2" \
        <"$work/$2.end" >"$work/$2.txt" 2>"$work/$2.log" &
    holder[$2]=$!
    started+=("$!")
    exec {held[$2]}>"$work/$2.end"
    for _ in $(seq 600); do
        grep -q ready "$work/$2.txt" && return
        kill -0 "${holder[$2]}" 2>/dev/null || break
        sleep 0.1
    done
    echo "$1: $3 $2 clients are not served" >&2
    cat "$work/$2.log" >&2
    exit 1
}

# let_go KIND: what it saw is the last line of its file.
let_go() {
    eval "exec ${held[$1]}>&-"
    wait "${holder[$1]}"
    unset 'started[-1]'
    rm "$work/$1.end"
}

call_control() {
    timeout 60 "$bin/steady_load" "http://127.0.0.1:${port[$1]}/model/status" 20 $((calls / 20)) 20 \
        --warm 1 --body '{"model":"openai-community/gpt2"}'
}

measure() {
    local name=$1 calls_seen fresh idle full before after alone
    alone=$(call_control "$name")
    fresh=$(resident "$name")
    hold "$name" idle "$clients" /model/status
    idle=$(resident "$name")
    hold "$name" stream "$streams" /model/run
    before=$(cpu_nanos "$name")
    calls_seen=$(call_control "$name")
    after=$(cpu_nanos "$name")
    full=$(resident "$name")
    let_go stream
    let_go idle
    echo "name $name fresh $fresh idle $idle full $full cpu $(((after - before) / (calls / 20 + 1)))" \
        "alone_p99 $(awk '{print $6}' <<<"$alone") $calls_seen $(tail -n 1 "$work/stream.txt")" \
        "idle_lost $(awk '/lost/ { print $4 }' "$work/idle.txt")" >>"$work/results.txt"
}

start_upstream direct --stream 20 --interval "$interval"
for _ in $(seq "$rounds"); do
    names=(nginx gateway)
    start_nginx nginx direct 32768 'proxy_buffering off;'
    start_gateway gateway direct
    for name in "${names[@]}"; do measure "$name"; done
    stop "${names[@]}"
done

python3 - "$work/results.txt" "$clients" "$streams" "$interval" <<'PY'
import collections, statistics, sys
titles = {"nginx": "nginx", "gateway": "Tollgate"}
clients, streams, interval = (int(word) for word in sys.argv[2:])
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    words = line.split()
    row = dict(zip(words[::2], words[1::2]))
    rows[row.pop("name")].append({key: float(value) for key, value in row.items()})

def spread(values, digits):
    return (f"{statistics.median(values):,.{digits}f} ± {(max(values) - min(values)) / 2:,.{digits}f}")

print(f"{clients:,} idle clients, then {streams:,} streams beside them, a chunk each {interval} ms")
print("| proxy | fresh MiB | all MiB | kB per idle client | kB per stream | CPU of one core "
      "| control p50 ms | control p99 ms | alone p99 ms | longest wait of a stream ms | lost, errors |")
print("|---|---|---|---|---|---|---|---|---|---|---|")
failed = 0
for name in titles:
    mine = rows.get(name)
    if not mine:
        continue
    column = lambda make, digits: spread([make(row) for row in mine], digits)
    bad = sum(int(r["lost"] + r["idle_lost"] + r["errors"] + r["not2xx"]) for r in mine)
    failed += bad if name == "gateway" else 0
    print(f"| {titles[name]} | {column(lambda r: r['fresh'] / 1024, 1)} "
          f"| {column(lambda r: r['full'] / 1024, 1)} "
          f"| {column(lambda r: (r['idle'] - r['fresh']) * 1.024 / clients, 2)} "
          f"| {column(lambda r: (r['full'] - r['idle']) * 1.024 / streams, 2)} "
          f"| {column(lambda r: r['cpu'] / 1e9, 2)} "
          f"| {column(lambda r: r['p50'] / 1000, 2)} | {column(lambda r: r['p99'] / 1000, 2)} "
          f"| {column(lambda r: r['alone_p99'] / 1000, 2)} "
          f"| {column(lambda r: r['longest_wait'], 0)} | {bad} |")
sys.exit(1 if failed else 0)
PY
