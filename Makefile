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
.PHONY: run serve stop monitor replay backtest history data compile ui feast

run: $(VENV)/ready ## Train USECASE on this machine as of AS_OF, and serve its champion; SET="training.seed=7" changes the use case
	@$(BIN)/evergreen run $(USECASE) $(RUN_ARGS)

serve: $(VENV)/ready ## Serve the champion of USECASE on this machine
	@$(BIN)/evergreen serve up $(USECASE)

stop: $(VENV)/ready ## End the server of USECASE
	@$(BIN)/evergreen serve down $(USECASE)

monitor: $(VENV)/ready ## Judge what USECASE served up to AS_OF, decide, and train if it is worth it
	@$(BIN)/evergreen monitor $(USECASE) $(RUN_ARGS)

replay: $(VENV)/ready ## Live through the past of USECASE, with a real server; FROM=2013-03-01 TO=2014-01-01 EVERY="1 month" SAMPLE=0.05
	@$(BIN)/evergreen replay $(USECASE) $(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO)) $(if $(EVERY),--every "$(EVERY)") \
	  $(if $(SAMPLE),--sample $(SAMPLE)) $(foreach change,$(SET),--set $(change))

backtest: $(VENV)/ready ## Try policies of training on the past of USECASE
	@$(BIN)/evergreen backtest $(USECASE)

history: $(VENV)/ready ## List each time USECASE was trained: when, why, and what came of it
	@$(BIN)/evergreen history $(USECASE)

data: $(VENV)/ready ## Bring the rows of USECASE, where it ships with them
	@$(BIN)/evergreen data $(USECASE)

compile: $(VENV)/ready ## Write the pipelines' IR and each step's own YAML to build/
	@$(BIN)/evergreen compile

ui: $(VENV)/ready ## Browse the metadata store and the registry in MLflow
	@$(BIN)/mlflow ui --backend-store-uri "$$($(BIN)/python -c 'from components.settings import Settings; s = Settings(); s.home.mkdir(parents=True, exist_ok=True); print(s.mlflow_uri())')"

feast: $(VENV)/ready ## Feast's own command line on the features, as in ARGS="feature-views list" or ARGS="ui --host 127.0.0.1"
	@EVERGREEN_HOME=$${EVERGREEN_HOME:-$(CURDIR)/.evergreen} EVERGREEN_DATA=$${EVERGREEN_DATA:-$(CURDIR)/data} \
	  $(BIN)/feast --chdir pipelines/usecases/features $(ARGS)

##@ On a cluster
.PHONY: images submit schedule cluster cluster-down deploy validate release

# An overlay of manifests/overlays; EVERGREEN_KFP_ENDPOINT and KUBECONFIG say which cluster.
ENV      ?= kind
PIPELINE ?= training
REGISTRY ?= localhost:5000/evergreen
SERVER   ?= 1

images: $(VENV)/ready ## Build the images, unless there are; PUSH=1 pushes them to REGISTRY, LOAD=kind (or minikube, or a command) copies them there
	@$(BIN)/evergreen images $(if $(PUSH),--registry $(REGISTRY)) $(if $(LOAD),--load "$(LOAD)")

submit: $(VENV)/ready ## Run PIPELINE of USECASE on the cluster of ENV, and follow it: training, monitoring, materialization or prediction
	@$(BIN)/evergreen submit $(USECASE) --pipeline $(PIPELINE) --env $(ENV) $(RUN_ARGS)

schedule: $(VENV)/ready ## Make the recurring runs on the cluster what USECASE says
	@$(BIN)/evergreen schedule $(USECASE) --env $(ENV)

cluster: $(VENV)/ready ## A cluster of this machine with Kubeflow Pipelines, KServe and Evergreen; CLUSTER=minikube
	@manifests/cluster/up

cluster-down: ## End the cluster of this machine
	@manifests/cluster/down

deploy: $(VENV)/ready ## Apply the overlay of ENV to the cluster that KUBECONFIG names
	@$(BIN)/evergreen manifests $(ENV) | kubectl apply --server-side --force-conflicts --filename -
	@[ ! -x manifests/overlays/$(ENV)/link ] || manifests/overlays/$(ENV)/link

validate: $(VENV)/ready ## Hold every overlay against the house rules and the API server; SERVER= leaves that out
	@$(BIN)/evergreen validate $(if $(SERVER),,--no-server)

release: $(VENV)/ready ## Write pushed images and pipelines into the overlay of ENV; SERVE="flights" its champions too
	@$(BIN)/evergreen release $(ENV) $(SERVE)

##@ Develop
.PHONY: setup format lint test test-quick test-servers test-docker test-kubernetes test-kserve test-cluster golden reference bench lock

setup: $(VENV)/ready ## Create the environment from the hashed lock
	@echo "Ready: $(BIN)/evergreen"

$(VENV)/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11; name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Creating $(VENV) from requirements-dev.lock (some minutes, once)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements-dev.lock
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
	@$(BIN)/evergreen features check

test: $(VENV)/ready ## Run every test that needs no server
	$(BIN)/pytest -m "not postgres and not objectstore and not docker and not kubernetes and not kserve and not cluster"

test-quick: $(VENV)/ready ## Run the tests that take milliseconds
	$(BIN)/pytest -m "not local and not serving and not postgres and not objectstore and not docker and not kubernetes and not kserve and not cluster"

test-servers: $(VENV)/ready ## Run the tests that need S3, GCS and PostgreSQL, beside servers on this machine
	tests/with-servers $(BIN)/pytest -m "postgres or objectstore"

test-docker: $(VENV)/ready ## Build the images and run the pipeline and the predictor in them
	$(BIN)/pytest -m docker

test-kubernetes: $(VENV)/ready ## Run the tests that need a Kubernetes node, which KUBECONFIG names
	tests/with-cluster $(BIN)/pytest -m kubernetes

test-kserve: $(VENV)/ready ## Run the rollouts beside KServe's real controller, compiled once; nothing else may use the node's InferenceServices
	tests/with-cluster tests/with-kserve $(BIN)/pytest -m kserve tests/kubernetes

test-cluster: $(VENV)/ready ## Run the whole loop on the cluster that KUBECONFIG and EVERGREEN_KFP_ENDPOINT name
	$(BIN)/pytest -x -m cluster tests/cluster

golden: $(VENV)/ready ## Accept the pipelines as they compile now; then review the diff
	$(BIN)/pytest tests/golden --update-golden

reference: $(VENV)/ready ## Write docs/usecase.md and the JSON Schemas from the models
	$(BIN)/python -m pipelines.reference

bench: $(VENV)/ready ## Measure speed as ratios, side by side
	$(BIN)/python -m bench

lock: $(VENV)/ready ## Resolve the dependencies anew into the locks
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK_ARGS) --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK_ARGS) --extra examples --extra dev --constraints requirements.lock --output-file requirements-dev.lock
	$(BIN)/uv pip compile --quiet --upgrade $(filter-out pyproject.toml,$(LOCK_ARGS)) --group predictor --constraints requirements.lock $(TYPES:%=--no-emit-package %) --output-file requirements-predictor.lock
# Feast asks for SQLAlchemy with its type checker, which no program imports.
TYPES = ast-serialize librt mypy mypy-extensions pathspec types-greenlet
LOCK_ARGS = --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml

##@ Help
.PHONY: help clean

clean: ## End the servers and remove what was built and trained on this machine; data/ stays
	@[ ! -x $(BIN)/evergreen ] || $(BIN)/evergreen serve down || true
	rm -rf build .evergreen

help: ## List the tasks
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
