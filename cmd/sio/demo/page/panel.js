// The panel that shows the connection as it is: transport, upgrade, latency, returns.

import { show, timeOf } from "./language.js";

const $ = (id) => document.getElementById(id);

const LATENCY_EVERY_MS = 2000;
const LATENCY_LIMIT_MS = 10_000;
const CURVE_POINTS = 30;
const KEPT_EVENTS = 50;

/** Shows the state: idle, connecting, online, reconnecting or isCut. */
export function showState(state) {
  $("state").dataset.state = state;
  show($("state"), state);
}

/** Follows a socket from before it connects. */
export function follow(socket) {
  const manager = socket.io;
  let reconnections = -1; // the first connection is none
  let missed = 0; // what was missed comes before the word that we are connected again

  manager.on("open", () => followEngine(manager.engine));
  manager.on("reconnect_attempt", (attempt) => {
    showState("reconnecting");
    note("eventAttempt", { n: attempt });
  });

  socket.on("connect", () => {
    showState("online");
    if (++reconnections === 0) return;
    $("reconnections").textContent = reconnections;
    show($("recovery"), socket.recovered ? "recovered" : "anew", { n: missed });
    note(socket.recovered ? "eventRecovered" : "eventAnew");
  });
  socket.on("said", () => missed++);
  socket.on("connect_error", ({ message }) => note("eventFailed", { reason: message }));
  socket.on("disconnect", (reason) => {
    missed = 0;
    note("eventLost", { reason });
    showTransport(undefined);
    showState(reason === "forced close" ? "isCut" : "reconnecting");
  });
  measure(socket);
}

/** Shows how a connection has opened, and that it moves on. */
function followEngine(engine) {
  const opened = performance.now();
  showTransport(engine.transport.name);
  show($("upgrade"), "upgradeNone");
  note(engine.transport.name === "polling" ? "eventPolling" : "eventWebSocket");
  engine.once("upgrade", ({ name }) => {
    showTransport(name);
    show($("upgrade"), "upgradeTook", { ms: Math.round(performance.now() - opened) });
    note("eventUpgraded");
  });
}

function showTransport(name) {
  for (const step of $("path").children) {
    if (step.dataset.transport === name) step.setAttribute("aria-current", "true");
    else step.removeAttribute("aria-current");
  }
  show($("transport"), name ?? "none");
}

/** Adds a line to what has happened. */
function note(key, values) {
  const item = document.createElement("li");
  const when = document.createElement("time");
  when.textContent = timeOf(new Date());
  item.append(when, show(document.createElement("span"), key, values));
  $("events").prepend(item);
  while ($("events").childElementCount > KEPT_EVENTS) $("events").lastElementChild.remove();
}

/** Measures again and again how long an answer takes, while somebody looks at the page. */
async function measure(socket) {
  const latencies = [];
  for (;;) {
    if (socket.connected && !document.hidden) {
      const asked = performance.now();
      try {
        await socket.timeout(LATENCY_LIMIT_MS).emitWithAck("echo");
        latencies.push(performance.now() - asked);
        show($("latency"), "ms", { n: latencies.at(-1).toFixed(1) });
        draw(latencies.slice(-CURVE_POINTS));
      } catch {
        show($("latency"), "none");
      }
    }
    await new Promise((resolve) => setTimeout(resolve, socket.connected ? LATENCY_EVERY_MS : LATENCY_EVERY_MS / 10));
  }
}

/** Draws the curve of the latencies, the newest at the right. */
function draw(latencies) {
  const most = Math.max(...latencies);
  const points = latencies.map((latency, i) => {
    const x = 200 - ((latencies.length - 1 - i) * 200) / (CURVE_POINTS - 1);
    return `${x.toFixed(1)},${(38 - (latency / most) * 34).toFixed(1)}`;
  });
  $("curve").firstElementChild.setAttribute("points", points.join(" "));
}
