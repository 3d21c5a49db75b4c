package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// patience is how long the tests wait for what must happen.
const patience = 20 * time.Second

// A database is a PostgreSQL of the tests, on a socket in a directory of its own. Nothing of
// it is meant to outlive the machine, so it need not wait for the disk.
type database struct {
	once sync.Once
	err  error // of its first start

	dir  string
	as   *syscall.Credential // whom it runs as; nil for us
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// shared is the one of all tests that do it no harm, fragile that of the others. They start
// when they are needed.
var shared, fragile = new(database), new(database)

func TestMain(m *testing.M) {
	code := m.Run()
	shared.remove()
	fragile.remove()
	os.Exit(code)
}

// programs returns where PostgreSQL's programs are, "" if nowhere. Debian has them for each
// version in a directory that is not on the PATH.
func programs() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is none that fails
	if len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1])
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb)
	}
	return ""
}

// init makes a database and starts it.
func (d *database) init(bin string) (err error) {
	if d.dir, err = os.MkdirTemp("/tmp", "pg"); err != nil { // the path of a socket must be short
		return err
	}
	if err := d.become(); err != nil {
		return err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", d.data(), "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	d.prepare(initdb)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return d.start(bin)
}

// become chooses an ordinary user if we are root, as whom PostgreSQL refuses to run.
func (d *database) become() error {
	if os.Geteuid() != 0 {
		return nil
	}
	var ordinary *user.User
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			ordinary = found
			break
		}
	}
	if ordinary == nil {
		return errors.New("there is no user for PostgreSQL to run as")
	}
	uid, _ := strconv.Atoi(ordinary.Uid) // they are numbers on all systems with a root
	gid, _ := strconv.Atoi(ordinary.Gid)
	d.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(d.dir, uid, gid)
}

func (d *database) prepare(cmd *exec.Cmd) {
	cmd.Dir = d.dir
	cmd.Env = append(os.Environ(), "HOME="+d.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: d.as}
}

func (d *database) data() string { return filepath.Join(d.dir, "data") }

// url returns where the database is.
func (d *database) url() string {
	return "postgres://tests@/postgres?" + url.Values{"host": {d.dir}}.Encode()
}

// start starts the database, again if it has been stopped, and waits until it answers.
func (d *database) start(bin string) error {
	log, err := os.Create(filepath.Join(d.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", d.data(), "-k", d.dir, "-c", "listen_addresses=",
		"-F", "-c", "full_page_writes=off", "-c", "shared_buffers=16MB", "-c", "max_connections=100")
	d.prepare(cmd)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	d.cmd, d.done = cmd, done
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if pool, err := d.dial(); err == nil {
			pool.Close()
			return nil
		}
		select {
		case <-done:
			text, _ := os.ReadFile(log.Name())
			return fmt.Errorf("PostgreSQL has ended: %s", text)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return errors.New("PostgreSQL does not answer")
}

// dial returns a pool that has reached the database.
func (d *database) dial() (*pgxpool.Pool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	pool, err := pgxpool.New(ctx, d.url())
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// crash ends the database at once, as if it had crashed, and waits for its end.
func (d *database) crash() {
	_ = d.cmd.Process.Signal(syscall.SIGQUIT)
	<-d.done
}

func (d *database) remove() {
	if d.cmd != nil {
		d.crash()
	}
	if d.dir != "" {
		_ = os.RemoveAll(d.dir)
	}
}

// stall stops all processes of the database, and returns what lets them go on.
func (d *database) stall(t *testing.T) (goOn func()) {
	t.Helper()
	stopped := append(d.children(t), d.cmd.Process.Pid)
	for _, pid := range stopped {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // one may have ended by now
	}
	return func() {
		for _, pid := range stopped {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
}

// children returns the processes that serve connections, and others.
func (d *database) children(t *testing.T) (pids []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Fatalf("there are no processes: %v", err)
	}
	for _, name := range stats {
		text, _ := os.ReadFile(name) // "" of one that has ended by now
		_, behind, _ := strings.Cut(string(text), ") ")
		var state string
		var parent int
		if _, err := fmt.Sscan(behind, &state, &parent); err == nil && parent == d.cmd.Process.Pid {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// pool returns a pool of the database that is closed at the end of the test. It skips the test
// where there is no PostgreSQL.
func (d *database) pool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	bin := programs()
	switch {
	case bin != "":
		d.once.Do(func() { d.err = d.init(bin) })
	case os.Getenv("CI") != "":
		t.Fatal("PostgreSQL is not installed")
	default:
		t.Skip("PostgreSQL is not installed")
	}
	if d.err != nil {
		t.Fatal(d.err)
	}
	pool, err := d.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// tests counts those that have options of their own.
var tests atomic.Int64

// own returns options by which a test has channels and tables of its own. Errors are what
// some tests are about, so they are not told.
func own() *Options {
	name := fmt.Sprint("Test ", tests.Add(1))
	return &Options{
		Prefix: name, Attachments: name + " attachments", Events: "public." + name + " events", Sessions: name + " sessions",
		OnError: func(error) {},
	}
}

// until waits for a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s has not happened", what)
		}
	}
}
