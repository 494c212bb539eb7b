#!/usr/bin/env bash
# Runs a client test against an origin of its own that serves the bundled engine under the API
# document's model name: with_origin.sh TOLLGATE ENGINE_DIR COMMAND…
# In the command, @URL@ is replaced by the origin's URL.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOLLGATE=$1
ENGINE=$2
shift 2
FOLDER=$(mktemp -d)
ORIGIN=
finish() {
    if [ -n "$ORIGIN" ]; then
        kill -INT "$ORIGIN" 2>/dev/null || true
        wait "$ORIGIN" || true
    fi
    rm -rf "$FOLDER"
}
trap finish EXIT

[ -f "$ENGINE/.installed" ] || { echo "no engine in $ENGINE: ./dev build installs it" >&2; exit 1; }
"$TOLLGATE" origin --set origin.listen=127.0.0.1:0 --set "data_dir=$FOLDER/data" \
    --set "origin.models=$HERE/models.json" --set "origin.engine_dir=$ENGINE" \
    --set origin.keys=demo-key >"$FOLDER/log" 2>&1 &
ORIGIN=$!
URL=
for _ in $(seq 200); do
    URL=$(sed -n 's/^origin ready on //p' "$FOLDER/log")
    [ -n "$URL" ] && break
    kill -0 "$ORIGIN" 2>/dev/null || break
    sleep 0.1
done
[ -n "$URL" ] || { cat "$FOLDER/log" >&2; exit 1; }
status=0
"${@//@URL@/$URL}" || status=$?
[ $status = 0 ] || cat "$FOLDER/log" >&2
exit $status
