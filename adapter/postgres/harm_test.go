package postgres

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
)

func TestLogTellsAllOrNothingAfterHarm(t *testing.T) {
	for name, tt := range map[string]struct {
		statement string // what is done to the table
		whole     bool
	}{
		"nothing":                         {statement: `SELECT count(*) FROM %s`, whole: true},
		"the table is emptied":            {statement: `DELETE FROM %s`},
		"the table is truncated":          {statement: `TRUNCATE %s`},
		"the table begins anew":           {statement: `TRUNCATE %s RESTART IDENTITY`},
		"the table is dropped":            {statement: `DROP TABLE %s`},
		"the oldest events are deleted":   {statement: `DELETE FROM %s WHERE id <= 3`},
		"events in between are deleted":   {statement: `DELETE FROM %s WHERE id IN (4, 6)`},
		"the newest event is deleted":     {statement: `DELETE FROM %s WHERE id = 10`},
		"the newest events are deleted":   {statement: `DELETE FROM %s WHERE id > 5`},
		"an event is taken back, as late": {statement: `BEGIN; INSERT INTO %s (payload) VALUES (NULL); ROLLBACK`},
	} {
		t.Run(name, func(t *testing.T) {
			o := own()
			pool := shared.pool(t)
			adaptertest.RunHarm(t, func(t *testing.T) adapter.Bus { return NewLog(shared.pool(t), o) }, &adaptertest.Harm{
				Whole: tt.whole,
				Do: func(t *testing.T) {
					if _, err := pool.Exec(t.Context(), fmt.Sprintf(tt.statement, quoted(o.Events)), pgx.QueryExecModeSimpleProtocol); err != nil {
						t.Fatal(err)
					}
				},
			})
		})
	}
}

func TestLogTellsAllOrNothingAfterACrash(t *testing.T) {
	o := own()
	fragile.pool(t)
	adaptertest.RunHarm(t, func(t *testing.T) adapter.Bus { return NewLog(fragile.pool(t), o) }, &adaptertest.Harm{
		Do: func(t *testing.T) {
			fragile.crash()
			if err := fragile.start(programs()); err != nil {
				t.Fatal(err)
			}
		},
	})
}
