package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"socketio"
)

// A manifest is an object of chat.yaml.
type manifest struct {
	*testing.T
	object any
}

// manifests reads chat.yaml. They are found by their kind.
func manifests(t *testing.T) map[string]manifest {
	t.Helper()
	file, err := os.Open("chat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all := map[string]manifest{}
	for decoder := yaml.NewDecoder(file); ; {
		var object any
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		m := manifest{t, object}
		all[m.at("kind")] = m
	}
}

// at is the text of what is found by a path of keys and indexes.
func (m manifest) at(path string) string {
	m.Helper()
	return fmt.Sprint(m.below(path))
}

func (m manifest) below(path string) any {
	m.Helper()
	v := m.object
	for key := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(in) {
				m.Fatalf("%s: there is no %s", path, key)
			}
			v = in[i]
		}
		if v == nil {
			m.Fatalf("%s: there is no %s", path, key)
		}
	}
	return v
}

func (m manifest) seconds(path string) time.Duration {
	m.Helper()
	n, ok := m.below(path).(int)
	if !ok {
		m.Fatalf("%s is no number", path)
	}
	return time.Duration(n) * time.Second
}

const container = "spec.template.spec.containers.0."

// arguments are those of the container, as flags of main.go understand them.
func arguments(t *testing.T, deployment manifest) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, argument := range deployment.below(container + "args").([]any) {
		name, value, _ := strings.Cut(argument.(string), "=")
		f := flag.Lookup(strings.TrimPrefix(name, "-"))
		if f == nil {
			t.Errorf("main.go has no flag %s", name)
			continue
		}
		if name == "-drain" {
			if _, err := time.ParseDuration(value); err != nil {
				t.Error(err)
			}
		}
		all[name] = value
	}
	return all
}

func TestTheManifestsFitTogether(t *testing.T) {
	all := manifests(t)
	deployment, service, scaler, budget := all["Deployment"], all["Service"], all["HorizontalPodAutoscaler"], all["PodDisruptionBudget"]
	name, app := deployment.at("metadata.name"), deployment.at("spec.template.metadata.labels.app")
	for what, same := range map[string][2]string{
		"the Deployment's selector":          {deployment.at("spec.selector.matchLabels.app"), app},
		"the Service's selector":             {service.at("spec.selector.app"), app},
		"the PodDisruptionBudget's selector": {budget.at("spec.selector.matchLabels.app"), app},
		"what is scaled":                     {scaler.at("spec.scaleTargetRef.name"), name},
		"its kind":                           {scaler.at("spec.scaleTargetRef.kind"), deployment.at("kind")},
		"its version":                        {scaler.at("spec.scaleTargetRef.apiVersion"), deployment.at("apiVersion")},
		"the Service's port":                 {service.at("spec.ports.0.targetPort"), deployment.at(container + "ports.0.name")},
		"the port of the readiness probe":    {deployment.at(container + "readinessProbe.httpGet.port"), deployment.at(container + "ports.0.name")},
		"the port of the liveness probe":     {deployment.at(container + "livenessProbe.httpGet.port"), deployment.at(container + "ports.0.name")},
	} {
		if same[0] != same[1] {
			t.Errorf("%s is %s, want %s", what, same[0], same[1])
		}
	}
}

func TestTheDeploymentFitsTheProgram(t *testing.T) {
	deployment := manifests(t)["Deployment"]
	given, port := arguments(t, deployment), deployment.at(container+"ports.0.containerPort")
	if want := ":" + port; given["-listen"] != want || !strings.HasSuffix(given["-advertise"], want) {
		t.Errorf("-listen=%s -advertise=%s, want both with %s", given["-listen"], given["-advertise"], want)
	}
	over, _ := time.ParseDuration(given["-drain"])
	least := deployment.seconds(container+"lifecycle.preStop.sleep.seconds") + over + patience
	if grace := deployment.seconds("spec.template.spec.terminationGracePeriodSeconds"); grace <= least {
		t.Errorf("the pod is killed after %v, and needs more than %v", grace, least)
	}

	set := map[string]bool{}
	for i := range deployment.below(container + "env").([]any) {
		set[deployment.at(fmt.Sprint(container, "env.", i, ".name"))] = true
	}
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, asked := range regexp.MustCompile(`Getenv\("(\w+)"\)`).FindAllStringSubmatch(string(source), -1) {
		if !set[asked[1]] {
			t.Errorf("main.go asks for %s, which is not set", asked[1])
		}
	}
	for _, used := range regexp.MustCompile(`\$\((\w+)\)`).FindAllStringSubmatch(fmt.Sprint(given), -1) {
		if !set[used[1]] {
			t.Errorf("an argument has %s, which is not set", used[1])
		}
	}
}

func TestAPodIsReadyUntilItDrains(t *testing.T) {
	deployment := manifests(t)["Deployment"]
	srv := socketio.NewServer(nil)
	defer srv.Close()
	mux := newMux(srv)
	status := func(probe string) int {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, deployment.at(container+probe+".httpGet.path"), http.NoBody))
		return w.Code
	}
	if ready, live := status("readinessProbe"), status("livenessProbe"); ready != http.StatusOK || live != http.StatusOK {
		t.Errorf("ready %d, live %d, want 200 and 200", ready, live)
	}
	if err := srv.Drain(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	if ready, live := status("readinessProbe"), status("livenessProbe"); ready != http.StatusServiceUnavailable || live != http.StatusOK {
		t.Errorf("while it drains: ready %d, live %d, want 503 and 200", ready, live)
	}
}
