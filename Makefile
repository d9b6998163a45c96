# What this file promises: on a bare Debian 12 with Go, Node, npm and apt, `make run` and `make test`
# do all set-up themselves. Every long step says what it does.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS   += --no-builtin-rules --warn-undefined-variables
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
REVISION  := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS   := -X github.com/prometheus/common/version.Version=$(VERSION) \
             -X github.com/prometheus/common/version.Revision=$(REVISION)
# One set of flags, so that the build cache is used by all of it.
GO        ?= go
GOTEST    := $(GO) test -race -timeout 15m
PLUGIN    := grafana-plugin
JUDGES    := lab/routersim/judges
# Configurations of other people's routers, where they lie beside the checkout; the tests use them too then.
ifneq ($(wildcard ../shared/data),)
export ISPVM_SHARED_DATA ?= $(abspath ../shared/data)
endif

say = @printf '\033[1m==> %s\033[0m\n' "$(1)"

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

## --- set-up ---------------------------------------------------------------------------------------

.PHONY: setup
setup: setup-apt setup-npm ## Install what is missing: Debian packages, npm packages

# Package and a file that it brings. RUNLEVEL=1 keeps the packages from starting services of their own:
# the lab and the tests start theirs on loopback and stop them again.
APT := postgresql:/usr/lib/postgresql/*/bin/postgres prometheus:/usr/bin/prometheus \
       prometheus-alertmanager:/usr/bin/prometheus-alertmanager chromium:/usr/bin/chromium \
       python3-librouteros:/usr/lib/python3/dist-packages/librouteros

.PHONY: setup-apt
setup-apt:
	@missing=(); for p in $(APT); do compgen -G "$${p#*:}" >/dev/null || missing+=("$${p%%:*}"); done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  printf '\033[1m==> installing Debian packages: %s (a minute or two)\033[0m\n' "$${missing[*]}"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq; \
	  $$sudo env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi

.PHONY: setup-npm
setup-npm: $(PLUGIN)/node_modules/.package-lock.json $(JUDGES)/node_modules/.package-lock.json

%/node_modules/.package-lock.json: %/package-lock.json
	$(call say,installing npm packages of $* (one to two minutes the first time))
	@cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

## --- build ----------------------------------------------------------------------------------------

.PHONY: build
build: build-go build-plugin ## Build all programs into bin/ and the plugin into grafana-plugin/dist/

.PHONY: build-go
build-go:
	$(call say,building the Go programs into bin/ (some minutes the first time))
	@mkdir -p bin
	@$(GO) build -ldflags "$(LDFLAGS)" -o bin/ ./exporter/cmd/... ./correlator/cmd/... ./lab/... ./$(PLUGIN)/host/...
	@ln -sf routeros_exporter bin/exporter

.PHONY: build-plugin
build-plugin: $(PLUGIN)/node_modules/.package-lock.json
	$(call say,building the Grafana plugin)
	@cd $(PLUGIN) && npm run --silent build
	@$(GO) build -ldflags "$(LDFLAGS)" -o $(PLUGIN)/dist/datasource/gpx_ispvisualmonitor_$$($(GO) env GOOS)_$$($(GO) env GOARCH) ./$(PLUGIN)/pkg

.PHONY: generate
generate: ## Make generated code anew (the API from its schema)
	$(call say,generating the API from api/v1/*.proto)
	@mkdir -p api/.deps/buf/validate bin
	@cp -f "$$($(GO) mod download -json github.com/bufbuild/protovalidate@v1.2.0 | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')/proto/protovalidate/buf/validate/validate.proto" api/.deps/buf/validate/
	@chmod u+w api/.deps/buf/validate/validate.proto
	@$(GO) build -modfile=.ci/tools/buf.mod -o bin/buf github.com/bufbuild/buf/cmd/buf
	@cd api && ../bin/buf lint --path v1 && ../bin/buf generate

## --- use ------------------------------------------------------------------------------------------

.PHONY: run
run: setup build ## Start the lab: a simulated ISP, Prometheus, Alertmanager, the product (FLEET=DIR, CONFIG=FILE)
	@exec bin/lab $(if $(FLEET),--fleet $(FLEET)) $(if $(CONFIG),--config $(CONFIG))

.PHONY: break
break: ## Break something in the running lab (WHAT=… to choose)
	@exec bin/lab break $(WHAT)

FLEET  ?=
CONFIG ?=
WHAT   ?=
SEED   ?=

.PHONY: smoke
smoke: setup build ## Break the lab three times and once without a change; check what is said of it (SEED=…)
	$(call say,smoke: three outages by a change and one without (under four minutes))
	@exec bin/smoke $(if $(SEED),--seed $(SEED))

.PHONY: eval
eval: build-go ## Judge scenarios with known truth and print how often it was right (SEED=…, CORPUS=first|second|written)
	@exec bin/eval $(if $(SEED),--seed=$(SEED)) $(if $(CORPUS),--corpus=$(CORPUS))

ROUNDS ?= 1000

.PHONY: soak
soak: setup-apt ## Send storms to correlators that are killed and a database that is stopped; nothing may be lost (ROUNDS=…, SEED=…)
	$(call say,soak: $(ROUNDS) rounds of about three seconds)
	@$(GO) test -count=1 -timeout 0 -v ./lab/soak -run TestSoak -rounds=$(ROUNDS) -seed=$(or $(SEED),$(shell date +%s))

## --- test -----------------------------------------------------------------------------------------

.PHONY: test
test: setup check test-go test-plugin test-rules smoke ## Everything that CI runs

.PHONY: check
check: check-format check-generated lint

.PHONY: check-format
check-format:
	$(call say,formatting and vet)
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not gofmt'ed: $$unformatted; run gofmt -w"; exit 1; }
	@$(GO) mod tidy -diff
	@$(GO) vet ./...

.PHONY: check-generated
check-generated: generate
	@git diff --exit-code --stat -- api || { echo "api/ is stale: run 'make generate' and commit the result"; exit 1; }

bin/golangci-lint: .ci/tools/lint.mod
	$(call say,building the linter (two to four minutes the first time))
	@mkdir -p bin
	@$(GO) build -modfile=.ci/tools/lint.mod -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: lint
lint: bin/golangci-lint
	$(call say,linting)
	@bin/golangci-lint run ./...

.PHONY: test-go
test-go: setup build
	$(call say,Go tests under the race detector)
	@$(GOTEST) ./...

.PHONY: test-plugin
test-plugin: setup build
	$(call say,plugin: types and lint and unit tests and browser)
	@cd $(PLUGIN) && npm run --silent typecheck && npm run --silent lint && npm run --silent test:ci && npm run --silent test:browser

.PHONY: test-rules
test-rules: setup
	$(call say,alerting rules and configuration)
	@promtool check rules --lint=all --lint-fatal alerting/rules/*.yaml
	@promtool test rules alerting/tests/*.yaml
	@amtool check-config alerting/alertmanager.yaml

.PHONY: bench
bench: ## Go benchmarks of all parts, one run each
	@$(GO) test -run '^$$' -bench . -benchtime 1x ./exporter/... ./correlator/... ./lab/routersim/...

PEERS ?=

.PHONY: bench-exporter
bench-exporter: build-go ## Compare the exporter with others on the same routers (PEERS=NAME=PROGRAM,…)
	@exec bin/exporterbench compare $(if $(PEERS),--peers $(PEERS))

.PHONY: bench-correlator
bench-correlator: setup ## Measure the correlator against bare floors and its budgets (some minutes); a JSON line for each figure
	@figures=$$(mktemp); trap 'rm -f "$$figures"' EXIT; \
	ISPVM_FIGURES=$$figures $(GO) test -run '^$$' -bench 'Observations|ConfigChanges|WebhookAlerts|SmallWebhooksStorm|Correlation|Reads' \
	  -benchtime 1x -timeout 30m ./correlator/postgres; \
	cat "$$figures"

.PHONY: clean
clean: ## Remove what was built
	@rm -rf bin .run $(PLUGIN)/dist $(PLUGIN)/coverage
