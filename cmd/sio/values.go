package main

import (
	"encoding/base64"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"fmt"
	"os"
	"slices"
	"strings"

	"socketio"
)

// valuesHelp is what the help of commands says that send arguments.
const valuesHelp = `An argument is JSON; what is none is a string, so that hello needs no quotes of its own.
file:PATH sends the bytes of a file, and base64:TEXT those, as a binary value.`

// parseValues makes of words of a command line what is to be sent.
func parseValues(words []string) ([]any, error) {
	values := make([]any, len(words))
	for i, word := range words {
		v, err := parseValue(word)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

func parseValue(word string) (any, error) {
	if name, ok := strings.CutPrefix(word, "file:"); ok {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, usage("%v", err)
		}
		return data, nil
	}
	if text, ok := strings.CutPrefix(word, "base64:"); ok {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, usage("%q is no base64: %v", text, err)
		}
		return data, nil
	}
	v := jsontext.Value(word)
	if v.IsValid() {
		return v, nil
	}
	if word != "" && strings.Contains(`{["`, word[:1]) {
		err := (&v).Compact()
		return nil, usage("%s is no JSON: %v; quotes of the shell's around it may be missing", word, err)
	}
	return word, nil
}

// arguments are those of a message: raw JSON as it came, or, where some are binary, what
// they decode to.
func arguments(m *socketio.Message) ([]any, error) {
	args := make([]any, m.Len())
	into := make([]any, len(args))
	for i := range args {
		into[i] = &args[i]
	}
	if err := m.Decode(into...); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(args, hasBytes) {
		return args, nil
	}
	raw := make([]jsontext.Value, len(args))
	for i := range raw {
		into[i] = &raw[i]
	}
	if err := m.Decode(into...); err != nil {
		return nil, err
	}
	for i, v := range raw {
		args[i] = v
	}
	return args, nil
}

// hasBytes says whether a decoded value is binary or holds what is.
func hasBytes(v any) bool {
	switch v := v.(type) {
	case []byte:
		return true
	case []any:
		return slices.ContainsFunc(v, hasBytes)
	case map[string]any:
		for _, e := range v {
			if hasBytes(e) {
				return true
			}
		}
	}
	return false
}

// asJSON is one line of JSON, where {"base64":"…"} stands for what is binary.
func asJSON(v any) string {
	text, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true),
		json.WithMarshalers(json.MarshalFunc(func(b []byte) ([]byte, error) {
			return fmt.Appendf(nil, `{"base64":%q}`, base64.StdEncoding.EncodeToString(b)), nil
		})))
	if err != nil {
		return fmt.Sprintf(`{"error":%q}`, err) // of a value that came as JSON: never
	}
	return string(text)
}

// asText is what people read of arguments.
func asText(args []any) string {
	words := make([]string, len(args))
	for i, arg := range args {
		if b, ok := arg.([]byte); ok {
			words[i] = describeBytes(b)
		} else {
			words[i] = asJSON(arg)
		}
	}
	return strings.Join(words, " ")
}

// describeBytes shows how many bytes there are, and the first.
func describeBytes(b []byte) string {
	const shown = 16
	if len(b) <= shown {
		return fmt.Sprintf("<%d bytes: %x>", len(b), b)
	}
	return fmt.Sprintf("<%d bytes: %x…>", len(b), b[:shown])
}
