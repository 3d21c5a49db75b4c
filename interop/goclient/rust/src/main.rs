//! A server for the Go client's tests, on a free port, which it prints; it ends with its input.
use rmpv::Value;
use serde::{Deserialize, Serialize};
use socketioxide::{
    extract::{AckSender, Data, SocketRef, TryData},
    handler::ConnectHandler,
    SocketIo,
};
use tokio::io::AsyncReadExt;

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Auth {
    token: String,
}

/// Why a client may not join /admin.
#[derive(Debug)]
struct Refusal;

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not authorized")
    }
}

async fn authorize(TryData(auth): TryData<Auth>) -> Result<(), Refusal> {
    match auth {
        Ok(auth) if auth.token == "secret" => Ok(()),
        _ => Err(Refusal),
    }
}

async fn join(s: SocketRef) {
    s.join("everybody");
    s.on("echo", async |s: SocketRef, Data::<(Value, Value, Value)>(args)| {
        s.emit("echo", &args).ok();
    });
    s.on("sum", async |Data::<(i64, i64)>((a, b)), ack: AckSender| {
        ack.send(&(a + b)).ok();
    });
    s.on("ask me", async |s: SocketRef, Data::<String>(text)| {
        if let Ok(answer) = s.emit_with_ack::<_, String>("question", &text) {
            if let Ok(answer) = answer.await {
                s.emit("asked", &answer).ok();
            }
        }
    });
    s.on("tell everybody", async |io: SocketIo, Data::<String>(text)| {
        io.to("everybody").emit("told", &text).await.ok();
    });
    s.on("leave me", async |s: SocketRef| {
        s.disconnect().ok();
    });
}

async fn welcome(s: SocketRef, TryData(auth): TryData<Auth>) {
    let request = s.req_parts();
    let query = request.uri.query().unwrap_or_default();
    let room = query.split('&').find_map(|pair| pair.strip_prefix("room="));
    let token = request.headers.get("x-token").and_then(|value| value.to_str().ok());
    s.emit("welcome", &(auth.ok(), room, token)).ok();
}

#[tokio::main]
async fn main() {
    let (layer, io) = SocketIo::builder().max_payload(2_000_000).max_buffer_size(4096).build_layer();
    io.ns("/", join);
    io.ns("/admin", welcome.with(authorize));
    let app = axum::Router::new().layer(layer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("an address").port());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let mut input = Vec::new();
    tokio::io::stdin().read_to_end(&mut input).await.ok();
    std::process::exit(0); // connections of clients that are still there need no farewell
}
