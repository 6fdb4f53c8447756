# The clinic on this machine, and its tests. `make run` and `make test` install what they need,
# pinned, into the target folder.

# Settings, if there are any: see .env.example.
-include .env
export

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
TOOLS := $(TARGET)/tools
export PATH := $(TOOLS)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

.PHONY: run test build

run: tools
	cargo build --workspace --bins
	@exec $(TARGET)/debug/rounds

test: tools test-tools
	cargo fmt --check
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	AWS_DEFAULT_REGION=eu-central-1 sam validate --lint
	cargo build --workspace --bins
	cargo test --workspace

build: tools
	cargo lambda build --release --arm64 --output-format zip --bin auth --bin doctors --bin appointments --bin reports --bin migrate

tools:
	@command -v cargo >/dev/null || { echo "Rounds needs Rust and cargo: see https://rustup.rs" >&2; exit 1; }
	@command -v python3 >/dev/null || { echo "Rounds needs Python 3 with venv, to install cargo-lambda" >&2; exit 1; }
	@$(MAKE) --no-print-directory $(TOOLS)/run.installed

test-tools:
	@$(MAKE) --no-print-directory $(TOOLS)/test.installed

# cargo-lambda is a wheel with the binary in it; what it would bring along is for cross-builds.
$(TOOLS)/run.installed: tests/requirements-run.txt
	@echo "installing cargo-lambda into $(TOOLS)"
	@python3 -m venv $(TOOLS)
	@$(TOOLS)/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@
