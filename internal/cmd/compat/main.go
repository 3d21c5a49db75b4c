// Command compat holds the table of what the server for Node can do, and which test proves
// it of this one. The table is rows.txt; docs/compatibility.md shows it.
//
//	compat -check     prints "rows: 173, tested: 160, planned: 13, different: 21"
//	compat -write     writes the table into docs/compatibility.md
//
// A row is tested or planned; one that is different is tested as well, and says why in one
// sentence. With -check the exit code is 1, and each fault has a line, if a row is neither
// or is planned though its time has come, if a test that a row names does not exist,
// cannot fail, was skipped or failed, and if the page is not current. The tests in Go are
// run for that, which takes a while unless go test has cached them. It runs from the
// repository's root.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

//go:embed rows.txt
var text string

const page = "docs/compatibility.md"

func main() {
	check := flag.Bool("check", false, "check the table and run the tests that it names")
	write := flag.Bool("write", false, "write the table into "+page)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	rows, err := parse(text)
	switch {
	case err != nil:
	case *write:
		err = rewrite(page, rows)
	case *check:
		err = verify(ctx, rows)
	default:
		flag.Usage()
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compat:", err)
		os.Exit(1)
	}
}

// verify prints the faults and the counts. Its error says how many faults there were.
func verify(ctx context.Context, rows []row) error {
	faults := faultsOf(rows)
	if err := current(page, rows); err != nil {
		faults = append(faults, err.Error())
	}
	faults = append(faults, missing(os.DirFS("."), rows)...)
	ran, err := outcomesOf(ctx, rows)
	if err != nil {
		return err
	}
	faults = append(faults, failed(rows, ran)...)
	for _, fault := range faults {
		fmt.Fprintln(os.Stderr, fault)
	}
	fmt.Println(count(rows))
	if len(faults) > 0 {
		return fmt.Errorf("%d faults", len(faults))
	}
	return nil
}
