#!/usr/bin/env bash
# The official client, unmodified, against a base URL: test.sh INSTALL_DIR BASE_URL KEY
# Installs bytez.js from npm into INSTALL_DIR where it is not there yet.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
INSTALL=$1
NODE=${NODE:-node}
mkdir -p "$INSTALL"
cp "$HERE"/{package.json,package-lock.json,redirect.cjs,session.cjs} "$INSTALL/"
cd "$INSTALL"
(
    flock -w 120 9
    if [ ! -f node_modules/bytez.js/package.json ]; then
        timeout 120 npm ci --ignore-scripts --no-audit --no-fund --omit=dev >npm.log 2>&1 || {
            tail -n 15 npm.log >&2
            echo "npm could not install bytez.js: is the registry reachable?" >&2
            exit 1
        }
    fi
) 9>.lock
BASE_URL=$2 KEY=$3 exec timeout 150 "$NODE" --require ./redirect.cjs session.cjs
