package contract

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the generated files")

// The contract of the example, and what is generated from it.
const (
	chat   = "socketio/examples/typed/chat"
	client = "../../../examples/typed/client"
)

// loaded is read once, as it takes the go command a while.
var loaded = sync.OnceValues(func() (*Contract, error) { return Load(".", chat) })

func example(t *testing.T) *Contract {
	t.Helper()
	c, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatIsGeneratedIsCurrent(t *testing.T) {
	c := example(t)
	schema, err := c.JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	asyncAPI, err := c.AsyncAPI("/", "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	for file, got := range map[string][]byte{
		filepath.Join(client, "chat.d.ts"): []byte(c.TypeScript()),
		"testdata/chat.schema.json":        append(schema, '\n'),
		"testdata/chat.asyncapi.json":      append(asyncAPI, '\n'),
	} {
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what is generated now (go test -update writes it): %v\n%s", file, err, got)
		}
	}
}

// Events of the example as they are on the wire, and what is none.
func TestTheSchemaKnowsWhatIsValid(t *testing.T) {
	text, err := example(t).JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("chat.json", schema); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		def, args string
		valid     bool
	}{
		{"event join", `[{"room":"lobby","nick":"ann","as":"guest"}]`, true},
		{"event join", `[{"room":"lobby","nick":"ann"}]`, true},
		{"event join", `[{"room":"lobby"}]`, false},
		{"event join", `[{"room":"lobby","nick":"ann","as":"king"}]`, false},
		{"event join", `[]`, false},
		{"answer join", `[{"members":[],"topics":{"go":1}}]`, true},
		{"answer join", `[{"members":[],"topics":{"go":"1"}}]`, false},
		{"answer join", `[{"error":"a room and a nick are needed"}]`, true},
		{"event say", `[{"text":"a","replyTo":{"text":"b","replyTo":null}}]`, true},
		{"event say", `[{"text":"a","replyTo":{"text":1,"replyTo":null}}]`, false},
		{"event say", `[{"text":"a","replyTo":null},"more"]`, false},
		{"event leave", `[]`, true},
		{"event leave", `[1]`, false},
		{"event moved", `["lobby",{"nick":"ann","since":"2026-11-23T00:00:00Z","role":"guest","here":true}]`, true},
		{"event moved", `["lobby"]`, false},
		{"answer roll", `[[1,2]]`, true},
		{"answer roll", `[[1,2,3]]`, false},
		{"answer upload", `["/pictures/cat"]`, true},
	} {
		def, err := compiler.Compile("chat.json#/$defs/" + strings.ReplaceAll(tt.def, " ", "%20"))
		if err != nil {
			t.Fatal(err)
		}
		args, err := jsonschema.UnmarshalJSON(strings.NewReader(tt.args))
		if err != nil {
			t.Fatal(err)
		}
		if err := def.Validate(args); (err == nil) != tt.valid {
			t.Errorf("%s %s: %v, want valid %v", tt.def, tt.args, err, tt.valid)
		}
	}
}

func TestTheDirectionsOfAsyncAPIAreTheServers(t *testing.T) {
	text, err := example(t).AsyncAPI("/rooms", "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Channels   map[string]struct{ Address string }
		Operations map[string]struct {
			Action string
			Reply  *struct {
				Ack bool `json:"x-ack"`
			}
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, o := range document.Operations {
		got[name] = fmt.Sprint(o.Action, " ", o.Reply != nil && o.Reply.Ack)
	}
	want := map[string]string{
		"receiveJoin": "receive true", "receiveSay": "receive false", "receiveLeave": "receive false",
		"receiveUpload": "receive true", "receiveTyping": "receive false",
		"sendSaid": "send false", "sendMoved": "send false", "sendRoll": "send true", "sendTyping": "send false",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || document.Channels[channel].Address != "/rooms" {
		t.Errorf("operations %v,\nwant %v, channels %v", got, want, document.Channels)
	}
}

// Every reference of a document leads somewhere.
func TestReferencesOfAsyncAPILeadSomewhere(t *testing.T) {
	text, err := example(t).AsyncAPI("/", "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	count := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, each := range v {
				walk(each)
			}
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				count++
				at := document
				for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
					at = at.(map[string]any)[step]
				}
				if at == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, each := range v {
				walk(each)
			}
		}
	}
	walk(document)
	if count < 10 {
		t.Errorf("only %d references", count)
	}
}

func TestWhatCannotBeAContractIsToldWithItsPlace(t *testing.T) {
	for name, tt := range map[string]struct{ source, want string }{
		"a channel":         {"const Bad socketio.Event[chan int] = \"bad\"", "bad.go:5:7: Bad: chan int cannot be sent"},
		"a field":           {"const Bad socketio.Event[struct{ F func() }] = \"bad\"", "Bad: field F: func() cannot be sent"},
		"a name twice":      {"const (\n A socketio.Event[int] = \"x\"\n B socketio.Event[int] = \"x\"\n)", "A and B are both \"x\""},
		"no events":         {"var _ socketio.None", "declares no constants of type socketio.Event or socketio.Call"},
		"what has no types": {"const Bad socketio.Event[Missing] = \"bad\"", "undefined: Missing"},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := filepath.Abs("testdata/bad/bad.go") // in our module, and not on the disk
			if err != nil {
				t.Fatal(err)
			}
			source := "package bad\n\nimport \"socketio\"\n\n" + tt.source + "\n"
			if _, err = load(".", "./testdata/bad", map[string][]byte{file: []byte(source)}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := Load(".", "./nowhere"); err == nil {
		t.Error("a package that there is not was loaded")
	}
}

// The client of the example is checked with the official client's types, and what it does
// wrong on purpose is found.
func TestTheExampleCompiles(t *testing.T) {
	tsc, err := filepath.Abs("../../../browser/node_modules/typescript/bin/tsc")
	if err != nil {
		t.Fatal(err)
	}
	official, err := filepath.Abs("../../../interop/js/node_modules/client-4.8.4")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{tsc, official} {
		if _, err := os.Stat(file); err != nil {
			t.Skip("needs what make setup installs: ", err)
		}
	}
	source, err := filepath.Abs(client)
	if err != nil {
		t.Fatal(err)
	}
	project := filepath.Join(t.TempDir(), "tsconfig.json")
	config, err := json.Marshal(map[string]any{
		"files": []string{filepath.Join(source, "main.ts"), filepath.Join(source, "mistakes.ts")},
		"compilerOptions": map[string]any{
			"strict": true, "noEmit": true, "target": "es2022", "module": "esnext", "moduleResolution": "bundler",
			"types": []string{}, "lib": []string{"es2022", "dom"}, "skipLibCheck": true,
			"paths": map[string][]string{"socket.io-client": {official}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(project, config, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("node", tsc, "--project", project).CombinedOutput(); err != nil {
		t.Errorf("tsc: %v\n%s", err, said)
	}
}
