//! The checks that the clients of all languages run (internal/cmd/interop has the list), for
//! rust_socketio:
//!
//! ```text
//! TARGET=http://host:port CUT=http://host:port/ PEER=name interop
//! ```
//!
//! Each check prints one line: `{"transport", "check"}`, with `"error"` if it failed. A GET of
//! CUT cuts all connections of this process. What this client cannot do is not here; the list
//! says so, too.

use std::env;
use std::fmt::Debug;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::time::Duration;

use rust_socketio::client::Client;
use rust_socketio::{ClientBuilder, Event, Payload, TransportType};
use serde_json::{json, Value};

type Outcome<T> = Result<T, String>;
type Check = fn(&Context) -> Outcome<()>;

/// How long an event or an acknowledgement may take.
const WAIT: Duration = Duration::from_secs(15);

const MODES: [(&str, TransportType); 3] = [
    ("polling", TransportType::Polling),
    ("websocket", TransportType::Websocket),
    ("upgrade", TransportType::WebsocketUpgrade),
];

const CHECKS: [(&str, Check); 11] = [
    ("connect", connect),
    ("echo text", echo_text),
    ("ack by the server", ack_by_server),
    ("room", room),
    ("except", except),
    ("namespace", namespace),
    ("auth refused with data", auth_refused),
    ("200 ordered events", ordered_events),
    ("disconnected by the server", disconnected_by_server),
    ("reconnect", reconnect),
    ("disconnected by the client", disconnected_by_client),
];

/// What a check gets: clients on one transport.
struct Context {
    mode: &'static str,
    transport: TransportType,
}

/// The arguments of events, as they arrive.
struct Events(Receiver<Vec<Value>>);

impl Events {
    fn next(&self) -> Outcome<Vec<Value>> {
        self.0
            .recv_timeout(WAIT)
            .map_err(|error| format!("an event: {error}"))
    }

    fn none(&self) -> bool {
        self.0.try_recv().is_err()
    }
}

/// A client to be: what it wants to hear is said before it connects.
struct Peer {
    builder: ClientBuilder,
}

impl Context {
    fn peer(&self) -> Peer {
        let builder = ClientBuilder::new(setting("TARGET"))
            .transport_type(self.transport.clone())
            .reconnect(false);
        Peer { builder }
    }

    fn connect(&self) -> Outcome<Client> {
        self.peer().connect()
    }

    /// A room, or an event, that nobody else knows of.
    fn room(&self) -> String {
        static NAMES: AtomicUsize = AtomicUsize::new(0);
        format!(
            "{}-{}-{}",
            setting("PEER"),
            self.mode,
            NAMES.fetch_add(1, Ordering::Relaxed)
        )
    }
}

impl Peer {
    /// Has the event's arguments collected.
    fn hears<E: Into<Event>>(mut self, event: E) -> (Self, Events) {
        let (sender, receiver) = channel();
        self.builder = self
            .builder
            .on(event, move |payload, _| forward(&sender, payload));
        (self, Events(receiver))
    }

    fn with(mut self, change: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        self.builder = change(self.builder);
        self
    }

    /// Connects; the namespace has let the client in when this returns.
    fn connect(self) -> Outcome<Client> {
        let (peer, connected) = self.hears(Event::Connect);
        let client = peer.start()?;
        connected.next()?;
        Ok(client)
    }

    /// Opens the connection and asks to be let in.
    fn start(self) -> Outcome<Client> {
        self.builder.connect().map_err(|error| error.to_string())
    }
}

fn forward(to: &Sender<Vec<Value>>, payload: Payload) {
    let values = match payload {
        Payload::Text(values) => values,
        other => vec![json!(format!("{other:?}"))],
    };
    let _ = to.send(values); // nobody may listen any more
}

/// Emits with an acknowledgement and returns its arguments.
fn ask(client: &Client, event: &str, args: Vec<Value>) -> Outcome<Vec<Value>> {
    let (sender, receiver) = channel();
    client
        .emit_with_ack(event, args, WAIT, move |payload, _| forward(&sender, payload))
        .map_err(|error| error.to_string())?;
    match Events(receiver).next()?.as_slice() {
        [Value::Array(values)] => Ok(values.clone()),
        other => Err(format!("acknowledgement: expected a list, got {other:?}")),
    }
}

fn emit(client: &Client, event: &str, args: Vec<Value>) -> Outcome<()> {
    client.emit(event, args).map_err(|error| error.to_string())
}

fn whoami(client: &Client) -> Outcome<Value> {
    Ok(ask(client, "whoami", vec![])?[0].clone())
}

fn equal<T: PartialEq + Debug>(got: T, want: T, what: &str) -> Outcome<()> {
    if got == want {
        return Ok(());
    }
    Err(format!("{what}: expected {want:?}, got {got:?}"))
}

fn setting(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn words() -> Vec<Value> {
    let Value::Array(words) = json!([
        "ünïcödé, 你好, 🎈", "", 42, -1.5, null, [1, ["two"]], {"deep": {"er": [true, {}]}}
    ]) else {
        unreachable!("it is a list")
    };
    words
}

fn connect(c: &Context) -> Outcome<()> {
    let me = whoami(&c.connect()?)?;
    // This client does not tell its id.
    equal(me["id"].as_str().map(str::len), Some(20), "length of the id")?;
    let want = if c.mode == "polling" {
        "polling"
    } else {
        "websocket"
    };
    equal(me["transport"].as_str(), Some(want), "transport")
}

fn echo_text(c: &Context) -> Outcome<()> {
    let (peer, echo) = c.peer().hears("echo");
    emit(&peer.connect()?, "echo", words())?;
    equal(echo.next()?, words(), "echo")
}

fn ack_by_server(c: &Context) -> Outcome<()> {
    equal(ask(&c.connect()?, "echo", words())?, words(), "acknowledgement")
}

fn room(c: &Context) -> Outcome<()> {
    let name = c.room();
    let (member, inside) = c.peer().hears(name.as_str());
    let (stranger, outside) = c.peer().hears(name.as_str());
    let (member, stranger) = (member.connect()?, stranger.connect()?);
    ask(&member, "join", vec![json!(name)])?;
    ask(
        &stranger,
        "op",
        vec![json!({"via": "io", "to": [name], "event": name, "args": [1]})],
    )?;
    ask(&stranger, "echo", vec![json!("settled")])?;
    equal(inside.next()?, vec![json!(1)], "what the member got")?;
    equal(outside.none(), true, "whether the stranger got nothing")
}

fn except(c: &Context) -> Outcome<()> {
    let (name, silent) = (c.room(), c.room());
    let (one, inside) = c.peer().hears(name.as_str());
    let (other, outside) = c.peer().hears(name.as_str());
    let (one, other) = (one.connect()?, other.connect()?);
    ask(&one, "join", vec![json!(name)])?;
    ask(&other, "join", vec![json!([name, silent])])?;
    let op = json!({"via": "io", "to": [name], "except": [silent], "event": name, "args": [2]});
    ask(&other, "op", vec![op])?;
    ask(&other, "echo", vec![json!("settled")])?;
    equal(inside.next()?, vec![json!(2)], "what the one got")?;
    equal(outside.none(), true, "whether the excepted got nothing")
}

fn namespace(c: &Context) -> Outcome<()> {
    // Each namespace has a connection of its own with this client.
    let main = c.connect()?;
    let plain = c.peer().with(|builder| builder.namespace("/plain")).connect()?;
    equal(whoami(&main)?["nsp"].as_str(), Some("/"), "namespace")?;
    equal(whoami(&plain)?["nsp"].as_str(), Some("/plain"), "namespace")?;
    equal(
        ask(&plain, "echo", vec![json!("plain")])?,
        vec![json!("plain")],
        "acknowledgement",
    )
}

fn auth_refused(c: &Context) -> Outcome<()> {
    let as_friend = |token: &'static str| {
        move |builder: ClientBuilder| builder.namespace("/auth").auth(json!({"token": token}))
    };
    let (wrong, refused) = c.peer().with(as_friend("wrong")).hears(Event::Error);
    wrong.start()?;
    let refusal = refused.next()?;
    let text = refusal[0].as_str().unwrap_or_default();
    let frame = text.find('{').map_or("", |begin| &text[begin..]);
    let want = json!({"message": "not authorized", "data": {"code": "E_AUTH", "hint": {"retry": false}}});
    equal(
        serde_json::from_str(frame).unwrap_or(json!(text)),
        want,
        "refusal",
    )?;
    let right = c.peer().with(as_friend("secret")).connect()?;
    equal(whoami(&right)?["nsp"].as_str(), Some("/auth"), "namespace")
}

fn ordered_events(c: &Context) -> Outcome<()> {
    let (peer, echoes) = c.peer().hears("echo");
    let (peer, ticks) = peer.hears("tick");
    let client = peer.connect()?;
    for i in 0..200 {
        emit(&client, "echo", vec![json!(i)])?;
    }
    for i in 0..200 {
        equal(echoes.next()?, vec![json!(i)], "echo")?;
    }
    emit(&client, "burst", vec![json!(200)])?;
    for i in 0..200 {
        equal(ticks.next()?, vec![json!(i)], "tick")?;
    }
    Ok(())
}

fn disconnected_by_server(c: &Context) -> Outcome<()> {
    let (peer, closed) = c.peer().hears(Event::Close);
    emit(&peer.connect()?, "disconnect-me", vec![json!(false)])?;
    closed.next().map(|_| ())
}

fn disconnected_by_client(c: &Context) -> Outcome<()> {
    let (watcher, gone) = c.peer().hears("gone");
    let (watcher, leaver) = (watcher.connect()?, c.connect()?);
    ask(&watcher, "watch", vec![])?;
    let id = whoami(&leaver)?["id"].clone();
    leaver.disconnect().map_err(|error| error.to_string())?;
    let mut who = gone.next()?;
    while who[0]["id"] != id {
        who = gone.next()?;
    }
    equal(
        who[0]["reason"].as_str(),
        Some("client namespace disconnect"),
        "reason",
    )
}

fn reconnect(c: &Context) -> Outcome<()> {
    let (peer, connected) = c.peer().hears(Event::Connect);
    let (peer, closed) = peer.hears(Event::Close);
    let client = peer
        .with(|builder| builder.reconnect(true).reconnect_delay(20, 50))
        .start()?;
    connected.next()?;
    let before = whoami(&client)?["id"].clone();
    loop {
        // Between two requests there is nothing that could be cut.
        cut().map_err(|error| error.to_string())?;
        if closed.0.recv_timeout(Duration::from_secs(1)).is_ok() {
            break;
        }
    }
    connected.next()?;
    equal(whoami(&client)?["id"] != before, true, "whether the id is new")?;
    equal(
        ask(&client, "echo", vec![json!("again")])?,
        vec![json!("again")],
        "acknowledgement",
    )
}

/// Has all connections of this process cut.
fn cut() -> std::io::Result<()> {
    let url = setting("CUT");
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    stream.read_to_end(&mut Vec::new()).map(|_| ())
}

/// Runs the checks of one transport.
fn run(mode: &'static str, transport: &TransportType) {
    for (check, run) in CHECKS {
        let context = Context {
            mode,
            transport: transport.clone(),
        };
        let outcome =
            catch_unwind(AssertUnwindSafe(|| run(&context))).unwrap_or_else(|_| Err("a panic".to_owned()));
        let mut line = json!({"transport": mode, "check": check});
        if let Err(error) = outcome {
            line["error"] = json!(error);
        }
        println!("{line}");
    }
}

/// Runs each transport in a process of its own: the thread of a client that was disconnected
/// keeps a processor busy for as long as the process lives.
fn main() {
    let chosen = env::args().nth(1);
    for (mode, transport) in MODES {
        match &chosen {
            Some(name) if name == mode => run(mode, &transport),
            Some(_) => {}
            None => {
                let itself = env::current_exe().expect("the path of this program");
                let ended = Command::new(itself)
                    .arg(mode)
                    .status()
                    .expect("this program again");
                assert!(ended.success(), "{mode} ended with {ended}");
            }
        }
    }
}
