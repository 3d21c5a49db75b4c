// The adapters and the emitter for Redis.

import { createAdapter as createClassic, createShardedAdapter } from "@socket.io/redis-adapter";
import { Emitter } from "@socket.io/redis-emitter";
import { createAdapter as createStreams } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";

export async function open(url, kind) {
  const client = createClient({ url });
  const subscriber = client.duplicate();
  await Promise.all([client.connect(), subscriber.connect()]);
  const adapters = {
    classic: () => createClassic(client, subscriber),
    sharded: () => createShardedAdapter(client, subscriber),
    streams: () => createStreams(client),
  };
  return { adapter: adapters[kind](), emitter: new Emitter(client) };
}
