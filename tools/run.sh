#!/bin/sh
# Runs tools/$1.ts under the pinned Node, after installing what package-lock.json asks for if that is not there yet.
# Everything is `exec`ed so that signals to npm reach the tool itself and nothing is left running.
set -eu
cd "$(dirname "$0")/.."
installed=node_modules/.installed-lock.json
if ! cmp -s package-lock.json "$installed"; then
  echo "Installing dependencies (once, about a minute)..." >&2
  # onnxruntime-node must not fetch CUDA libraries, whatever npm makes of allowScripts in package.json.
  ONNXRUNTIME_NODE_INSTALL=skip npm ci --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json "$installed"
fi
PATH="$PWD/node_modules/.bin:$PATH"
export PATH
# What Node has compiled once it reads back: the embedded services start in half the time.
NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE-$PWD/dist/.compile-cache}
export NODE_COMPILE_CACHE
tool=$1
shift
exec node_modules/.bin/node "tools/$tool.ts" "$@"
