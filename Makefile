# The two commands: `make demo` and `make test`. Everything they need beyond the usual toolchains is installed into
# target/ and .venv*; nothing outside this folder is touched.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(abspath $(VENV))/bin
WHEELS := target/wheels
DEV_REQUIREMENTS := bindings/python/requirements-dev.txt

RESULTS := $(CURDIR)/target/results
PREFIX ?= /usr/local
CARGO_BUILD := cargo build --locked --workspace --features wechatpay-sdk/rustcrypto
# The artefacts as a user gets them: installed, never used from the build folders.
C_PREFIX := $(CURDIR)/target/c/prefix
NPM := $(CURDIR)/target/npm
RECEIVERS := $(CURDIR)/target/receivers
PHP_EXTENSION := $(CURDIR)/target/php/extension/modules/wechatpay.so
RUN := WECHATPAY_BIN=$(CURDIR)/target/debug/wechatpay WECHATPAY_RESULTS=$(RESULTS) WECHATPAY_INSTALLED=$(NPM)/installed \
    WECHATPAY_TEST_HOOKS=$(NPM)/test-hooks.node WECHATPAY_PYTHON_HOOKS=$(CURDIR)/target/debug/lib_native.so WECHATPAY_PHP_EXTENSION=$(PHP_EXTENSION) PKG_CONFIG_PATH=$(C_PREFIX)/lib/pkgconfig

# Runs a command with the URL of a Redis of its own.
WITH_REDIS := $(PYTHON) $(CURDIR)/tests/receivers/redis_server.py

at-most-4-MB = stat -c '%s %n' $(1) | awk '$$1 > 4000000 {print $$2 " has " $$1 " bytes, more than 4 MB"; big = 1} END {exit big}'

.PHONY: help demo test bench bench-build fuzz simulation generate install lint drift test-rust test-python test-node test-c test-php test-receivers \
    test-roundtrip roundtrip-programs test-campaign campaign campaign-programs table wheel node c php command fresh-results tools \
    tools-all clean

help: ## Lists the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# ---------------------------------------------------------------- what must be there

tools:
	@tools/need.sh $(PYTHON)

# One environment for tools and for the installed wheel; remade when the pinned list changes.
$(VENV)/.ready: $(DEV_REQUIREMENTS) | tools
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r $(DEV_REQUIREMENTS)
	touch $@

# The other languages' toolchains, for what needs them all.
tools-all: tools
	@tools/need.sh $(PYTHON) all

bindings/node/node_modules/.ready: bindings/node/package-lock.json | tools-all
	cd bindings/node && npm ci --silent --no-audit --no-fund
	touch $@

# ---------------------------------------------------------------- the two commands

demo: $(VENV)/.ready tools-all ## Opens Gold Plan and the custom page for 200 sub-merchants against the local WeChat Pay.
	cargo build --release --locked -p wechatpay-cli
	$(MAKE) --no-print-directory wheel node c php
	$(RUN) $(BIN)/python examples/demo/run.py target/release/wechatpay

test: fresh-results lint drift test-rust test-python test-node test-c test-php test-receivers test-roundtrip test-campaign table ## All suites, in every language.
	@echo; echo "make test: all suites passed"

# ---------------------------------------------------------------- their parts

lint: $(VENV)/.ready bindings/node/node_modules/.ready ## Formatting and linters of every language, warnings denied.
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --features wechatpay-sdk/rustcrypto -- -D warnings
	cargo clippy --locked -p wechatpay-sdk --no-default-features --features rustcrypto -- -D warnings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	cd bindings/node && npx prettier --config .prettierrc.json --ignore-path .prettierignore --check . ../../tests/node ../../tests/campaign \
	    ../../tests/roundtrip ../../examples/node ../../benches/*.mjs

drift: $(VENV)/.ready ## Generated files are what spec/ says, and spec/ is valid OpenAPI 3.1.
	$(PYTHON) examples/demo/generate.py --verify
	$(CARGO_BUILD) --bin wechatpay-codegen
	target/debug/wechatpay-codegen generate --verify
	$(BIN)/python -m openapi_spec_validator --subschema-errors all spec/*.json

# What an earlier run left must not fill a cell of this one.
fresh-results:
	rm -rf $(RESULTS)
	mkdir -p $(RESULTS)

$(RESULTS):
	mkdir -p $@

# With the features of the whole workspace, so that nothing is compiled twice.
command:
	$(CARGO_BUILD) --bin wechatpay

test-rust: | $(RESULTS) ## Unit, integration, vector and case tests of the Rust crates.
	$(RUN) cargo test --locked --workspace --features wechatpay-sdk/rustcrypto
	cargo test --locked --quiet -p wechatpay-sdk --no-default-features --features rustcrypto --lib -- tls not_built_in
	$(PYTHON) tests/rust/features.py

wheel: $(VENV)/.ready ## The Python wheel, in target/wheels, installed into .venv.
	rm -rf $(WHEELS)
	cd bindings/python && $(BIN)/maturin build --release --locked --quiet --interpreter $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps $(WHEELS)/*.whl
	@$(call at-most-4-MB,$(WHEELS)/*.whl)

test-python: wheel command | $(RESULTS) ## The shared cases and the binding's own tests, against the installed wheel.
	cargo build --locked -p wechatpay-python --features test-hooks
	$(PYTHON) -m venv --clear target/fresh-venv
	target/fresh-venv/bin/pip install --quiet --disable-pip-version-check $(WHEELS)/*.whl \
	    $$(grep -E '^(pytest|cryptography)=' $(DEV_REQUIREMENTS))
	$(RUN) target/fresh-venv/bin/python -m pytest -q -p no:cacheprovider tests/python
	$(RUN) $(WITH_REDIS) $(BIN)/python -m pytest -q bindings/python/tests

node: tools-all ## The npm tarball, in target/npm, installed into target/npm/installed.
	cargo build --release --locked -p wechatpay-node
	cd bindings/node && node scripts/install.mjs "$$(node scripts/pack.mjs ../../target/release $(NPM))" $(NPM)/installed
	@$(call at-most-4-MB,$(NPM)/*.tgz)

test-node: node command bindings/node/node_modules/.ready | $(RESULTS) ## The shared cases and the binding's own tests, against the installed tarball.
	cargo build --locked -p wechatpay-node --features test-hooks
	cp target/debug/libwechatpay_node.so $(NPM)/test-hooks.node
	cd bindings/node && $(RUN) $(WITH_REDIS) node --test test/*.test.js
	$(RUN) node tests/node/run.js

c: tools-all ## The C library, installed into target/c/prefix.
	$(MAKE) --no-print-directory -C bindings/c prefix

test-c: command tools-all | $(RESULTS) ## Header, symbols, sanitizers and valgrind, and the shared cases, against the installed C library.
	$(RUN) $(WITH_REDIS) $(MAKE) --no-print-directory -C bindings/c test
	$(RUN) tests/c/run.sh

php: c ## The PHP extension over the installed C library, in target/php.
	bindings/php/build.sh $(C_PREFIX) target/php/extension

test-php: test-c ## .phpt tests, php-fpm and valgrind, and the shared cases, with the loaded extension.
	$(RUN) $(WITH_REDIS) bindings/php/test.sh $(C_PREFIX) target/c/hooks target/php
	$(RUN) php -d extension=$(PHP_EXTENSION) tests/php/run.php

# The Node programs beside what they import: their frameworks as the lock file pins them, and the tarball.
$(RECEIVERS)/node/.ready: examples/node/package.json examples/node/package-lock.json node
	rm -rf $(RECEIVERS)/node
	mkdir -p $(RECEIVERS)/node
	cp examples/node/package.json examples/node/package-lock.json examples/node/*_receiver.mjs $(RECEIVERS)/node
	cd $(RECEIVERS)/node && npm ci --silent --no-audit --no-fund
	cd $(RECEIVERS)/node && npm install --silent --no-audit --no-fund --no-save --offline $(NPM)/*.tgz
	touch $@

test-receivers: wheel php command $(RECEIVERS)/node/.ready ## The receivers of examples/ as real processes, before the sandbox and a Redis.
	$(CARGO_BUILD) --bin axum_receiver
	$(RUN) $(BIN)/python -m pytest -q -p no:cacheprovider tests/receivers

# Every operation with every documented field, from every language, each with its installed artefact.
ROUNDTRIP := $(CURDIR)/target/roundtrip

roundtrip-programs: c
	$(CARGO_BUILD) --bin wechatpay-roundtrip
	mkdir -p $(ROUNDTRIP)
	$(RUN) bash -c 'cc -O1 -Wall -Wextra -Werror -o $(ROUNDTRIP)/driver tests/roundtrip/driver.c \
	    $$(pkg-config --cflags --libs wechatpay jansson) -ldl -Wl,-rpath,$(C_PREFIX)/lib'

test-roundtrip: wheel node php roundtrip-programs ## Every documented field of every operation, there and back, in every language.
	$(RUN) WECHATPAY_PYTHON=$(BIN)/python target/debug/wechatpay-roundtrip --built $(ROUNDTRIP)

# Calls while everything fails, from every language, each with its installed artefact; CAMPAIGN_FLAGS as it tells with --help.
CAMPAIGN := $(CURDIR)/target/campaign
RUN_CAMPAIGN := $(RUN) WECHATPAY_PYTHON=$(BIN)/python target/debug/wechatpay-campaign --built $(CAMPAIGN)

campaign-programs: c
	$(CARGO_BUILD) --bin wechatpay-campaign
	mkdir -p $(CAMPAIGN)
	cc -shared -fPIC -O1 -Wall -Wextra -Werror -o $(CAMPAIGN)/world.so tests/campaign/world.c -ldl
	$(RUN) bash -c 'cc -O1 -Wall -Wextra -Werror -pthread -o $(CAMPAIGN)/driver tests/campaign/driver.c \
	    $$(pkg-config --cflags --libs wechatpay jansson) -Wl,-rpath,$(C_PREFIX)/lib'

# Always the same plan; the full campaign draws a new one.
test-campaign: wheel node php campaign-programs ## A short campaign, all languages at once.
	$(RUN_CAMPAIGN) --calls 500 --at-once 5 --seed 20261126

campaign: wheel node php campaign-programs ## 10,000 calls per language while everything fails, and a batch killed 50 times; target/campaign/table.json.
	$(RUN_CAMPAIGN) --json $(CAMPAIGN)/table.json $(CAMPAIGN_FLAGS)
	KILL_ROWS=10000 KILLS=50 cargo test --locked --workspace --features wechatpay-sdk/rustcrypto --test batch_kill -- --nocapture

table: test-rust test-python test-node test-c test-php ## The README's programs, the same surface everywhere, cases × languages.
	$(RUN) $(BIN)/python -m pytest -q -p no:cacheprovider tests/readme
	$(RUN) $(BIN)/python tests/parity/compare.py --languages rust,python,node,c,php
	$(BIN)/python tests/table.py $(RESULTS)

bench: $(VENV)/.ready bindings/node/node_modules/.ready ## CPU time per call against the floor of this machine, throughput and memory; writes benches/RESULTS.md.
	cargo build --release --locked -p wechatpay-bench
	$(MAKE) --no-print-directory wheel node c php
	for program in c_calls c_notifications; do cc -O2 -o target/c/$$program benches/$$program.c \
	    $$(PKG_CONFIG_PATH=$(C_PREFIX)/lib/pkgconfig pkg-config --cflags --libs wechatpay jansson) -Wl,-rpath,$(C_PREFIX)/lib; done
	$(RUN) $(BIN)/python benches/run.py target/release/wechatpay-bench --publish

bench-build: tools ## What a build pays for products that it does not name: seconds and megabytes; writes benches/BUILDING.md.
	$(PYTHON) benches/building.py --publish

# Instrumented with stable's own compiler, by a cargo-fuzz of our own. Inputs that a run finds stay in target/: what is worth
# keeping is committed to fuzz/corpus, which `make test` replays.
FUZZ_SECONDS ?= 60
CARGO_FUZZ_VERSION := 0.13.2
CARGO_FUZZ := $(CURDIR)/target/cargo-fuzz/bin
FUZZ_TARGETS := headers notification pem error_body

$(CARGO_FUZZ)/$(CARGO_FUZZ_VERSION): | tools
	cargo install cargo-fuzz --version $(CARGO_FUZZ_VERSION) --locked --quiet --root target/cargo-fuzz
	touch $@

fuzz: $(CARGO_FUZZ)/$(CARGO_FUZZ_VERSION) ## Each fuzz target for FUZZ_SECONDS (60), beginning with its corpus.
	@for target in $(FUZZ_TARGETS); do \
	    mkdir -p target/fuzz/corpus/$$target; \
	    PATH=$(CARGO_FUZZ):$$PATH RUSTC_BOOTSTRAP=1 cargo fuzz run --target-dir target/fuzz/build $$target \
	        target/fuzz/corpus/$$target fuzz/corpus/$$target -- -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -print_final_stats=1; \
	done

simulation: tools ## A thousand merchants, two sites and a network that fails, in simulated hours; SIMULATION_SEED replays.
	cargo test --locked -p wechatpay-sdk --features rustcrypto --lib simulation -- --ignored --nocapture

install: tools ## Header, C libraries and wechatpay.pc under PREFIX (/usr/local).
	$(MAKE) --no-print-directory -C bindings/c install PREFIX=$(PREFIX)

generate: ## Everything typed, anew from spec/.
	cargo run --locked --quiet -p wechatpay-codegen -- generate

clean: ## Removes what the other targets made.
	rm -rf target $(VENV) bindings/node/node_modules
