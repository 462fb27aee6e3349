# Everything a developer or an operator types. `make run` and `make test` need python3 >= 3.11, make and git, no more.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
HOST ?= 127.0.0.1
PORT ?= 8000
INSTANCE ?= instance
PYTEST_ARGS ?=
SIZE ?= 100000

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never

# node from the machine when it is new enough, else from a wheel: the same groups must be synced every time.
NODE_ON_PATH := $(shell node -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)' >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && echo yes)
NODE_GROUP := $(if $(NODE_ON_PATH),,--group node)

# PostgreSQL 15 is the oldest supported; the embedded one is newer. What can differ between them is asked on both:
# migrations, roles, triggers, locks and the statements of each domain.
OLDEST_POSTGRES := $(wildcard /usr/lib/postgresql/15/bin)
DATABASE_TESTS := tests/test_migrations.py tests/test_verify.py \
	$(patsubst %,tests/core/test_%.py,database database_roles patience statement_counts) \
	$(patsubst %,tests/taxonomy/test_%.py,aliases category_tree races) \
	$(patsubst %,tests/insights/test_%.py,history keyset listing revision_triggers trash) \
	$(patsubst %,tests/search/test_%.py,answer candidates conditions log ranking refreshing related similar suggest \
		totals words) \
	$(patsubst %,tests/analytics/test_%.py,counts counts_concurrency counts_upkeep overview_pages statistics) \
	$(patsubst %,tests/curation/test_%.py,bulk category_merge suggestions tag_merge undo) \
	$(patsubst %,tests/attachments/test_attachments_%.py,seen upkeep) tests/attachments/test_mentions.py
# By file, as files share what is costly to build; in the order of tests/conftest.py, the longest first.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: run setup test lint fmt bench bench-search soak help clean

run: setup ## Serve at http://127.0.0.1:8000 with all it needs (PORT=, HOST=, INSTANCE= to change)
	@exec $(BIN)/insights up --host $(HOST) --port $(PORT) --instance "$(INSTANCE)"

setup: $(STAMPS)/run $(STAMPS)/front ## Set up the environment and build the front end, nothing else

# Where containers forbid it, each worker and process would compile all that the tests import once more.
test: export PYTHONDONTWRITEBYTECODE =
test: $(STAMPS)/dev $(STAMPS)/front ## Run every test (PYTEST_ARGS= for more options)
	$(PYTEST) $(PYTEST_ARGS)
ifneq ($(OLDEST_POSTGRES),)
	@echo "The tests of the database once more, on $(OLDEST_POSTGRES):"
	INSIGHTS_POSTGRES_BIN=$(OLDEST_POSTGRES) $(PYTEST) $(PYTEST_ARGS) $(DATABASE_TESTS)
endif

lint: $(STAMPS)/dev ## Check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(STAMPS)/dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMPS)/dev $(STAMPS)/front ## Measure the product against the limit of this machine, as ratios
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.search --insights $(SIZE)
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.graphql

bench-search: $(STAMPS)/dev $(STAMPS)/front ## Measure search alone (SIZE=1000000 for a million insights)
	$(BIN)/python -m benchmarks.search --insights $(SIZE)

soak: $(STAMPS)/dev $(STAMPS)/front ## The long proofs: 16 writers x 2,000 operations, then every count equals a recount
	$(BIN)/python -m benchmarks.counts_proof --writers 16 --operations 2000
	$(BIN)/python -m benchmarks.write_side_soak --steps 100000
	$(BIN)/python -m benchmarks.idempotency_proof --creates 10000 --threads 16
	$(BIN)/python -m benchmarks.faults_proof --minutes 5
	$(BIN)/python -m benchmarks.graphql_soak --texts 100000

clean: ## Remove what was built; the data in instance/ stays
	rm -rf $(VENV) $(STAMPS) node_modules static/dist

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is " + sys.version.split()[0])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# Which node it is belongs to the stamps: the one found at the first set-up may be gone.
$(STAMPS)/node-$(if $(NODE_ON_PATH),machine,wheel):
	@mkdir -p $(STAMPS) && rm -f $(STAMPS)/node-* && touch $@

$(STAMPS)/run: $(BIN)/uv pyproject.toml uv.lock $(STAMPS)/node-$(if $(NODE_ON_PATH),machine,wheel)
	$(BIN)/uv sync --frozen --quiet --inexact --no-dev $(NODE_GROUP) --compile-bytecode
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: $(STAMPS)/run
	$(BIN)/uv sync --frozen --quiet --inexact --group dev $(NODE_GROUP) --compile-bytecode
	@touch $@

FRONT_SOURCES := $(shell find static/src static/build.mjs -type f 2>/dev/null)

$(STAMPS)/npm: package.json package-lock.json $(STAMPS)/run
	$(BIN)/python static/npm.py ci --ignore-scripts --legacy-peer-deps --no-audit --no-fund --silent
	@touch $@

$(STAMPS)/front: $(STAMPS)/npm $(FRONT_SOURCES)
	$(BIN)/python static/npm.py run --silent build
	@touch $@
