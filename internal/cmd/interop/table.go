package main

import (
	"fmt"
	"strings"
)

// tables are those of docs/clients.md: the clients, and the checks that each passes on
// every transport.
func tables() string {
	var b strings.Builder
	b.WriteString("| Client | Package | Transports | Checks |\n|---|---|---|---|\n")
	for i := range clients {
		c := &clients[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %d of %d |\n",
			c.name, c.library, strings.Join(transports, ", "), c.applicable(), len(transports)*len(checks))
	}
	b.WriteString("\n| Check | What passes | Not for |\n|---|---|---|\n")
	for _, ch := range checks {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", ch.name, ch.what, notFor(ch.name))
	}
	return b.String()
}

// notFor names the clients that cannot do a check by their own design, with the reason.
func notFor(check string) string {
	var lines []string
	for i := range clients {
		if why, not := clients[i].without[check]; not {
			lines = append(lines, clients[i].name+": "+why)
		}
	}
	return strings.Join(lines, "<br>")
}
