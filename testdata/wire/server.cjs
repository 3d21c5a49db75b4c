// The server that the transcripts in this directory are about, made with the npm package
// socket.io, to play them to the reference implementation:
//
//   npm install --prefix DIR socket.io@4.8.4
//   NODE_PATH=DIR/node_modules PORT=3456 node testdata/wire/server.cjs
//   TARGET=127.0.0.1:3456 go test -count=1 -run TestTranscriptsAtTarget .
//
// Its Go counterpart is in transcripts_test.go. Each server has the path /NAME/.
const http = require("http");
const { Server } = require("socket.io");

const web = http.createServer();

serve("socket.io", {});
serve("fast", { pingInterval: 300, pingTimeout: 200, upgradeTimeout: 300, connectTimeout: 400, maxHttpBufferSize: 1000 });
serve("cors", { cors: { origin: "http://page.test", credentials: true, allowedHeaders: "x-custom" } });
serve("wsonly", { transports: ["websocket"] });
serve("noupgrade", { allowUpgrades: false });
serve("guard", { allowRequest: (req, answer) => answer("no entry", req.url.includes("pass=yes")) });
serve("recovery", { connectionStateRecovery: { maxDisconnectionDuration: 60000 } });
serve("cookie", { cookie: true });
serve("greeting", { initialPacket: "hello" });
serve("eio3", { allowEIO3: true, pingInterval: 300, pingTimeout: 200 });

web.listen(Number(process.env.PORT ?? 3456), "127.0.0.1", () => console.log("listening"));

function serve(name, options) {
  const io = new Server(web, { path: `/${name}/`, serveClient: false, ...options });

  io.on("connection", (socket) => {
    socket.emit("auth", socket.handshake.auth);
    socket.on("message", (...args) => socket.emit("message-back", ...args));
    socket.on("message-with-ack", (...args) => args.pop()(...args));
    socket.on("ask", (...args) => {
      socket.emit("question", ...args, (...answer) => socket.emit("answer", ...answer));
    });
    socket.on("tell", (...args) => socket.broadcast.emit("told", ...args));
    socket.on("leave", (close) => socket.disconnect(close));
  });

  io.of("/custom").on("connection", (socket) => socket.emit("auth", socket.handshake.auth));

  io.of("/members").use((socket, next) => {
    if (socket.handshake.auth.token === "secret") return next();
    const error = new Error("not a member");
    error.data = { code: 7, retry: false };
    next(error);
  });

  io.of(/^\/tenant-\d+$/).on("connection", (socket) => socket.emit("auth", socket.handshake.auth));

  io.of("/early").use((socket, next) => {
    socket.emit("early", 1);
    next();
  });
  io.of("/early").on("connection", (socket) => socket.emit("late", 2));

  io.of("/watch").on("connection", (socket) => {
    socket.on("leave", (close) => socket.disconnect(close));
    socket.on("disconnect", (reason) => io.of("/watch").emit("gone", reason));
  });
}
