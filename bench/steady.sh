#!/usr/bin/env bash
# POST /model/run at constant rates, sent whatever the answers do (steady_load), through nginx,
# HAProxy and the gateway, journal off and on (and, at rates that it can take, @portkey-ai/gateway
# where PORTKEY_DIR names a folder with it); then with an upstream that takes 60 ms, and with one
# that takes 1.5 s, 5,100 in flight. "Added" is a latency through a proxy minus the same one of the
# same round sent to the upstream directly; rounds are interleaved; figures are medians and, behind
# ±, half the spread of the rounds. SECONDS_PER_RUN (4), ROUNDS (3), RATES, and SECTIONS
# ("instant 60ms 1500ms") may be set.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. bench/peers.bash
seconds=${SECONDS_PER_RUN:-4}
rounds=${ROUNDS:-3}
rates=${RATES:-500 1000 3000 6000 12000 18000 24000 30000}

# Each section has fresh processes, so that its memory is its own.
start_all() {
    start_upstream direct --delay "$1"
    names=(direct nginx gateway durable)
    start_nginx nginx direct 16384
    start_gateway gateway direct
    start_gateway durable direct "$work/journal-$1"
    if start_haproxy haproxy direct 8192; then names+=(haproxy); fi
    if [ "$1" = 0 ] && start_portkey portkey; then names+=(portkey); fi
}

# What asks NAME for the call; portkey forwards only those that it knows.
target() {
    path=/model/run
    fields=()
    [ "$1" = portkey ] || return 0
    path=/v1/chat/completions
    fields=(--header "x-portkey-provider: openai"
        --header "x-portkey-custom-host: http://127.0.0.1:${port[direct]}/v1")
}

# run SECTION RATE WARM NAME: a line of results, unless its round is 0.
run() {
    local section=$1 rate=$2 warm=$3 name=$4 before after memory load path fields
    target "$name"
    before=$(cpu_nanos "$name")
    timeout $((warm + seconds + 30)) "$bin/steady_load" "http://127.0.0.1:${port[$name]}$path" \
        "$rate" "$seconds" 8000 --warm "$warm" "${fields[@]}" >"$work/load.txt" &
    load=$!
    started+=("$load")
    sleep "$((warm + seconds - 1)).5"
    memory=$(resident "$name")
    wait "$load"
    unset 'started[-1]'
    after=$(cpu_nanos "$name")
    [ "$round" = 0 ] || echo "section $section rate $rate name $name memory $memory" \
        "cpu $(((after - before) / (rate * (warm + seconds)))) $(cat "$work/load.txt")" >>"$work/results.txt"
}

# measure SECTION DELAY_MS WARM RATE…
measure() {
    local section=$1 delay=$2 warm=$3 rate name
    shift 3
    [[ " ${SECTIONS:-instant 60ms 1500ms} " == *" $section "* ]] || return 0
    start_all "$delay"
    for round in $(seq 0 "$rounds"); do
        for rate in "$@"; do
            # Round 0 warms up: pages, connections, journal segments.
            [ "$round" = 0 ] && [ "$rate" != "${!#}" ] && continue
            for name in "${names[@]}"; do
                [ "$name" = portkey ] && [ "$rate" -gt 500 ] && continue
                run "$section" "$rate" "$warm" "$name"
            done
        done
    done
    stop "${names[@]}"
}

measure instant 0 1 $rates
measure 60ms 60 1 3000
measure 1500ms 1500 4 3400

python3 - "$work/results.txt" <<'PY'
import collections, statistics, sys
titles = {"direct": "no proxy", "nginx": "nginx", "haproxy": "HAProxy", "portkey": "@portkey-ai/gateway",
          "gateway": "Tollgate, journal off", "durable": "Tollgate, durable"}
sections = {"instant": "at once", "60ms": "60 ms", "1500ms": "1.5 s"}
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    words = line.split()
    row = dict(zip(words[::2], words[1::2]))
    rows[row["section"], int(row["rate"]), row["name"]].append(
        {key: float(value) for key, value in row.items() if key not in ("section", "name")})

def spread(values, digits):
    return (f"{statistics.median(values):,.{digits}f} ± {(max(values) - min(values)) / 2:,.{digits}f}")

def added(section, rate, name, field):
    base = rows[section, rate, "direct"]
    return [mine[field] - (theirs[field] if name != "direct" else 0)
            for mine, theirs in zip(rows[section, rate, name], base)]

print("| upstream answers | requests/s | proxy | achieved | CPU µs/request | CPU / nginx's "
      "| p50 added µs | p99 added µs | p99.9 added µs | resident MiB | errors + not 2xx |")
print("|---|---|---|---|---|---|---|---|---|---|---|")
best = {}
failed = 0
for section, rate in dict.fromkeys(key[:2] for key in rows):
    for name in titles:
        mine = rows.get((section, rate, name))
        if not mine:
            continue
        cpu = spread([a["cpu"] / b["cpu"] for a, b in zip(mine, rows[section, rate, "nginx"])], 2)
        latencies = [added(section, rate, name, field) for field in ("p50", "p99", "p999")]
        achieved = statistics.median(r["achieved"] for r in mine)
        errors, refused = (int(sum(r[field] for r in mine)) for field in ("errors", "not2xx"))
        if name in ("gateway", "durable"):
            failed += errors + refused
        if section == "instant" and achieved > 0.98 * rate and statistics.median(latencies[1]) < 1000:
            best[name] = max(best.get(name, 0), rate)
        print(f"| {sections[section]} | {rate:,} | {titles[name]} | {achieved:,.0f} "
              f"| {statistics.median(r['cpu'] for r in mine) / 1000:.1f} "
              f"| {'' if name == 'direct' else cpu} "
              f"| {' | '.join(spread(values, 0) for values in latencies)} "
              f"| {max(r['memory'] for r in mine) / 1024:.1f} | {errors} + {refused} |")
print("\nThe rows of no proxy show the floor: the upstream's own CPU, latencies and memory, and what "
      "the machine adds. CPU ratios are to nginx of the same round.")
if best:
    print("Highest of the rates with a median of p99 added below 1 ms: " +
          ", ".join(f"{titles[name]} {best[name]:,}" for name in titles if name in best and name != "direct"))
sys.exit(1 if failed else 0)
PY
say_missing
