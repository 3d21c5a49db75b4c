import { ask, connected, equal, play, until } from "../internal/official/official.mjs";

play(async (url) => {
  const [polling, webSocket] = await Promise.all([
    connected(url, { transports: ["polling"] }),
    connected(url, { transports: ["websocket"] }),
  ]);
  equal(await ask(polling, "work", "it"), "it is done", "the answer");
  webSocket.emit("work", "");
  webSocket.emit("made up", 1);

  const work = `{event="work",namespace="/"}`;
  const want = {
    socket_io_connected: 2,
    socket_io_connect_total: 2,
    'socket_io_transport_connections{transport="polling"}': 1,
    'socket_io_transport_connections{transport="websocket"}': 1,
    [`socket_io_events_received_total${work}`]: 2,
    [`socket_io_handler_duration_seconds_count${work}`]: 2,
    [`socket_io_errors_total${work}`]: 1,
    'socket_io_events_received_total{event="other",namespace="/"}': 1,
  };
  let got;
  await until("the figures to be right", async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    got = Object.fromEntries(Object.keys(want).map((name) => [name, value(text, name)]));
    return JSON.stringify(got) === JSON.stringify(want);
  }).catch(() => equal(got, want, "the figures"));
  return "Prometheus finds who is connected, what they do, how long that takes, and what fails";
});

/** The value of a figure in what Prometheus reads. */
function value(text, name) {
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return line && Number(line.slice(name.length));
}
