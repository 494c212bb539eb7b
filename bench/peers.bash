# What the proxy's benchmarks share: the processes that they start, end and measure, and the proxies
# that stand beside ours, each with one thread, keep-alive on both sides and no access log. To be
# sourced; sets work (a directory), port[NAME] and pid[NAME], and ends at exit what it has started.
bin=${TOLLGATE_BENCH_BIN:-$PWD/build/bench}
work=$(mktemp -d)
declare -A port pid
started=()
missing=() # peers that are not on this machine

# end PROCESS: asked to, and after five seconds made to.
end() {
    local _
    kill "$1" 2>/dev/null || true
    for _ in $(seq 50); do kill -0 "$1" 2>/dev/null && sleep 0.1 || break; done
    kill -9 "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

finish() {
    trap '' INT TERM
    local process
    for process in "${started[@]}"; do end "$process"; done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }

# start NAME COMMAND…: in the background, until it listens on port[NAME].
start() {
    local name=$1 _
    shift
    "$@" >"$work/$name.log" 2>&1 &
    pid[$name]=$!
    started+=("${pid[$name]}")
    for _ in $(seq 300); do
        kill -0 "${pid[$name]}" 2>/dev/null || break
        (exec 3<>"/dev/tcp/127.0.0.1/${port[$name]}") 2>/dev/null && return
        sleep 0.05
    done
    echo "$name does not listen on port ${port[$name]}" >&2
    cat "$work/$name.log" >&2
    exit 1
}

# stop NAME…: ended before others take their names.
stop() {
    local name process rest
    for name in "$@"; do
        rest=()
        for process in "${started[@]}"; do
            [ "$process" = "${pid[$name]}" ] || rest+=("$process")
        done
        started=("${rest[@]}")
        end "${pid[$name]}"
    done
}

# start_upstream NAME [OPTION]…
start_upstream() {
    local name=$1
    shift
    port[$name]=$(free_port)
    start "$name" "$bin/fast_upstream" "${port[$name]}" "$@"
}

# start_gateway NAME UPSTREAM [JOURNAL_DIRECTORY]
start_gateway() {
    port[$1]=$(free_port)
    start "$1" "$bin/gateway_only" "127.0.0.1:${port[$1]}" "http://127.0.0.1:${port[$2]}" 1 "${@:3}"
}

# start_nginx NAME UPSTREAM [CONNECTIONS [DIRECTIVES]]: clients' and upstream's together.
start_nginx() {
    port[$1]=$(free_port)
    mkdir -p "$work/$1"
    cat >"$work/$1.conf" <<CONF
worker_processes 1;
daemon off;
pid $work/$1/nginx.pid;
error_log $work/$1/error.log;
events { worker_connections ${3:-4096}; }
http {
    access_log off;
    client_body_temp_path $work/$1/body; proxy_temp_path $work/$1/proxy;
    fastcgi_temp_path $work/$1/f; uwsgi_temp_path $work/$1/u; scgi_temp_path $work/$1/s;
    keepalive_requests 100000000;
    upstream up { server 127.0.0.1:${port[$2]}; keepalive 512; keepalive_requests 100000000; }
    server {
        listen 127.0.0.1:${port[$1]} backlog=4096;
        location / {
            proxy_pass http://up; proxy_http_version 1.1;
            proxy_set_header Connection "";
            ${4:-}
        }
    }
}
CONF
    start "$1" "$(command -v nginx || echo /usr/sbin/nginx)" -c "$work/$1.conf" -p "$work/$1"
}

# start_haproxy NAME UPSTREAM [CLIENTS]: false where there is none.
start_haproxy() {
    local haproxy
    haproxy=$(PATH=$PATH:/usr/sbin command -v haproxy) || { missing+=("HAProxy"); return 1; }
    port[$1]=$(free_port)
    cat >"$work/$1.conf" <<CONF
global
    nbthread 1
    maxconn ${3:-2048}
defaults
    mode http
    timeout connect 5s
    timeout client 300s
    timeout server 300s
    timeout http-keep-alive 75s
    http-reuse always
listen proxy
    bind 127.0.0.1:${port[$1]} backlog 4096
    maxconn ${3:-2048}
    server up 127.0.0.1:${port[$2]}
CONF
    start "$1" "$haproxy" -db -f "$work/$1.conf"
}

# start_portkey NAME: what users would otherwise pick, from `npm install @portkey-ai/gateway` in
# PORTKEY_DIR; false where that is not set. Its upstream is named by each request.
start_portkey() {
    local program=${PORTKEY_DIR:-/nonexistent}/node_modules/@portkey-ai/gateway/build/start-server.js
    if ! [ -f "$program" ] || ! command -v node >/dev/null; then
        missing+=("@portkey-ai/gateway (PORTKEY_DIR)")
        return 1
    fi
    port[$1]=$(free_port)
    start "$1" node "$program" --headless "--port=${port[$1]}"
}

say_missing() {
    [ ${#missing[@]} = 0 ] || printf 'Not found on this machine, so without a row: %s\n' \
        "$(printf '%s, ' "${missing[@]}" | sed 's/, $//')"
}

# CPU nanoseconds of a process, its threads and its children (nginx's worker): the scheduler's own
# count, because a tick is 10 ms.
cpu_nanos() {
    local process files=()
    for process in "${pid[$1]}" $(cat "/proc/${pid[$1]}/task/${pid[$1]}/children" 2>/dev/null); do
        files+=("/proc/$process/task/"*/schedstat)
    done
    awk '{ sum += $1 } END { printf "%.0f\n", sum }' "${files[@]}"
}

# Resident KiB of the same.
resident() {
    local process files=("/proc/${pid[$1]}/status")
    for process in $(cat "/proc/${pid[$1]}/task/${pid[$1]}/children" 2>/dev/null); do
        files+=("/proc/$process/status")
    done
    awk '/^VmRSS/ { sum += $2 } END { print sum }' "${files[@]}"
}
