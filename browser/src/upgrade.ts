import type { Engine } from "./engine.js";
import type { EnginePacket } from "./engine-packet.js";
import { remembered } from "./page.js";
import { Polling } from "./transport-polling.js";
import type { Transport } from "./transport.js";

/** How long WebTransport may take to show that it works before WebSocket is tried, in milliseconds. */
const headStart = 200;

/**
 * Tries better transports beside the one in use. The first that answers a probe gets the
 * session, after polling has come to rest: a packet that is still on its way there would
 * be overtaken. Returns what ends all of it.
 *
 * @internal
 */
export function upgradeFrom(engine: Engine, names: string[]): () => void {
  const stops = names.map((name) => {
    const transport = engine._create(name);
    const wait = name === "websocket" && names.includes("webtransport") ? headStart : 0;
    return probe(engine, transport, wait, () => stops.forEach((stop) => stop(transport)));
  });
  return () => stops.forEach((stop) => stop());
}

/**
 * Tries one transport. It calls `won` when that one is to be used; the function it
 * returns gives up, unless for this very transport.
 */
function probe(engine: Engine, transport: Transport, wait: number, won: () => void): (winner?: Transport) => void {
  let over = false;
  const stopTimer = engine._later(() => transport._connect(), wait);

  const stop = (winner?: Transport) => {
    if (over || winner === transport) return;
    over = true;
    stopTimer();
    transport.off().close();
  };

  const failed = (cause: unknown) => {
    if (over) return;
    stop();
    engine.emit("upgradeError", Object.assign(new Error("probe error", { cause }), { transport: transport.name }));
  };

  const switchOver = async () => {
    won();
    engine.upgrading = true;
    engine.emit("upgrading", transport);
    const { transport: old } = engine;
    if (old instanceof Polling) await old._pause();
    if (engine.readyState === "closed") return;
    const lost = over;
    over = true;
    if (lost) {
      (old as Polling)._resume();
    } else {
      remembered.websocket = transport.name === "websocket";
      engine._use(transport.off());
      transport._send([{ type: "upgrade" }]);
    }
    engine.upgrading = false;
    if (!lost) engine.emit("upgrade", transport);
    engine._flush();
  };

  transport
    .once("open", () => transport._send([{ type: "ping", data: "probe" }]))
    .once("packet", ({ type, data }: EnginePacket) => {
      if (over) return;
      if (type === "pong" && data === "probe") switchOver();
      else failed(data);
    })
    .on("error", failed)
    .on("close", failed);
  return stop;
}
