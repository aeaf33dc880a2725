# One command per wish: `make run`, `make test`. `make help` lists them.
# Tools that tests need are set up on the way; a set-up that worked leaves a stamp and is not repeated.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

CARGO ?= cargo
PYTHON ?= python3
NODE_MAJOR_MIN := 20

# What a checkout holds decides what is tested.
UI := $(wildcard static/package.json)
PEERS := $(wildcard tests/python/requirements.txt)

# Where Cargo builds.
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
# A long run in a browser against this binary.
browser = cd static && HEARTH_BIN='$(1)' npx playwright test --config bench/playwright.config.ts

FUZZ_TARGETS := $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
# How long each is tried. Unit: s.
FUZZ_S ?= 60

BENCHES := pure sockets dialects modbus daemon

NPM_STAMP := static/node_modules/.installed
VENV_STAMP := .venv/.installed
DIST := static/dist/index.html
UI_SOURCES := $(if $(UI),$(shell find static -path static/node_modules -prune -o -path static/dist -prune -o -type f -print))

.PHONY: help
help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 24

.PHONY: run
run: $(if $(UI),$(DIST)) ## run the daemon with etc/hearth.toml
	$(CARGO) run --locked -- serve

.PHONY: build
build: $(if $(UI),$(DIST)) ## build the pages and the release binary that holds them
	$(CARGO) build --locked --release

.PHONY: test
test: test-rust $(if $(UI),test-ui) $(if $(PEERS),test-python) $(if $(UI),test-e2e) ## everything a change must pass

.PHONY: test-rust
test-rust: ## format, lints, unit and integration tests, examples in documentation
	@echo '== Rust: format'
	$(CARGO) fmt --all -- --check
	echo '== Rust: lints'
	$(CARGO) clippy --locked --quiet --workspace --all-targets -- -D warnings
	echo '== Rust: tests'
	if $(CARGO) nextest --version >/dev/null 2>&1; then
	  $(CARGO) test --locked --quiet --workspace --doc
	  # They wait more than they work: four at once.
	  $(CARGO) nextest run --locked --workspace --no-fail-fast --status-level fail --final-status-level fail --test-threads 4
	else
	  $(CARGO) test --locked --quiet --workspace --no-fail-fast
	fi

.PHONY: test-ui
test-ui: $(NPM_STAMP) ## types, lints and unit tests of the pages, and that they build
	@echo '== pages: lints and types'
	cd static
	npm run --silent lint
	npm run --silent check
	echo '== pages: build'
	$(MAKE) --directory .. $(DIST)
	echo '== pages: unit tests'
	npm run --silent test

.PHONY: test-python
test-python: $(VENV_STAMP) debug echo ## the daemon as others see it: processes, sockets, a Modbus device that is played
	@echo '== Python peers'
	# Most of them wait most of the time: four files at once.
	.venv/bin/pytest --quiet --numprocesses 4 --dist loadfile -m 'not alone' tests/python
	.venv/bin/pytest --quiet -m alone tests/python

.PHONY: test-e2e
test-e2e: $(NPM_STAMP) $(VENV_STAMP) $(DIST) debug setup-chromium ## the pages in a real browser against the real daemon
	@echo '== pages in a browser'
	cd static
	npm run --silent e2e

.PHONY: bench
bench: $(if $(UI),$(DIST) setup-chromium) ## what it costs, each figure beside its peer or limit (about 20 minutes, best on a quiet machine)
	@echo '== benchmarks: build'
	$(CARGO) bench --locked --quiet --no-run $(BENCHES:%=--bench %)
	# One after the other: each wants the machine for itself.
	for topic in $(BENCHES); do
	  echo "== benchmarks: $$topic"
	  $(CARGO) bench --locked --quiet --bench "$$topic"
	done
	if [ -n '$(UI)' ]; then
	  echo '== benchmarks: pages'
	  $(MAKE) release-binary
	  $(call browser,$(TARGET)/release/hearth) pages.run.ts
	fi

.PHONY: bench-write
bench-write: ## the same, and the figures go into docs/performance.md
	@BENCH_WRITE=1 $(MAKE) bench

.PHONY: screenshots
screenshots: $(NPM_STAMP) $(DIST) debug setup-chromium ## pictures of every screen into target/pictures, the best into docs/img
	@$(call browser,$(TARGET)/debug/hearth) pictures.run.ts

.PHONY: soak
soak: $(NPM_STAMP) $(DIST) release-binary setup-chromium ## eight simulated hours, eight machines, three tabs (about 9 minutes)
	@$(call browser,$(TARGET)/release/hearth) soak.run.ts

.PHONY: debug
debug:
	@$(CARGO) build --locked --quiet

.PHONY: echo
echo:
	@$(CARGO) build --locked --quiet --example echo

.PHONY: release-binary
release-binary:
	@$(CARGO) build --locked --quiet --release

.PHONY: setup-ui
setup-ui: $(NPM_STAMP) ## install what the pages are built with

.PHONY: setup-python
setup-python: $(VENV_STAMP) ## install what the Python tests need into .venv

.PHONY: setup-chromium
setup-chromium: ## install a browser for the end-to-end tests, if there is none
	@install='apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core'
	if command -v chromium >/dev/null; then exit 0; fi
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	  echo "The end-to-end tests need Chromium as \`chromium\`. On Debian, as root: $$install" >&2
	  exit 1
	fi
	echo 'installing chromium'
	DEBIAN_FRONTEND=noninteractive bash -c "$$install" >/dev/null

$(NPM_STAMP): static/package.json static/package-lock.json
	@if ! command -v npm >/dev/null || [ "$$(node --print 'process.versions.node.split(".")[0]')" -lt $(NODE_MAJOR_MIN) ]; then
	  echo 'The pages need Node.js $(NODE_MAJOR_MIN) or newer with npm.' >&2
	  exit 1
	fi
	echo '== pages: npm ci'
	cd static
	npm ci --no-audit --no-fund --loglevel=error
	touch node_modules/.installed

$(VENV_STAMP): tests/python/requirements.txt
	@if ! $(PYTHON) -m venv .venv; then
	  echo 'The Python tests need Python 3 with venv. On Debian, as root: apt-get install -y python3-venv' >&2
	  exit 1
	fi
	echo '== Python: .venv'
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement tests/python/requirements.txt
	touch $@

# The binary must be built anew when the pages it holds have changed.
$(DIST): $(NPM_STAMP) $(UI_SOURCES)
	@cd static
	npm run --silent build
	touch dist/index.html ../src/http/assets.rs

.PHONY: deny
deny: ## licences, sources and bans of all dependencies (needs cargo-deny)
	$(CARGO) deny --locked check bans licenses sources

.PHONY: clean
clean: ## remove everything that was built or set up
	$(CARGO) clean
	rm -rf .venv static/node_modules static/dist

.PHONY: trust
trust: $(VENV_STAMP) debug ## long fault runs: kill -9, crashes, cut clients, floods; prints their figures
	@echo '10,000 histories of tasks: in order, alone where asked for, one end each'
	@PROPTEST_CASES=10000 $(CARGO) test --locked --quiet -p hearth-actors --lib logic::tasks
	@echo '100,000 histories of the lease: one holder, no order under an old epoch, nobody locked out for ever'
	@PROPTEST_CASES=100000 $(CARGO) test --locked --quiet -p hearth-actors --lib logic::lease
	@echo '1,000,000 random histories of a machine: no heat unasked, no order of who does not steer, no acknowledgement that is not true'
	@HEARTH_HISTORIES=1000000 $(CARGO) test --locked --quiet --profile trust -p hearth-actors --test histories in_no_history -- --nocapture
	@echo 'a disk that refuses each single write of a life with each error; 10,000 damaged journals'
	@HEARTH_FAULTS=all HEARTH_DAMAGES=10000 $(CARGO) test --locked --quiet --lib -- storage::store --nocapture
	@echo 'four recordings on disks that refuse everything for a while: alarm within 2 s, all written within 5 s of their being well'
	@HEARTH_LIMITS=1 $(CARGO) test --locked --quiet --test storage -- --nocapture a_disk_that_refuses_everything
	@echo '10,000 profiles: listed, searched, and indexed anew'
	@$(CARGO) test --locked --quiet --lib -- --ignored --nocapture ten_thousand_profiles
	@echo '1,000 crashes of a machine with heat on, over a line: the first bytes after each are the safe ones'
	@HEARTH_CRASHES=1000 $(CARGO) test --locked --quiet --test crashes -- --nocapture
	@echo '100,000 orders over each kind of line whose answers are dropped, late or altered: what is reported as done is done'
	@HEARTH_REPLIES=100000 $(CARGO) test --locked --quiet --lib -- modbus::tests::replies --nocapture
	@echo '500 replugs of an adapter and of a network device: no file stays open'
	@HEARTH_REPLUGS=500 $(CARGO) test --locked --quiet --test replugs -- --nocapture
	@.venv/bin/python tests/trust

.PHONY: fuzz
fuzz: ## bytes that nobody would send, a minute for each decoder; what it finds is in fuzz/artifacts
	@if ! $(CARGO) fuzz --version >/dev/null 2>&1; then
	  echo 'installing cargo-fuzz'
	  $(CARGO) install --locked --quiet cargo-fuzz
	fi
	$(PYTHON) fuzz/seeds.py
	# Sanitizers look for what unsafe code does; there is none. Without them a stable compiler will do.
	export RUSTC_BOOTSTRAP=1
	for target in $(FUZZ_TARGETS); do
	  echo "== fuzz: $$target"
	  mkdir -p "fuzz/found/$$target"
	  $(CARGO) fuzz run --dev --sanitizer none "$$target" "fuzz/found/$$target" "fuzz/corpus/$$target" -- \
	    -max_total_time=$(FUZZ_S) -timeout=1 -rss_limit_mb=1024 -max_len=65536 -verbosity=0 -print_final_stats=1
	done
