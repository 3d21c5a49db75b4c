package metrics_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"socketio"
)

const (
	dashboard = "../deploy/grafana.json"
	alerts    = "../deploy/alerts.yaml"

	patience = time.Minute
)

// installed skips the test on a machine that make setup has not been run on.
func installed(t *testing.T, program string) {
	if _, err := exec.LookPath(program); err != nil {
		t.Skip("needs ", program)
	}
}

func TestAlertsGoOffWhenTheyShould(t *testing.T) {
	installed(t, "promtool")
	out, err := exec.Command("promtool", "test", "rules", "../deploy/alerts_test.yaml").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A server under load is scraped by Prometheus, which is asked what Grafana would ask.
func TestEachPanelOfTheDashboardShowsALoadedServer(t *testing.T) {
	installed(t, "prometheus")
	p := scrape(t, load(t))
	exprs := panelExprs(t)
	if len(exprs) < 20 {
		t.Fatalf("the dashboard has only %d queries", len(exprs))
	}
	deadline := time.Now().Add(patience)
	for title, expr := range exprs {
		for shown := 0; shown == 0; {
			var err error
			if shown, err = p.query(expr); err != nil {
				t.Fatalf("%s: %s: %v", title, expr, err)
			}
			if shown == 0 && time.Now().After(deadline) {
				t.Errorf("%s shows nothing: %s", title, expr)
				break
			}
			wait(t.Context(), 50*time.Millisecond)
		}
	}
	for sick := p.sickRules(t); len(sick) > 0; sick = p.sickRules(t) { // or not evaluated yet
		if time.Now().After(deadline) {
			t.Fatalf("alerts: %q", sick)
		}
		wait(t.Context(), 50*time.Millisecond)
	}
}

// load starts a server whose clients emit until the test ends, and returns its address.
func load(t *testing.T) string {
	srv, registry := served(t, nil)
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	web := httptest.NewServer(mux)
	t.Cleanup(func() {
		srv.Close()
		web.Close()
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	t.Cleanup(func() {
		stop()
		<-ended
	})
	c := socketio.NewClient(web.URL, nil)
	go func() {
		defer close(ended)
		defer c.Close()
		if err := c.Connect(ctx); err != nil {
			t.Error(err)
		}
		for ctx.Err() == nil {
			_, _ = c.EmitAck(ctx, ask, "anything")
			_ = c.EmitArgs(string(ask), "") // which fails there
			wait(ctx, 10*time.Millisecond)
		}
	}()
	return strings.TrimPrefix(web.URL, "http://")
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// panelExprs returns the queries of the dashboard, as Grafana would fill them in, by the
// titles of their panels.
func panelExprs(t *testing.T) map[string]string {
	text, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, RefID string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("$job", "chat", "$instance", ".*", "$__rate_interval", "15s")
	exprs := map[string]string{}
	for _, panel := range board.Panels {
		for i, target := range panel.Targets {
			exprs[fmt.Sprintf("%s %d", panel.Title, i)] = fill.Replace(target.Expr)
		}
	}
	return exprs
}

// A prom is a Prometheus.
type prom struct{ addr string }

// scrape starts a Prometheus that scrapes target each second, and knows the alerts.
func scrape(t *testing.T, target string) *prom {
	dir := t.TempDir()
	rules, err := filepath.Abs(alerts)
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs: [{job_name: chat, static_configs: [{targets: [%q]}]}]
`, rules, target)
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 5 { // as another process may take the port at the last moment
		p := &prom{addr: freeAddr(t)}
		if p.start(t, file, dir) {
			return p
		}
	}
	t.Fatal("prometheus does not start")
	return nil
}

func freeAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start says whether the process is ready to answer.
func (p *prom) start(t *testing.T, config, dir string) bool {
	cmd := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+p.addr)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-exited
	})
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if resp, err := http.Get("http://" + p.addr + "/-/ready"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return true
			}
		}
		select {
		case <-exited:
			return false
		default:
		}
	}
	return false
}

// query returns how many series have a number for an expression now.
func (p *prom) query(expr string) (shown int, err error) {
	var result struct {
		Result []struct{ Value [2]any }
	}
	if err := p.get("/api/v1/query?query="+url.QueryEscape(expr), &result); err != nil {
		return 0, err
	}
	for _, series := range result.Result {
		if series.Value[1] != "NaN" {
			shown++
		}
	}
	return shown, nil
}

// sickRules returns the alerts that have not been evaluated, or not without an error.
func (p *prom) sickRules(t *testing.T) (sick []string) {
	var result struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	if err := p.get("/api/v1/rules", &result); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, group := range result.Groups {
		for _, rule := range group.Rules {
			count++
			if rule.Health != "ok" {
				sick = append(sick, fmt.Sprintf("%s is %s: %s", rule.Name, rule.Health, rule.LastError))
			}
		}
	}
	if count == 0 {
		t.Error("there are no alerts")
	}
	return sick
}

// get asks the API, and decodes the data of its answer.
func (p *prom) get(path string, data any) error {
	resp, err := http.Get("http://" + p.addr + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer := struct {
		Error string
		Data  any
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	return nil
}
