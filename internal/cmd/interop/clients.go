package main

import (
	"os"
	"path/filepath"
)

// A check is one thing that a client has to be able to do on a transport.
type check struct {
	name string // as the clients report it
	what string
}

// checks is what every client does on each transport, in this order. Whoever writes a
// client for another language does what is written here.
var checks = []check{
	{"connect", "the client connects, knows its id, and the server sees it on the transport in question"},
	{"echo text", "strings beyond ASCII, numbers, null, lists and objects come back as they were sent"},
	{"nested binary", "bytes deep in lists and objects arrive, and come back"},
	{"ack by the server", "the server acknowledges an event with several values"},
	{"ack by the client", "the client acknowledges an event with several values"},
	{"room", "what is sent to a room reaches its member and nobody else"},
	{"except", "what is sent to a room except another reaches who is not in the other"},
	{"namespace", "a second namespace works beside the first"},
	{"auth refused with data", "a refused client gets the error's message and data, and is let in with the right token"},
	{"200 ordered events", "200 events in either direction arrive in the order they were sent in"},
	{"disconnected by the server", "the client notices that the server has disconnected it"},
	{"disconnected by the client", "the server notices that the client has disconnected, and why"},
	{"reconnect", "a client whose connection is cut comes back by itself, and can be talked to"},
}

// transports is how a client can get its connection; "upgrade" begins with polling and
// moves on to WebSocket.
var transports = []string{"polling", "websocket", "upgrade"}

// A client is a released client library, of a version.
type client struct {
	name     string // language and version or kind, as the results call it
	library  string // the package, as its users know it
	language *language
	command  []string          // runs the checks
	env      []string          // added to the environment
	without  map[string]string // checks that it cannot do by its own design, and why
}

// clients is who has to pass.
var clients = []client{
	{name: "JavaScript 2.5.0", library: "socket.io-client 2.5.0 (npm), where Options.EIO3 is set", language: &javaScript, command: node("2.5.0")},
	{name: "JavaScript 3.1.3", library: "socket.io-client 3.1.3 (npm)", language: &javaScript, command: node("3.1.3")},
	{name: "JavaScript 4.0.0", library: "socket.io-client 4.0.0 (npm)", language: &javaScript, command: node("4.0.0")},
	{name: "JavaScript 4.3.2", library: "socket.io-client 4.3.2 (npm)", language: &javaScript, command: node("4.3.2")},
	{name: "JavaScript 4.8.4", library: "socket.io-client 4.8.4 (npm)", language: &javaScript, command: node("4.8.4")},
	{name: "Python sync", library: "python-socketio 5.18.1, Client (PyPI)", language: &python, command: venv("sync")},
	{name: "Python asyncio", library: "python-socketio 5.18.1, AsyncClient (PyPI)", language: &python, command: venv("asyncio")},
	{name: "Java", library: "io.socket:socket.io-client 2.1.2 (Maven Central)", language: &java,
		command: []string{"java", "-cp", javaHome + "/classes" + string(filepath.ListSeparator) + javaHome + "/lib/*", "Checks"}},
	{name: "Rust", library: "rust_socketio 0.6.0 (crates.io)", language: &rust,
		command: []string{rustHome + "/debug/interop"},
		// It reads the system's certificates for each connection, which takes most of its
		// time, and nothing here is encrypted.
		env: []string{"SSL_CERT_FILE=" + os.DevNull, "SSL_CERT_DIR=" + work},
		without: map[string]string{
			"nested binary":     "it has messages of one piece of binary alone, none with binary inside",
			"ack by the client": "its handlers are not told that the server asked for an acknowledgement",
		}},
}

func node(version string) []string { return []string{"node", "interop/js/checks.mjs", version} }

func venv(kind string) []string {
	return []string{pythonHome + "/bin/python", "interop/python/checks.py", kind}
}

// applicable returns how many results the client has to report.
func (c *client) applicable() int { return len(transports) * (len(checks) - len(c.without)) }
