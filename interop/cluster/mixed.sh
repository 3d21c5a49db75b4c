#!/bin/sh
# A server in Go and one for Node that are one over Redis. An official client on each then
# talks to the other's.
#
#   interop/cluster/mixed.sh [PORT]
#
# PORT is that of the redis-server, which it starts. It needs redis-server and sio on the PATH
# (go build -o sio ./cmd/sio), Node.js, and npm ci in interop/cluster.
set -eu

port=${1:-6390}
tree=$(cd "$(dirname "$0")/../.." && pwd)
logs=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; wait; rm -r "$logs"' EXIT
trap 'exit 1' INT TERM

# await FILE TEXT waits until a process has said something.
await() {
  tries=0
  until grep -qs "$2" "$logs/$1"; do
    tries=$((tries + 1))
    if [ $tries -gt 600 ]; then
      echo "it has not come to \"$2\":" && cat "$logs"/*
      exit 1
    fi
    sleep 0.1
  done
}

redis-server --bind 127.0.0.1 --port "$port" --save "" --dir "$logs" >"$logs/redis" 2>&1 &
pids=$!
await redis "Ready to accept connections"
sio serve --addr 127.0.0.1:0 --via "redis://127.0.0.1:$port" --drain 10ms >"$logs/go" 2>&1 &
pids="$pids $!"
node "$tree/interop/cluster/relay.mjs" "redis://127.0.0.1:$port" >"$logs/node" 2>&1 &
pids="$pids $!"
await go "server is running"
await node "the cluster has 2 servers"

url() { sed -n 's/^server is running at //p' "$logs/$1"; }
node "$tree/interop/cluster/pair.mjs" "$(url go)" "$(url node)"
