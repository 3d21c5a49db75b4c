#!/bin/sh
# Two servers that are one, with nothing installed for it: each has a broker of NATS within,
# and finds that of the other. An official client on each then talks to the other's.
#
#   examples/nats-embedded/run.sh [ADDRESS ADDRESS]
#
# The addresses are those at which the brokers find each other. It needs sio on the PATH
# (go build -o sio ./cmd/sio), Node.js, and npm ci in interop/cluster.
set -eu

cluster=${1:-127.0.0.1:4000},${2:-127.0.0.1:4001}
tree=$(cd "$(dirname "$0")/../.." && pwd)
logs=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; wait; rm -r "$logs"' EXIT
trap 'exit 1' INT TERM

for name in one two; do
  sio serve --addr 127.0.0.1:0 --cluster "$cluster" --drain 10ms >"$logs/$name" 2>&1 &
  pids="$pids $!"
done

# await FILE TEXT waits until a server has said something.
await() {
  tries=0
  until grep -qs "$2" "$1"; do
    tries=$((tries + 1))
    if [ $tries -gt 600 ]; then
      echo "it has not come to \"$2\":" && cat "$logs"/*
      exit 1
    fi
    sleep 0.1
  done
}

for name in one two; do
  await "$logs/$name" "the cluster has 2 servers"
  sed "s/^/$name: /" "$logs/$name"
done
url() { sed -n 's/^server is running at //p' "$logs/$1"; }
node "$tree/interop/cluster/pair.mjs" "$(url one)" "$(url two)"
