# `make` lists the targets. Everything is installed into .venv, from the lock files, and nowhere else.

PYTHON ?= python3
PORT ?= 8000
# Some tests: make test PYTEST_FLAGS="-k corrections -x". Coverage: PYTEST_FLAGS="--cov --cov-report=term".
PYTEST_FLAGS ?=
# Newer versions: make lock LOCK_FLAGS=--upgrade
LOCK_FLAGS ?=
# In UTC, or anything else that GNU date reads: make test-at AT='2027-03-28 00:30'
AT ?= 00:03
# One case: make bench BENCH_FLAGS="--only batches --json before.json"
BENCH_FLAGS ?=

# Longer, or one target: make fuzz FUZZ_FLAGS="--seconds 600 claims_toml"
FUZZ_FLAGS ?=
# A folder with advisories as OSV JSON: make audit ADVISORIES=folder
ADVISORIES ?=

# The version that the macros of govuk-frontend-jinja are made for.
GOVUK_FRONTEND := 6.3.0
SEED := seeds/pandilla-2023-01
BIN := .venv/bin
RUN := .venv/.installed
DEV := .venv/.installed-dev
BENCH := .venv/.installed-bench
FUZZ := .venv/.installed-fuzz
# More processes than processors: many tests wait for a server or a browser. Those of --fast wait for nothing.
PYTEST := $(BIN)/pytest --numprocesses $$(($$(nproc) + 2)) --dist worksteal
PYTEST_FAST := $(BIN)/pytest --fast --numprocesses $$(nproc) --dist worksteal
PIP := $(BIN)/pip --disable-pip-version-check
# A lock file names every package, so pip must not resolve: given a newer release, it would refuse a pinned extra.
INSTALL_LOCK := $(PIP) install --quiet --quiet --no-deps --require-hashes --requirement
# Exits with one sentence if this Python is unsuitable. On Debian, venv comes without ensurepip, which it needs.
define CHECK_PYTHON
command -v $(PYTHON) >/dev/null || { \
  echo 'Python 3.11 or later is required; $(PYTHON) was not found. Use another: make PYTHON=python3.12'; exit 1; }; \
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
  echo "Python 3.11 or later is required; $(PYTHON) is $$($(PYTHON) -V 2>&1). Use another: make PYTHON=python3.12"; exit 1; }; \
$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
  echo '$(PYTHON) cannot create a virtual environment. On Debian and Ubuntu, install the package python3-venv'; exit 1; }
endef
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--annotation-style line --custom-compile-command "make lock" $(LOCK_FLAGS)

# The brackets keep these patterns from matching themselves.
REGISTRY := py[p]i[.]org|pythonhoste[d]|npmj[s][.]|(extra-)?index-ur[l]( |=)|find-link[s]( |=)
LOCK_ADDRESS := https?://|index-url|find-links|file:

.DEFAULT_GOAL := help
.PHONY: assets audit help run seed test test-fast test-at fuzz lint types docs pictures bench bench-quick bench-full lock wheel clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@($(CHECK_PYTHON)) || true

run: $(RUN) ## serve the pages and the API at PORT (8000), with Operation Pandilla of January 2023 replayed
	@OPRECORD_PORT=$(PORT) exec $(BIN)/oprecord serve --replay $(SEED)

seed: $(RUN) ## post Operation Pandilla to the service at PORT
	$(BIN)/oprecord replay $(SEED) --url http://127.0.0.1:$(PORT) --issue

# Modules are compiled once, and not again for each process that tests are run in and for each that they start.
test test-fast test-at: export PYTHONDONTWRITEBYTECODE =
test: $(DEV) ## run the tests, on SQLite, on PostgreSQL and in a browser, in about 12 minutes
	$(PYTEST) $(PYTEST_FLAGS)

test-fast: $(DEV) ## run what needs no other process, on SQLite, in about a minute
	$(PYTEST_FAST) $(PYTEST_FLAGS)

# Outside this folder, as PostgreSQL may run as a user who cannot enter it.
test-at: $(DEV) ## run the tests as of the moment AT, '00:03' UTC of today by default; needs Linux and a C compiler
	@folder=$$(mktemp -d) && trap 'rm -r "$$folder"' EXIT && chmod 755 "$$folder" && \
	$(CC) -O2 -shared -fPIC -o "$$folder/clock.so" tests/shifted_clock.c && \
	shift=$$(($$(date -u -d '$(AT)' +%s) - $$(date +%s))) && \
	CLOCK_SHIFT_SECONDS=$$shift LD_PRELOAD="$$folder/clock.so" $(PYTEST) $(PYTEST_FLAGS)

fuzz: $(DEV) $(FUZZ) ## search for inputs that break a reader, 20 seconds each, in about 3 minutes
	nice -n 19 $(BIN)/python -m tests.fuzz.search $(FUZZ_FLAGS)

audit: $(RUN) ## compare the lock files with the advisories in the folder ADVISORIES, without a network
	@$(BIN)/python -m tests.audit "$(ADVISORIES)" requirements*.lock

lint: $(DEV) ## check style, layers, the compose file, the Dockerfile and the lock files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/hadolint Dockerfile
	@# grep exits with 1 if it found nothing, and with more if it failed.
	@grep -nE '$(LOCK_ADDRESS)' requirements*.lock; [ $$? -eq 1 ] || { echo 'A lock file must not contain an address'; exit 1; }
	@git grep --untracked -nIE '$(REGISTRY)'; [ $$? -eq 1 ] || { echo 'A file must not contain the address of a package registry'; exit 1; }

types: $(DEV) ## check the types
	$(BIN)/mypy

docs: $(DEV) ## generate the reference pages
	$(BIN)/python docs/generate.py

pictures: $(DEV) ## make the pictures of the README and the guides again, in a browser
	PICTURES=1 $(BIN)/pytest --quiet tests/browser/test_pictures.py

bench: $(BENCH) ## measure all cases against a baseline and a reference, in under 12 minutes
	$(BIN)/python -m benchmarks --size bench $(BENCH_FLAGS)

bench-quick: $(BENCH) ## run all cases at small sizes, in under 50 seconds
	$(BIN)/python -m benchmarks --size quick $(BENCH_FLAGS)

bench-full: $(BENCH) ## measure all cases with a million events, in about 25 minutes
	$(BIN)/python -m benchmarks --size full $(BENCH_FLAGS)

lock: $(DEV) ## update the lock files
	$(COMPILE) --group build --output-file requirements.lock
	$(COMPILE) --group build --all-extras --constraints requirements.lock --output-file requirements-extras.lock
	$(COMPILE) --group dev --all-extras --constraints requirements-extras.lock --output-file requirements-dev.lock
	$(COMPILE) --group bench --constraints requirements-dev.lock --output-file requirements-bench.lock
	$(COMPILE) --group fuzz --constraints requirements-bench.lock --output-file requirements-fuzz.lock

assets: $(RUN) ## copy govuk-frontend into the pages again; needs npm
	rm -rf dist/npm && mkdir -p dist/npm
	cd dist/npm && npm pack --silent govuk-frontend@$(GOVUK_FRONTEND) && tar xzf govuk-frontend-$(GOVUK_FRONTEND).tgz
	$(BIN)/python docs/vendor_govuk_frontend.py dist/npm/package

wheel: $(RUN) ## build the wheel into dist/
	rm -rf dist
	$(BIN)/hatchling build --target wheel

clean: ## remove the environment, builds and caches
	rm -rf .venv dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

$(BIN)/pip:
	@$(CHECK_PYTHON)
	$(PYTHON) -m venv .venv

$(RUN): requirements.lock pyproject.toml | $(BIN)/pip
	@echo 'Installing into .venv'
	@$(INSTALL_LOCK) requirements.lock
	@$(PIP) install --quiet --quiet --no-deps --no-build-isolation --editable .
	@$(PIP) check
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	@echo 'Installing the development tools into .venv'
	@$(INSTALL_LOCK) requirements-dev.lock
	@$(PIP) check
	@touch $@

$(BENCH): requirements-bench.lock $(RUN)
	@echo 'Installing the benchmark dependencies into .venv'
	@$(INSTALL_LOCK) requirements-bench.lock
	@$(PIP) check
	@touch $@

$(FUZZ): requirements-fuzz.lock $(RUN)
	@echo 'Installing the fuzzer into .venv'
	@$(INSTALL_LOCK) requirements-fuzz.lock
	@$(PIP) check
	@touch $@
