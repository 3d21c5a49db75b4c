package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// A plan says what is to be run.
type plan struct {
	balancer          string
	clients, messages int
}

// A result is what came of it.
type result struct {
	clients    int
	steady     news // up to when all was well
	unknown    uint64
	forwarded  uint64
	all        news // up to the end
	lostAcked  int
	unknownAll uint64
}

// news is what the clients say.
type news struct {
	Event       string
	Acked       int
	Wrong       int // acknowledgements of something else
	Disconnects int
	Troubles    map[string]int
}

// String gives the summary.
func (r *result) String() string {
	return fmt.Sprintf("steady: clients=%d acked=%d unknown_sid=%d reconnects=%d forwarded=%d\n"+
		"drained: acked=%d lost_acked=%d reconnects=%d unknown_sid=%d",
		r.clients, r.steady.Acked, r.unknown, r.steady.Disconnects, r.forwarded,
		r.all.Acked-r.steady.Acked, r.lostAcked, r.all.Disconnects-r.steady.Disconnects, r.unknownAll-r.unknown)
}

// passed says whether that is what has to come of it.
func (r *result) passed(p plan) bool {
	return r.steady.Acked == p.clients*p.messages && r.unknown == 0 && r.steady.Disconnects == 0 &&
		r.forwarded > 0 && r.all.Acked > r.steady.Acked && r.lostAcked == 0 && r.all.Wrong == 0
}

// A scene is the processes of a run.
type scene struct {
	processes
	dir     string
	redis   string
	servers []*process
	where   []string // the servers listen
	url     string
	retired []report // of servers that have ended
}

// here is the directory of this source.
func here() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// run runs it.
func (p plan) run() (*result, error) {
	dir, err := os.MkdirTemp("", "roundrobin")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what stays is in the directory for temporary files
	s := &scene{dir: dir}
	defer s.kill()
	if err := s.build(p.balancer); err != nil {
		return nil, err
	}
	clients, err := s.add(start(dir, "clients", nil, "node", filepath.Join(here(), "clients.mjs"), s.url,
		strconv.Itoa(p.clients), strconv.Itoa(p.messages)))
	if err != nil {
		return nil, err
	}
	r := &result{clients: p.clients}
	if err := r.calm(s, clients); err != nil {
		return r, err
	}
	if err := r.storm(s, clients); err != nil {
		return r, err
	}
	return r, r.compare(s)
}

// build starts everything but the clients.
func (s *scene) build(name string) error {
	s.redis = freeAddr()
	_, port, _ := strings.Cut(s.redis, ":")
	broker, err := s.add(start(s.dir, "redis", nil, "redis-server", "--bind", "127.0.0.1", "--port", port,
		"--save", "", "--appendonly", "no", "--dir", s.dir, "--logfile", filepath.Join(s.dir, "redis.log")))
	if err != nil {
		return err
	}
	if err := untilOpen(broker, s.redis); err != nil {
		return err
	}
	for range 3 {
		address := freeAddr()
		server, err := s.startServer(address)
		if err != nil {
			return err
		}
		s.servers, s.where = append(s.servers, server), append(s.where, address)
	}
	return s.balance(name)
}

// balance starts the load balancer.
func (s *scene) balance(name string) error {
	b, ok := balancers[name]
	if !ok {
		return fmt.Errorf("there is no balancer %q", name)
	}
	program, err := b.find()
	if err != nil {
		return err
	}
	address := freeAddr()
	config, err := b.configure(s.dir, filepath.Join(here(), "../../../docs"), address, s.where)
	if err != nil {
		return err
	}
	balancer, err := s.add(start(s.dir, name, nil, program, b.command(config)...))
	if err != nil {
		return err
	}
	s.url = "http://" + address
	return untilOpen(balancer, address)
}

// startServer starts a server and waits until it listens.
func (s *scene) startServer(address string) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	server, err := s.add(start(s.dir, "server", []string{serverEnv + "=" + address, redisEnv + "=" + s.redis}, program))
	if err != nil {
		return nil, err
	}
	if _, err := server.read(); err != nil {
		return nil, err
	}
	return server, untilOpen(server, address)
}

// calm has the clients send while all is well.
func (r *result) calm(s *scene, clients *process) error {
	if err := clients.readJSON(&r.steady); err != nil {
		return err
	}
	if err := clients.tell("go"); err != nil {
		return err
	}
	if err := clients.readJSON(&r.steady); err != nil {
		return err
	}
	sum, err := s.report()
	r.unknown, r.forwarded = sum.Unknown, sum.Forwarded
	return err
}

// storm drains a server and replaces it while the clients go on.
func (r *result) storm(s *scene, clients *process) error {
	if err := clients.tell("on"); err != nil {
		return err
	}
	leaver := s.servers[0]
	if err := leaver.tell("drain"); err != nil {
		return err
	}
	var last report
	if err := leaver.readJSON(&last); err != nil {
		return err
	}
	s.retired = append(s.retired, last)
	if err := leaver.wait(); err != nil {
		return err
	}
	var err error
	if s.servers[0], err = s.startServer(s.where[0]); err != nil {
		return err
	}
	time.Sleep(underLoad)
	if err := clients.tell("stop"); err != nil {
		return err
	}
	if err := clients.readJSON(&r.all); err != nil {
		return err
	}
	sum, err := s.report()
	r.unknownAll = sum.Unknown
	return err
}

// underLoad is how long the clients go on when the new server is there.
const underLoad = 3 * time.Second

// report adds up what the servers say.
func (s *scene) report() (sum report, err error) {
	all := s.retired
	for _, server := range s.servers {
		var one report
		if err := server.tell("report"); err != nil {
			return sum, err
		}
		if err := server.readJSON(&one); err != nil {
			return sum, err
		}
		all = append(all, one)
	}
	for _, one := range all {
		sum.Unknown += one.Unknown
		sum.Forwarded += one.Forwarded
		sum.Failed += one.Failed
	}
	return sum, nil
}

// compare looks whether what was acknowledged has arrived.
func (r *result) compare(s *scene) error {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{s.redis}, DisableCache: true})
	if err != nil {
		return err
	}
	defer client.Close()
	arrived, err := client.Do(context.Background(), client.B().Scard().Key(received).Build()).AsInt64()
	r.lostAcked = r.all.Acked - int(arrived)
	return err
}
