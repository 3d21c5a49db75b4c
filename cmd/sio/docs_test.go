package main

import (
	"os"
	"strings"
	"testing"
)

// commandLinePage is the documentation of the command line, in which the help texts are.
const commandLinePage = "../../docs/command-line.md"

func TestThePageHasTheHelpOfEachCommand(t *testing.T) {
	text, err := os.ReadFile(commandLinePage)
	if err != nil {
		t.Fatal(err)
	}
	helps := map[string]string{"usage: sio COMMAND": overview()}
	for _, c := range commands() {
		helps["usage: sio "+c.name] = c.help()
	}
	blocks := strings.Split(string(text), "```text\n")
	for i := 1; i < len(blocks); i++ {
		block, rest, _ := strings.Cut(blocks[i], "```")
		for usage, help := range helps {
			if !strings.Contains(block, usage+" ") && !strings.Contains(block, usage+"\n") {
				continue
			}
			delete(helps, usage)
			if *update {
				blocks[i] = help + "```" + rest
			} else if block != help {
				t.Errorf("the page says\n%s\nand sio says\n%s\ngo test -update writes it", block, help)
			}
			break
		}
	}
	for usage := range helps {
		t.Errorf("the page does not have %q", usage)
	}
	if *update {
		if err := os.WriteFile(commandLinePage, []byte(strings.Join(blocks, "```text\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
