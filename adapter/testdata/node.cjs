// Writes node.txt: what two servers made with the npm package socket.io say to each other
// by its cluster adapter, one message on a line, behind what it is about and a tab.
//
//   npm install --prefix DIR socket.io@4.8.4
//   NODE_PATH=DIR/node_modules node adapter/testdata/node.cjs > adapter/testdata/node.txt
//
// IDs of requests and sockets, and times, differ from run to run.
const http = require("http");
const { Server } = require("socket.io");
const { ClusterAdapterWithHeartbeat } = require("socket.io-adapter");
const { WebSocket } = require(require.resolve("ws", { paths: [require.resolve("engine.io")] }));

const adapters = [];
let about = "start";

class Recording extends ClusterAdapterWithHeartbeat {
  constructor(nsp) {
    super(nsp, {});
    adapters.push(this);
    this.uid = String(adapters.length).repeat(16);
  }
  async doPublish(message) {
    const text = JSON.stringify(message);
    console.log(`${about}\t${text}`);
    setImmediate(() => adapters.forEach((other) => other !== this && other.onMessage(JSON.parse(text))));
  }
  async doPublishResponse(_uid, response) {
    return this.doPublish(response);
  }
}

const serve = (web) => new Server(web, { adapter: Recording, transports: ["websocket"], serveClient: false });
const settled = () => new Promise((resolve) => setTimeout(resolve, 100));

async function client(port, auth) {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket&x=1&x=2`, { headers: { origin: "http://page.test", "x-list": ["a", "b"] } });
  ws.on("message", (data) => {
    const text = String(data);
    if (text.startsWith("0")) ws.send(`40${auth}`);
    const asked = text.match(/^42(\d+)\["ask"/);
    if (asked) ws.send(`43${asked[1]}[{"answer":"ja \\"é\\u2028"},"superfluous"]`);
    const empty = text.match(/^42(\d+)\["nod"/);
    if (empty) ws.send(`43${empty[1]}[]`);
  });
  await settled();
  return ws;
}

async function main() {
  const web = [http.createServer(), http.createServer()];
  const [here, there] = web.map(serve);
  await Promise.all(web.map((w) => new Promise((resolve) => w.listen(0, "127.0.0.1", resolve))));
  await settled();
  there.on("connection", (socket) => {
    socket.join(["r", "ü \"quoted\" \n"]);
    socket.data = { user: "Ada <>&", n: [1, 2.5, null] };
  });
  await client(web[1].address().port, '{"token":"t"}');
  await client(web[1].address().port, "");

  const step = async (name, f) => {
    about = name;
    await f();
    await settled();
  };
  await step("broadcast", () => here.emit("event", 1, "two", { three: [null, true] }));
  await step("broadcast to rooms", () => here.to(["a", "b"]).except("c").emit("event"));
  await step("broadcast volatile", () => here.volatile.emit("event", "é \u2028 \ud83d\ude00 \ud800 <>&"));
  await step("broadcast uncompressed", () => here.compress(false).to("a").emit("event"));
  await step("broadcast with acks", () => here.timeout(1000).to("r").emitWithAck("ask", "?"));
  await step("broadcast with empty acks", () => here.timeout(1000).to("r").emitWithAck("nod"));
  await step("join", () => here.in("r").socketsJoin(["s", "t"]));
  await step("leave", () => here.socketsLeave("t"));
  await step("fetch", () => here.in("r").fetchSockets());
  there.on("plain", () => {});
  there.on("call", (q, answer) => answer({ echo: q }, "superfluous"));
  there.on("empty", (answer) => answer());
  await step("server side", () => here.serverSideEmit("plain", 1, { a: "b" }));
  await step("server side with ack", () => here.serverSideEmitWithAck("call", "q"));
  await step("server side with empty ack", () => here.serverSideEmitWithAck("empty"));
  await step("disconnect", () => here.in("r").disconnectSockets());
  await step("disconnect and close", () => here.disconnectSockets(true));
  await step("end", () => here.close());
  process.exit(0);
}

main();
