# Socket.IO for Go: what there is to do here. `make` alone lists it.
#
# go.work joins several modules and `./...` stops at a module's edge, so whatever walks
# the tree walks $(PACKAGES): the packages of every module that go.work names.

export GOTOOLCHAIN = auto

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

T ?= 30s
BENCH ?= ../shared/bench
SUITES ?=

BIN := $(CURDIR)/.tmp/bin
PARTS := go run ./internal/cmd/parts

# Expanded where used: asking go takes a moment that `make help` need not wait for. Make
# before 4.4 does not pass what it exports on to $(shell).
MODULES = $(or $(shell GOTOOLCHAIN=auto go list -f '{{.Dir}}' -m),$(error go list -m names no module))
PACKAGES = $(addsuffix /...,$(MODULES))
# What is built for other systems: the databases and routers of examples are others' to port.
PORTABLE = $(filter-out $(CURDIR)/examples/...,$(PACKAGES))
# having finds the directories whose tests declare a function of that name or prefix.
having = $(shell grep -lr --include='*_test.go' --exclude-dir='.?*' --exclude-dir=node_modules '^func $1' . | xargs -r -n1 dirname | sort -u)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: ## start a chat to open in the browser, on port 3000 or ADDR; Ctrl-C ends it
	@[ -x $(BIN)/sio ] || echo 'building sio; the first time takes some minutes where nothing is in the cache'
	@go build -o $(BIN)/sio ./cmd/sio
	@exec $(BIN)/sio serve $(if $(ADDR),--addr '$(ADDR)')

.PHONY: walkthrough
walkthrough: ## start the walk-through's server, and its page on another origin; Ctrl-C ends it
	@go run ./internal/cmd/setup clients
	@go build -o $(BIN)/walkthrough ./examples/walkthrough
	@exec $(BIN)/walkthrough

.PHONY: test
test: ## everything that has to pass, part by part
	@$(PARTS) -log .tmp/test \
		'set-up and lint=$(MAKE) -k setup check browser-types docs' \
		'Go tests with race detector=$(MAKE) race' \
		'compatibility=go run ./internal/cmd/compat -check' \
		'guards=$(MAKE) guard' \
		'JS and Chromium=$(MAKE) -k interop-js examples' \
		'other languages=$(MAKE) interop' \
		'Go client=$(MAKE) interop-go' \
		'browser client=$(MAKE) browser-check' \
		'cluster=$(MAKE) test-cluster' \
		'faults and soak=$(MAKE) faults soak-short'

.PHONY: setup
setup: ## install what the tests need: a C compiler, npm packages, Chromium, Firefox, the linter; quick when done
	@go run ./internal/cmd/setup

.PHONY: check
check: $(BIN)/golangci-lint ## vet, lint, layers, tables of tests, tidy, formatting, builds for other systems
	@$(PARTS) -log .tmp/check \
		'go vet=go vet $(PACKAGES)' \
		'lint=$(MAKE) lint' \
		'layers=go test -count=1 -run "^(TestImportsPointDown|TestPlantedViolationsAreFound)$$" .' \
		'tables=go test -count=1 -run "^(TestThePageShowsTheTable|TestTheTableIsWholeAndItsTestsExist|TestEveryAdvisoryIsAnswered|TestEveryGuaranteeHasItsTest|TestCommandsOfPagesRunWhatThereIs)$$" . ./internal/cmd/compat' \
		'API=$(MAKE) api-check' \
		'tidy=for m in $(MODULES); do (cd $$m && go mod tidy -diff) || exit 1; done' \
		'format=$(MAKE) fmt-diff' \
		'build for linux-386=GOOS=linux GOARCH=386 go build $(PORTABLE)' \
		'build for windows-amd64=GOOS=windows GOARCH=amd64 go build $(PORTABLE)' \
		'build for darwin-arm64=GOOS=darwin GOARCH=arm64 go build $(PORTABLE)'

.PHONY: lint
lint: $(BIN)/golangci-lint ## golangci-lint with .golangci.yml over all modules
	@status=0; for m in $(MODULES); do \
		(cd $$m && $(BIN)/golangci-lint run --allow-parallel-runners --config $(CURDIR)/.golangci.yml ./...) || status=1; \
	done; exit $$status

$(BIN)/golangci-lint: tools/go.mod tools/go.sum
	@go run ./internal/cmd/setup lint

.PHONY: fmt
fmt: ## go fmt over all modules
	@go fmt $(PACKAGES)

# go fmt can only rewrite; its own gofmt, the one of the toolchain in use, can also tell.
.PHONY: fmt-diff
fmt-diff:
	@diff=$$(git ls-files -co --exclude-standard '*.go' | xargs "$$(go env GOROOT)/bin/gofmt" -d 2>&1); \
	[ -z "$$diff" ] || { printf '%s\n' "$$diff" 'not formatted: run make fmt'; exit 1; }

.PHONY: race
race: ## Go tests of all modules with the race detector, in random order; but for guards, faults and examples
	@packages=$$(go list $(PACKAGES)) && \
	go test -race -shuffle=on -count=1 -skip '^TestGuard' $$(grep -v -e '/interop/faults$$' -e '^socketio/examples\(/\|$$\)' <<< "$$packages")

# Guards hold figures of this machine: one package at a time, nothing beside it.
.PHONY: guard
guard: ## the tests that hold memory and allocation figures (TestGuard…), without -race
	@guards='$(call having,TestGuard)'; [ -n "$$guards" ] || { echo 'guard: no TestGuard anywhere'; exit 1; }; \
	go test -run '^TestGuard' -count=1 -v -p 1 $$guards

.PHONY: interop-js
interop-js: setup ## the official JavaScript clients against the fixture, in Node and in Chromium; the chat in two browsers
	@node interop/js/run.mjs

.PHONY: examples
examples: ## every example, as a program, with its client, the official one
	@go run ./internal/cmd/setup clients
	@go test -count=1 -timeout 290s -v ./examples | grep -vE '^=== |--- PASS|^PASS'; exit $${PIPESTATUS[0]}

.PHONY: interop
interop: ## clients of four languages, by one list of checks, against the fixture
	@go run ./internal/cmd/setup languages
	@go run ./internal/cmd/interop

.PHONY: interop-go
interop-go: ## the client in Go against servers of four languages, over each transport
	@go run ./internal/cmd/setup languages
	@go run ./internal/cmd/interop -servers
	@GOCLIENT=all go test -count=1 -timeout 200s ./interop/goclient -v | grep -E '^(go client|--- FAIL|FAIL|ok|panic)|goclient_test.go|targets_test.go'; exit $${PIPESTATUS[0]}

.PHONY: official
official: ## the reference's suites of its protocols and clients; SUITES=DIR is a checkout of socketio/socket.io
	@if [ -n "$(SUITES)" ]; then go build -o $(BIN)/official ./interop/official; fi
	@go run ./internal/cmd/official -suites '$(SUITES)' -server $(BIN)/official

.PHONY: browser
browser: ## make the files of browser/dist, the client for browsers, of its sources
	@go run ./internal/cmd/setup browser
	@go run ./browser/build && go run ./browser/build -types && go run ./browser/build -size

.PHONY: browser-types
browser-types: ## check the types of the client for browsers and of the dashboard; needs what make setup installs
	@go run ./browser/build -check
	@node browser/node_modules/typescript/bin/tsc --project admin/dashboard/tsconfig.json

.PHONY: browser-check
browser-check: setup ## what the client for browsers has to do, against our server and Node's; the official one beside it
	@node browser/check/run.mjs

.PHONY: docs
docs: ## a site of the pages of docs/ in .tmp/site; SITE_BASE=/path/ and SITE_SOURCE=URL say where it and the files will be
	@go run ./internal/cmd/setup docs
	@go run ./internal/cmd/docs

.PHONY: docs-serve
docs-serve: docs ## make the site and show it on http://127.0.0.1:4173; Ctrl-C ends it
	@node docs/site/node_modules/vitepress/bin/vitepress.js preview docs/site

.PHONY: size
size: ## the sizes of the client for browsers, beside the official one's; fails above the limits
	@go run ./browser/build -size

.PHONY: test-cluster
test-cluster: ## every back end of a cluster, alone and in a fleet with servers for Node
	@go run ./internal/cmd/setup clients
	@go run ./internal/cmd/setup cluster
	@ROUNDROBIN=short go run ./internal/cmd/cluster

.PHONY: round-robin
round-robin: ## 300 official clients behind nginx and behind HAProxy, round robin, while a server is replaced
	@go run ./internal/cmd/setup cluster
	@ROUNDROBIN=whole go test -count=1 -timeout 10m -v -run '^TestBehind' ./interop/cluster/roundrobin

.PHONY: faults
faults: ## what goes wrong in networks, processes and programs, and what is promised then
	@go run ./internal/cmd/setup clients
	@go test -count=1 -timeout 230s -v ./interop/faults | grep -E '^(--- |cuts=|sent=|FAIL|ok|panic)|_test\.go'; exit $${PIPESTATUS[0]}

.PHONY: bench-cluster
bench-cluster: ## what a cluster on Redis delivers per second of processor time, beside servers for Node; local delivery while Redis is stopped
	@go run ./internal/cmd/setup cluster
	@go build -o $(BIN)/bench-cluster ./interop/cluster/bench
	@$(BIN)/bench-cluster

.PHONY: soak
soak: ## 8,000 clients for T=30s, cut off and replaced all the time: nothing may leak or get lost
	@go build -o $(BIN)/soak ./interop/soak
	@$(BIN)/soak -time $(T)

# Fewer clients, which a slow machine can serve too, and pings more often, so that the server
# is still sooner. One that cannot keep up holds more connections at once than are counted.
.PHONY: soak-short
soak-short: ## the soak as make test has it: 1,000 clients for two minutes
	@go build -o $(BIN)/soak ./interop/soak
	@$(BIN)/soak -time 2m -clients 1000 -ping 2s

.PHONY: slow
slow: ## 1,000 clients that read and 50 that do not: nobody else may notice, and memory stays bounded
	@go test -count=1 -timeout 240s -v ./interop/slow -run 'TestStalledReadersAreCut|TestWithoutALimitQueuesGrow' -whole

.PHONY: drain
drain: ## a server leaves 4,000 clients to its successor over 20 s: evenly, with nothing lost
	@go test -count=1 -timeout 200s -v ./interop/drain -whole

.PHONY: bench-slow
bench-slow: ## what clients that do not read cost the others: five pairs of p99; wants the machine for itself
	@go test -count=1 -timeout 600s -v ./interop/slow -run TestStalledReadersDelayNobody -pairs 5

.PHONY: fuzz
fuzz: ## every fuzz target of every module, one by one, each for T=30s
	@go run ./internal/cmd/fuzz -time $(T) $(PACKAGES)

.PHONY: bench
bench: ## Go benchmarks with allocations; then, where BENCH=DIR has it, the comparison with other servers
	@go test -run '^$$' -bench . -benchmem $(call having,Benchmark)
	@if [ -x $(BENCH)/run ]; then \
		go build -o $(BIN)/bench-server ./bench/server && \
		BENCH_BUILD=$(CURDIR)/.tmp/bench $(BENCH)/run --server mine=$(BIN)/bench-server --only rawgws --only socketioxide; \
	else echo 'no comparison with other servers: $(BENCH)/run is not there'; fi

# A directory without an index would be a database without vulnerabilities.
.PHONY: vuln
vuln: ## known vulnerabilities in what is called, by vuln.go.dev or VULNDB=file://DIR; no part of check
	@GOWORK=off go build -C tools -o $(BIN)/govulncheck golang.org/x/vuln/cmd/govulncheck
	@db='$(VULNDB)'; case "$$db" in file://*) [ -e "$${db#file://}/index/modules.json" ] || [ -e "$${db#file://}/index/modules.json.gz" ] || \
		{ echo "vuln: not run, no database in $$db"; exit 1; };; esac; \
	for m in $(MODULES); do (cd $$m && echo "$$m:" && $(BIN)/govulncheck $${db:+-db "$$db"} ./... 2>&1 | tee $(BIN)/../vuln.log; exit $${PIPESTATUS[0]}) || { \
		status=$$?; grep -q 'fetching vulnerabilities:' $(BIN)/../vuln.log && { echo 'vuln: not run, no database'; exit 0; }; exit $$status; }; done

.PHONY: release
release: $(BIN)/cyclonedx-gomod ## make what a version is published as, in dist: programs for six systems, image, sums, notes; VERSION=v1.2.3, or the commit's tag
	@go run ./internal/cmd/release -sbom $(BIN)/cyclonedx-gomod $(if $(VERSION),-version '$(VERSION)') -out dist

.PHONY: release-check
release-check: $(BIN)/cyclonedx-gomod ## make the release of this commit twice, in two directories: every byte must be the same
	@go run ./internal/cmd/release -sbom $(BIN)/cyclonedx-gomod -check

$(BIN)/cyclonedx-gomod: tools/release/go.mod tools/release/go.sum
	@GOWORK=off CGO_ENABLED=0 go build -C tools/release -trimpath -buildvcs=false -o $@ github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod

.PHONY: api-check
api-check: ## compare what is exported with api/: nothing may be gone unless CHANGELOG.md says so below "Breaking"
	@go run ./internal/cmd/api

.PHONY: api
api: ## write into api/ what is exported now: with each release
	@go run ./internal/cmd/api -write

.PHONY: clean
clean: ## remove what the other targets built and installed inside the tree
	@rm -rf .tmp dist interop/js/node_modules interop/cluster/node_modules browser/node_modules docs/site/node_modules
