package admin

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// hidden is shown in place of a secret.
const hidden = "[hidden]"

// secretWords are what names of headers and parameters have in them that are secret.
var secretWords = []string{
	"authoriz", "authent", "cookie", "token", "secret", "passw", "passphrase", "credential", "session", "signature",
	"jwt", "csrf", "xsrf", "apikey", "api-key", "api_key", "access-key", "access_key", "assertion",
}

// secretNames are those that are secret without having one of the words in them.
var secretNames = []string{"auth", "code", "key", "pass", "pwd", "sid", "sig", "state", "ticket"}

// isSecret says whether the value of a header or a parameter must not be shown.
func (a *Admin) isSecret(name string) bool {
	name = strings.ToLower(name)
	if slices.Contains(secretNames, name) {
		return true
	}
	for _, word := range secretWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	return a.options.Secret != nil && a.asksSecret(name)
}

// asksSecret asks the program, which hides what it cannot decide on.
func (a *Admin) asksSecret(name string) (secret bool) {
	defer func() {
		if recover() != nil {
			secret = true
		}
	}()
	return a.options.Secret(name)
}

// shownHeaders returns an object of headers in the form of Node, without secrets.
func (a *Admin) shownHeaders(h http.Header) jsontext.Value {
	shown := make(map[string]string, len(h))
	for name, values := range h {
		value := strings.Join(values, ", ")
		name = strings.ToLower(name)
		switch {
		case a.isSecret(name):
			value = hidden
		case strings.Contains(value, "?"): // of Referer and its like
			value = a.shownURL(value)
		}
		shown[name] = value
	}
	return objectOf(shown)
}

// shownQuery returns an object of the parameters of a URL, without secrets. Of one that is
// there more than once it is the last.
func (a *Admin) shownQuery(query url.Values) jsontext.Value {
	shown := make(map[string]string, len(query))
	for name, values := range query {
		shown[name] = values[len(values)-1]
		if a.isSecret(name) {
			shown[name] = hidden
		}
	}
	return objectOf(shown)
}

// objectOf returns an object with its members in the order of their names.
func objectOf(members map[string]string) jsontext.Value {
	text, err := json.Marshal(members, showOptions, json.Deterministic(true))
	if err != nil {
		return jsontext.Value("{}")
	}
	return text
}

// shownURL returns a URL without the secrets of its query, or without a query if that is
// none.
func (a *Admin) shownURL(raw string) string {
	path, query, found := strings.Cut(raw, "?")
	if !found {
		return raw
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return path + "?" + hidden
	}
	secret := false
	for name := range values {
		if a.isSecret(name) {
			secret = true
			values.Set(name, hidden)
		}
	}
	if !secret {
		return raw
	}
	return path + "?" + values.Encode()
}
