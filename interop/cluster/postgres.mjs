// The adapter and the emitter for PostgreSQL, whose table is there already.

import { createAdapter } from "@socket.io/postgres-adapter";
import { Emitter } from "@socket.io/postgres-emitter";
import pg from "pg";

export async function open(connectionString) {
  const pool = new pg.Pool({ connectionString });
  pool.on("error", (error) => console.error(error));
  const errorHandler = (error) => console.error(error);
  return { adapter: createAdapter(pool, { errorHandler }), emitter: new Emitter(pool) };
}
