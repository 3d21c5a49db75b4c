package redis

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/redis/rueidis"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
)

// slots is how many parts the keys and channels of a Redis Cluster are divided into.
const slots = 16384

// startRedisCluster starts three nodes that share the slots, and returns their addresses.
func startRedisCluster(t *testing.T) []string {
	t.Helper()
	var nodes []rueidis.Client
	var addresses []string
	for range 3 {
		_, busPort, _ := net.SplitHostPort(freeAddr())
		b := own(t, "--cluster-enabled", "yes", "--cluster-port", busPort, "--cluster-config-file", "nodes-"+busPort+".conf", "--cluster-node-timeout", "15000")
		client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{b.addr}, DisableCache: true, ForceSingleClient: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		host, port, _ := net.SplitHostPort(b.addr)
		first := len(nodes) * slots / 3
		last := (len(nodes)+1)*slots/3 - 1
		do(t, client, "CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(first), fmt.Sprint(last))
		do(t, client, "CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(len(nodes)+1))
		if len(nodes) > 0 {
			do(t, nodes[0], "CLUSTER", "MEET", host, port, busPort)
		}
		nodes, addresses = append(nodes, client), append(addresses, b.addr)
	}
	for _, node := range nodes {
		until(t, "the meeting of the nodes", func() bool {
			info, err := node.Do(t.Context(), node.B().Arbitrary("CLUSTER", "INFO").Build()).ToString()
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		})
	}
	return addresses
}

func clusterClient(t *testing.T, addresses []string) rueidis.Client {
	t.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: addresses, DisableCache: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if client.Mode() != rueidis.ClientModeCluster {
		t.Fatal("this is no Redis Cluster")
	}
	return client
}

func TestRedisClusterCarriesEachBus(t *testing.T) {
	connected(t)
	addresses := startRedisCluster(t)
	t.Run("servers", func(t *testing.T) { countServers(t, addresses) })
	for name, open := range map[string]func(c rueidis.Client, name string) adapter.Bus{
		"classic": func(c rueidis.Client, name string) adapter.Bus { return NewClassic(c, &ClassicOptions{Prefix: name}) },
		"sharded": func(c rueidis.Client, name string) adapter.Bus { return NewSharded(c, &ShardedOptions{Prefix: name}) },
		"sharded, static": func(c rueidis.Client, name string) adapter.Bus {
			return NewSharded(c, &ShardedOptions{Prefix: name, Mode: Static})
		},
		"streams": func(c rueidis.Client, name string) adapter.Bus {
			return NewStreams(c, &StreamsOptions{Stream: name, Prefix: name, SessionPrefix: name})
		},
		"streams, sharded": func(c rueidis.Client, name string) adapter.Bus {
			return NewStreams(c, &StreamsOptions{Stream: name, Prefix: name, SessionPrefix: name, Sharded: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			adaptertest.Run(t, func(t *testing.T) adapter.Bus { return open(clusterClient(t, addresses), t.Name()) })
		})
	}
}

// countServers checks that servers know of each other, whichever node each is connected to.
func countServers(t *testing.T, addresses []string) {
	for kind, open := range kinds {
		t.Run(kind, func(t *testing.T) {
			var sites []*site
			for range 3 {
				sites = append(sites, newSite(t, open(clusterClient(t, addresses))))
			}
			met(t, sites...)
			var all sync.WaitGroup
			for _, x := range sites {
				all.Go(func() {
					until(t, "a count of three", func() bool {
						n, err := x.srv.ServerCount(t.Context())
						return err == nil && n == 3
					})
				})
			}
			all.Wait()
			infos, err := sites[0].srv.All().FetchSockets(t.Context())
			if len(infos) != 3 || err != nil {
				t.Errorf("there are %d sockets (%v), want 3", len(infos), err)
			}
			for _, x := range sites {
				x.client.Close()
				x.srv.Close()
			}
		})
	}
}
