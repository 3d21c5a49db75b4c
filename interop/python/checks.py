"""The checks that the clients of all languages run (internal/cmd/interop has the list), for
one of the two clients of python-socketio:

    TARGET=http://host:port CUT=http://host:port/ PEER=name python checks.py sync|asyncio

Each check prints one line: {"transport", "check"}, with "error" if it failed. A GET of CUT
cuts all connections of this process.
"""

import asyncio
import itertools
import json
import os
import sys
import urllib.request

import socketio

LIMIT = 40  # seconds for a check
LEAVE = 2  # seconds for a disconnect that nobody looks at
WAIT = 15  # seconds for a connection or an acknowledgement
TARGET, CUT, PEER = (os.environ[name] for name in ("TARGET", "CUT", "PEER"))

MODES = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
WORDS = ("ünïcödé, 你好, 🎈", "", 42, -1.5, None, [1, ["two"]], {"deep": {"er": [True, {}]}})


class Mismatch(Exception):
    """Something else came than what was expected."""


def equal(got, want, what):
    if got != want:
        raise Mismatch(f"{what}: expected {want!r}, got {got!r}")


class Sync:
    """Calls the client that blocks, in a thread of its own for each call."""

    @staticmethod
    def make(**options):
        """A client that handles messages in the order in which they come.

        By itself it starts a thread for each, and these overtake each other.
        """
        client = socketio.Client(**options)
        start = client.eio.start_background_task

        def start_in_order(target, *args, **kwargs):
            if target == client.eio.handlers["message"]:
                return target(*args)
            return start(target, *args, **kwargs)

        client.eio.start_background_task = start_in_order
        return client

    @staticmethod
    async def do(function, *args, **kwargs):
        return await asyncio.to_thread(function, *args, **kwargs)


class Asyncio:
    """Calls the client that does not block."""

    make = staticmethod(socketio.AsyncClient)

    @staticmethod
    async def do(function, *args, **kwargs):
        return await function(*args, **kwargs)


class Peer:
    """A client, and the events that it got."""

    def __init__(self, kind, mode, **options):
        self.kind = kind
        self.mode = mode
        self.loop = asyncio.get_running_loop()
        self.client = kind.make(**{"reconnection": False, **options})
        self.queues = {}

    async def connect(self, namespaces=("/",), auth=None):
        await self.kind.do(
            self.client.connect, TARGET, transports=MODES[self.mode], namespaces=list(namespaces), auth=auth, wait_timeout=WAIT
        )
        return self

    def expect(self, event, namespace="/", answer=None):
        """Returns a queue of the arguments of each such event; answer acknowledges it."""
        queue = asyncio.Queue()

        def handle(*args):
            self.loop.call_soon_threadsafe(queue.put_nowait, list(args))
            return answer(*args) if answer else None

        self.client.on(event, handle, namespace=namespace)
        return queue

    async def emit(self, event, *args, **options):
        await self.kind.do(self.client.emit, event, args, **options)

    async def ask(self, event, *args, **options):
        return await self.kind.do(self.client.call, event, args, timeout=WAIT, **options)

    def id(self, namespace="/"):
        return self.client.get_sid(namespace)

    async def close(self):
        self.client.reconnection = False
        if self.client.connected:
            # A client that leaves while it waits for the answer to a POST says nothing any
            # more. Nobody tells when what posts has gone on, right after the queue is done.
            await self.kind.do(self.client.eio.queue.join)
            await asyncio.sleep(0.02)
        await self.kind.do(self.client.disconnect)


class Context:
    """What a check gets: clients of one kind, on one transport."""

    names = itertools.count()

    def __init__(self, kind, mode):
        self.kind = kind
        self.mode = mode
        self.peers = []

    def peer(self, **options):
        peer = Peer(self.kind, self.mode, **options)
        self.peers.append(peer)
        return peer

    async def connect(self, **options):
        return await self.peer(**options).connect()

    def room(self):
        """A room, or an event, that nobody else knows of."""
        return f"{PEER}-{self.mode}-{next(self.names)}"

    async def close(self):
        for peer in self.peers:
            try:
                await asyncio.wait_for(peer.close(), LEAVE)
            except Exception:  # it was cut, or never connected
                pass


async def connect(c):
    peer = await c.connect()
    me = await peer.ask("whoami")
    equal(me["id"], peer.id(), "id")
    equal(me["transport"], "polling" if c.mode == "polling" else "websocket", "transport")


async def echo_text(c):
    peer = await c.connect()
    echo = peer.expect("echo")
    await peer.emit("echo", *WORDS)
    equal(await echo.get(), list(WORDS), "echo")


async def nested_binary(c):
    peer = await c.connect()
    sent = {"list": [b"\x01\x02\x03", "x", {"deep": b"\xff\x00\xfe"}]}
    seen = await peer.ask("describe", sent)
    equal(seen, [{"list": [{"bin": "010203"}, "x", {"deep": {"bin": "ff00fe"}}]}], "what the server got")
    echo = peer.expect("echo")
    await peer.emit("echo", sent)
    equal(await echo.get(), [sent], "echo")


async def ack_by_server(c):
    peer = await c.connect()
    equal(await peer.ask("echo", *WORDS), WORDS, "acknowledgement")


async def ack_by_client(c):
    peer = await c.connect()
    peer.expect("question", answer=lambda a, b: (b, {"a": a}))
    answer = await peer.ask("ask", "question", [1, "two"], 5000)
    equal(answer, {"ok": True, "value": ["two", {"a": 1}]}, "answer")


async def room(c):
    member, stranger = await c.connect(), await c.connect()
    name = c.room()
    inside, outside = member.expect(name), stranger.expect(name)
    equal(await member.ask("join", name), sorted([member.id(), name]), "rooms")
    await stranger.ask("op", {"via": "io", "to": [name], "event": name, "args": [1]})
    await stranger.ask("echo", "settled")
    equal(await inside.get(), [1], "what the member got")
    equal(outside.empty(), True, "whether the stranger got nothing")


async def excepted(c):
    one, other = await c.connect(), await c.connect()
    name, silent = c.room(), c.room()
    inside, outside = one.expect(name), other.expect(name)
    await one.ask("join", name)
    await other.ask("join", [name, silent])
    await other.ask("op", {"via": "io", "to": [name], "except": [silent], "event": name, "args": [2]})
    await other.ask("echo", "settled")
    equal(await inside.get(), [2], "what the one got")
    equal(outside.empty(), True, "whether the excepted got nothing")


async def namespace(c):
    peer = await c.peer().connect(namespaces=("/", "/plain"))
    main, plain = await peer.ask("whoami"), await peer.ask("whoami", namespace="/plain")
    equal((main["nsp"], plain["nsp"]), ("/", "/plain"), "namespaces")
    equal(plain["engineId"], main["engineId"], "connection")
    equal(await peer.ask("echo", "plain", namespace="/plain"), "plain", "acknowledgement")


async def auth_refused(c):
    peer = c.peer()
    refusal = peer.expect("connect_error", namespace="/auth")
    try:
        await peer.connect(namespaces=("/auth",), auth={"token": "wrong"})
        raise Mismatch("expected a refusal, was let in")
    except socketio.exceptions.ConnectionError:
        pass
    data = {"code": "E_AUTH", "hint": {"retry": False}}
    equal(await refusal.get(), [{"message": "not authorized", "data": data}], "refusal")
    friend = await c.peer().connect(namespaces=("/auth",), auth={"token": "secret"})
    equal((await friend.ask("whoami", namespace="/auth"))["nsp"], "/auth", "namespace")


async def ordered_events(c):
    peer = await c.connect()
    numbers = [[i] for i in range(200)]
    echoes, ticks = peer.expect("echo"), peer.expect("tick")
    for [i] in numbers:
        await peer.emit("echo", i)
    equal([await echoes.get() for _ in numbers], numbers, "echoes")
    await peer.emit("burst", 200)
    equal([await ticks.get() for _ in numbers], numbers, "ticks")


async def disconnected_by_server(c):
    peer = await c.connect()
    disconnected = peer.expect("disconnect")
    await peer.emit("disconnect-me", False)
    equal(await disconnected.get(), ["server disconnect"], "reason")
    while peer.client.connected:  # until the thread that told us has gone on
        await asyncio.sleep(0.001)


async def disconnected_by_client(c):
    watcher, leaver = await c.connect(), await c.connect()
    gone = watcher.expect("gone")
    await watcher.ask("watch")
    leaving = leaver.id()
    await leaver.close()
    [who] = await gone.get()
    while who["id"] != leaving:
        [who] = await gone.get()
    # The client closes its connection right behind the packet, so this may overtake that.
    reasons = ("client namespace disconnect", "transport close")
    equal(who["reason"] in reasons, True, f"whether {who['reason']} is one of {reasons}")


async def reconnect(c):
    peer = c.peer(reconnection=True, reconnection_delay=0.02, reconnection_delay_max=0.05)
    connected, disconnected = peer.expect("connect"), peer.expect("disconnect")
    await peer.connect()
    await connected.get()
    before = peer.id()
    for _ in range(LIMIT):  # between two requests there is nothing that could be cut
        await asyncio.to_thread(lambda: urllib.request.urlopen(CUT).close())
        try:
            await asyncio.wait_for(disconnected.get(), 1)
            break
        except asyncio.TimeoutError:
            continue
    await connected.get()
    equal(peer.id() != before, True, "whether the id is new")
    equal(await peer.ask("echo", "again"), "again", "acknowledgement")


CHECKS = {
    "connect": connect,
    "echo text": echo_text,
    "nested binary": nested_binary,
    "ack by the server": ack_by_server,
    "ack by the client": ack_by_client,
    "room": room,
    "except": excepted,
    "namespace": namespace,
    "auth refused with data": auth_refused,
    "200 ordered events": ordered_events,
    "disconnected by the server": disconnected_by_server,
    "disconnected by the client": disconnected_by_client,
    "reconnect": reconnect,
}


async def main():
    kind = {"sync": Sync, "asyncio": Asyncio}[sys.argv[1]]
    for mode in MODES:
        for name, check in CHECKS.items():
            context = Context(kind, mode)
            result = {"transport": mode, "check": name}
            try:
                await asyncio.wait_for(check(context), LIMIT)
            except Exception as error:  # whatever a check ends with is its result
                result["error"] = f"{type(error).__name__}: {error}"
            print(json.dumps(result), flush=True)
            await context.close()
    os._exit(0)  # threads of clients that were cut may linger


asyncio.run(main())
