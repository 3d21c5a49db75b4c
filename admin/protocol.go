package admin

import (
	"encoding/json/jsontext"
	"time"
)

// The features that a page is told of, in the order in which servers for Node name them.
var (
	actions    = []string{"EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"}
	aggregated = "AGGREGATED_EVENTS"
	allEvents  = "ALL_EVENTS"
	extensions = []string{"OVERVIEW", "SOCKETS", "ROOMS", "WATCH", "REFUSED"}
)

// A config is the first event that an admin gets, but for "session".
type config struct {
	SupportedFeatures []string `json:"supportedFeatures"`
	Extensions        []string `json:"extensions,omitzero"` // for a dashboard
	Sampled           *sampled `json:"sampled,omitzero"`    // if the page is told of a part of the sockets
}

// sampled says what part of the sockets a page is told of: one in so many.
type sampled struct {
	OneIn int `json:"oneIn"`
}

// serverStats are the event "server_stats".
type serverStats struct {
	ServerID         string           `json:"serverId"`
	Hostname         string           `json:"hostname"`
	PID              int              `json:"pid"`
	Uptime           float64          `json:"uptime"` // in seconds
	Clients          int              `json:"clientsCount"`
	PollingClients   int              `json:"pollingClientsCount"`
	AggregatedEvents []aggregate      `json:"aggregatedEvents"`
	Namespaces       []namespaceCount `json:"namespaces"`
}

// An aggregate is how often something has happened since the "server_stats" before.
type aggregate struct {
	Timestamp int64  `json:"timestamp"` // in milliseconds, of a whole second
	Type      string `json:"type"`
	SubType   string `json:"subType,omitzero"`
	Count     uint64 `json:"count"`
}

type namespaceCount struct {
	Name    string `json:"name"`
	Sockets int    `json:"socketsCount"`
}

// A shownSocket is a socket as all admins see it.
type shownSocket struct {
	ID        string         `json:"id"`
	ClientID  string         `json:"clientId"`
	Transport string         `json:"transport"`
	Namespace string         `json:"nsp"`
	Data      jsontext.Value `json:"data"` // an object
	Handshake shownHandshake `json:"handshake"`
	Rooms     []string       `json:"rooms"` // the one of its ID among them
}

type shownHandshake struct {
	Address string         `json:"address"`
	Headers jsontext.Value `json:"headers"` // an object of strings
	Query   jsontext.Value `json:"query"`   // an object of strings
	Issued  int64          `json:"issued"`  // Unix time in milliseconds
	Secure  bool           `json:"secure"`
	Time    string         `json:"time"`
	URL     string         `json:"url"`
	XDomain bool           `json:"xdomain"`
}

// A socketUpdate is what has changed of a socket.
type socketUpdate struct {
	ID        string         `json:"id"`
	Namespace string         `json:"nsp"`
	Transport string         `json:"transport,omitzero"`
	Data      jsontext.Value `json:"data,omitzero"`
}

// timestamp returns a time as JSON.stringify writes a Date.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// jsDate is how JavaScript prints a time.
const jsDate = "Mon Jan 02 2006 15:04:05 GMT+0000 (Coordinated Universal Time)"
