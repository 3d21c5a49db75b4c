import { createHash, randomBytes } from "node:crypto";
import { client, equal, next, play } from "../internal/official/official.mjs";

play(async (url) => {
  const socket = client(url, { reconnection: true, reconnectionDelay: 50 });
  await next(socket, "connect");
  const ask = (event, data) => socket.timeout(20_000).emitWithAck(event, data);
  const file = randomBytes(3_000_000);
  const name = `${randomBytes(8).toString("hex")}.bin`;

  const progress = [];
  for (let done = await ask("uploaded", name); done < file.length; progress.push(done)) {
    const piece = { file: name, offset: done, data: file.subarray(done, done + 100_000) };
    if (progress.length === 10) socket.io.engine.close(); // the connection is lost, before or after the piece has arrived
    done = await ask("piece", piece).catch(() => ask("uploaded", name));
  }
  equal(progress, progress.toSorted((a, b) => a - b), "the progress, which never goes back,");
  equal(await ask("sha256", name), createHash("sha256").update(file).digest("hex"), "the SHA-256 of what the server has");

  equal(await ask("uploaded", "../secret"), { error: "a name is needed, without a path" }, "the answer to a path");
  return "3 MB in pieces, with a connection lost in between, arrive whole";
});
