package contract

import (
	"encoding/json"
	"maps"
	"slices"
)

// AsyncAPI returns a document of AsyncAPI 3.0 in JSON, as the server sees it: it receives
// what clients send. A namespace is a channel, and an event a message whose payload is the
// list of its arguments. A call has a reply, marked x-ack as it is an acknowledgement.
func (c *Contract) AsyncAPI(namespace, version string) ([]byte, error) {
	s := schemas{refs: "#/components/schemas/", old: true}
	types := dict{}
	for _, t := range c.Types {
		types[t.Name] = s.named(t)
	}
	messages, inChannel, operations := dict{}, dict{}, dict{}
	for i := range c.Events {
		e := &c.Events[i]
		messages[e.Const] = message(e.Name, e.Doc, s.tuple(e.Args))
		if e.Call {
			messages[e.Const+"Answer"] = message(e.Name, "", s.answer(e))
		}
		if e.FromClient {
			operations["receive"+e.Const] = operation("receive", e)
		}
		if e.FromServer {
			operations["send"+e.Const] = operation("send", e)
		}
	}
	for _, name := range slices.Collect(maps.Keys(messages)) {
		inChannel[name] = dict{"$ref": "#/components/messages/" + name}
	}
	return json.MarshalIndent(dict{
		"asyncapi":           "3.0.0",
		"info":               c.info(version),
		"defaultContentType": "application/json",
		"channels": dict{channel: dict{
			"address": namespace, "messages": inChannel,
			"description": "A namespace of Socket.IO.", "bindings": dict{"ws": dict{}},
		}},
		"operations": operations,
		"components": dict{"messages": messages, "schemas": types},
	}, "", "  ")
}

// channel is the key of the one channel.
const channel = "namespace"

func (c *Contract) info(version string) dict {
	info := dict{"title": c.Name, "version": version, "x-generator": "sio gen from " + c.Package}
	if c.Doc != "" {
		info["description"] = c.Doc
	}
	return info
}

func message(name, doc string, payload dict) dict {
	m := dict{"name": name, "payload": payload}
	if doc != "" {
		m["description"] = doc
	}
	return m
}

// operation is one direction of an event.
func operation(action string, e *Event) dict {
	ref := func(message string) []dict { return []dict{{"$ref": "#/channels/" + channel + "/messages/" + message}} }
	o := dict{"action": action, "channel": dict{"$ref": "#/channels/" + channel}, "messages": ref(e.Const)}
	if e.Call {
		o["reply"] = dict{
			"channel": dict{"$ref": "#/channels/" + channel}, "messages": ref(e.Const + "Answer"), "x-ack": true,
		}
	}
	return o
}
