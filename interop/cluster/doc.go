// Package cluster is for tests of several processes that are one cluster, and of what happens
// when one of them or their broker fails. TestF01AServerIsKilled prints
//
//	recovered=50 told=60 missing=0 twice=0
//
// for a few clients, and with the figures that are promised by
//
//	go test -v -run TestF01 ./interop/cluster -args -clients 1000 -rate 1000
package cluster
