# Everything is built in .venv from the lock files, on any machine with Python 3.11 or newer, pip and make.
# Options go through ARGS, as in: make demo ARGS="--json"

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
ARGS ?=

# The stamps lie inside .venv, so that removing it removes them.
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format schema lock sim bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(DEVELOPMENT) ## the .venv with everything, and .venv/bin/tablekeeper

demo: $(RUNTIME) ## a morning at the office, on emulated services: nothing leaves this machine
	@$(BIN)/tablekeeper demo $(ARGS)

test: $(DEVELOPMENT) ## all tests
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(DEVELOPMENT) ## format, lint, types and the import rule
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

sim: $(DEVELOPMENT) ## random mornings of people, faults and kills, judged by an oracle; prints its seeds
	@$(BIN)/python -m tests.simulation $(ARGS)

bench: $(DEVELOPMENT) ## speed, of all subjects or those named in ARGS; the last line is one JSON object
	@$(BIN)/python -m bench.run $(ARGS)

format: $(DEVELOPMENT) ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

schema: $(RUNTIME) ## docs/config.schema.json from the models
	@$(BIN)/python -m tablekeeper.config --schema > $(VENV)/config.schema.json
	@mv $(VENV)/config.schema.json docs/config.schema.json

# The second lock is held to the versions of the first. hatchling and editables install the project itself.
LOCK := uv pip compile pyproject.toml - --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links
lock: ## requirements*.lock from pyproject.toml; needs uv
	@printf 'hatchling\neditables\n' | $(LOCK) --extra emulators --output-file requirements.lock > /dev/null
	@printf 'hatchling\neditables\n' | $(LOCK) --extra dev --constraints requirements.lock --output-file requirements-dev.lock > /dev/null

$(RUNTIME): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "Building $(VENV), about a minute ..." >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) --require-hashes --requirement requirements.lock >&2
	@$(PIP) --no-deps --no-index --no-build-isolation --editable . >&2
	@touch $@

$(DEVELOPMENT): requirements-dev.lock $(RUNTIME)
	@echo "Adding the development tools to $(VENV) ..." >&2
	@$(PIP) --require-hashes --requirement requirements-dev.lock >&2
	@touch $@
