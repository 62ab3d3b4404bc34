# Everything a developer, CI or an operator does, by name. `make` alone lists it.

SHELL         := /bin/bash -euo pipefail
.DEFAULT_GOAL := help
PYTHON        ?= python3
VENV          := .venv
BIN           := $(VENV)/bin

# What to work on: a file in pipelines/usecases/, and the instant to pretend it is.
USECASE ?= flights
AS_OF   ?=
RUN_ARGS = $(if $(AS_OF),--as-of $(AS_OF)) $(foreach change,$(SET),--set $(change))

##@ Use
.PHONY: run monitor backtest history data compile ui

run: $(VENV)/ready ## Train USECASE on this machine, as of AS_OF; SET="training.seed=7" changes the use case
	@$(BIN)/evergreen run $(USECASE) $(RUN_ARGS)

monitor: $(VENV)/ready ## Judge what USECASE served up to AS_OF, decide, and train if it is worth it
	@$(BIN)/evergreen monitor $(USECASE) $(RUN_ARGS)

backtest: $(VENV)/ready ## Try policies of training on the past of USECASE
	@$(BIN)/evergreen backtest $(USECASE)

history: $(VENV)/ready ## List each time USECASE was trained: when, why, and what came of it
	@$(BIN)/evergreen history $(USECASE)

data: $(VENV)/ready ## Bring the rows of USECASE, where it ships with them
	@$(BIN)/evergreen data $(USECASE)

compile: $(VENV)/ready ## Write the pipelines' IR and each step's own YAML to build/
	@$(BIN)/evergreen compile

ui: $(VENV)/ready ## Browse the metadata store and the registry in MLflow
	@$(BIN)/mlflow ui --backend-store-uri sqlite:///.evergreen/mlflow.db

##@ Develop
.PHONY: setup format lint test test-quick test-servers golden reference bench lock

setup: $(VENV)/ready ## Create the environment from the hashed lock
	@echo "Ready: $(BIN)/evergreen"

$(VENV)/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11; name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Creating $(VENV) from requirements-dev.lock (some minutes, once)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

format: $(VENV)/ready ## Rewrite the code the way this project writes it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/ready ## Check style, types and the use-case files; change nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@for name in $$($(BIN)/evergreen usecase list | cut -d' ' -f1); do $(BIN)/evergreen usecase check $$name; done

test: $(VENV)/ready ## Run every test that needs no server
	$(BIN)/pytest -m "not postgres and not objectstore"

test-quick: $(VENV)/ready ## Run the tests that take milliseconds
	$(BIN)/pytest -m "not local and not postgres and not objectstore"

test-servers: $(VENV)/ready ## Run the tests that need S3, GCS and PostgreSQL, beside servers on this machine
	tests/with-servers $(BIN)/pytest -m "postgres or objectstore"

golden: $(VENV)/ready ## Accept the pipelines as they compile now; then review the diff
	$(BIN)/pytest tests/golden --update-golden

reference: $(VENV)/ready ## Write docs/usecase.md and the JSON Schemas from the models
	$(BIN)/python -m pipelines.reference

bench: $(VENV)/ready ## Measure speed as ratios, side by side
	$(BIN)/python -m bench

lock: $(VENV)/ready ## Resolve the dependencies anew into both locks
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK_ARGS) --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK_ARGS) --extra examples --extra dev --constraints requirements.lock --output-file requirements-dev.lock
LOCK_ARGS = --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml

##@ Help
.PHONY: help clean

clean: ## Remove what was built and trained on this machine; data/ stays
	rm -rf build .evergreen

help: ## List the tasks
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
