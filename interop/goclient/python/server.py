"""A server for the Go client's tests, on a free port, which it prints; it ends with its input."""

import asyncio
import os
import socket
import sys

import socketio
import uvicorn

sio = socketio.AsyncServer(async_mode="asgi", max_http_buffer_size=2_000_000)


@sio.event
async def connect(sid, environ, auth):
    await sio.enter_room(sid, "everybody")


@sio.event
async def echo(sid, *args):
    await sio.emit("echo", args, to=sid)


@sio.on("sum")
async def add(sid, a, b):
    return a + b


@sio.on("ask me")
async def ask_me(sid, text):
    async def answered(answer):
        await sio.emit("asked", answer, to=sid)

    await sio.emit("question", text, to=sid, callback=answered)


@sio.on("tell everybody")
async def tell_everybody(sid, text):
    await sio.emit("told", text, room="everybody")


@sio.on("leave me")
async def leave_me(sid, *_):
    await sio.disconnect(sid)


@sio.on("connect", namespace="/admin")
async def connect_admin(sid, environ, auth):
    if (auth or {}).get("token") != "secret":
        raise socketio.exceptions.ConnectionRefusedError("not authorized", {"code": 401})
    query = dict(pair.split("=", 1) for pair in environ["QUERY_STRING"].split("&") if "=" in pair)
    await sio.emit("welcome", (auth, query.get("room"), environ.get("HTTP_X_TOKEN")), to=sid, namespace="/admin")


async def main():
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(socketio.ASGIApp(sio), ws="wsproto", log_level="error"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    print(listener.getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    serving.cancel()
    os._exit(0)  # connections of clients that are still there need no farewell


asyncio.run(main())
