# Every target does its own set-up; only `layers` and the set-up itself use the network.
#   make demo      the main job on this machine, with real data: no account, no Docker
#   make test      every test
#   make check     what every commit must pass: format, lint, types, fast tests
#   make chaos SEED=7, make bench               random faults; figures beside their peers
#   make synth     templates of every environment in cdk.out/<environment>/, no credentials
#   make local-up, local-down                   the embedded cloud on PORT
#   make bootstrap, deploy, smoke, destroy ENV=local|dev|prod

ENV ?= dev
PORT ?= 4566
SEED ?= 1
TIME_SCALE ?= 1
ENVIRONMENTS := local dev prod

# The first Python that can run all of the project: the ML container's pins have no 3.14 wheels.
PYTHON ?= $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,$(shell \
	$(python) -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	2>/dev/null && echo $(python))))

UV_VERSION := 0.13.9
BIN := $(CURDIR)/.venv/bin
export PATH := $(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export PORT TIME_SCALE
# Behind a company's TLS proxy, uv and Node trust the system's certificates only when told to.
export UV_SYSTEM_CERTS := 1
export NODE_USE_SYSTEM_CA := 1
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
# A second OpenMP thread per process thrashes a small machine.
export OMP_NUM_THREADS := 1

PROJECT_READY := .venv/.ready
EMULATOR_READY := .venv-emulator/.ready
CDK_READY := node_modules/.package-lock.json
CHECKOV_READY := .venv-checkov/.ready
SDK_READY := .venv-sdk/.ready
ML_READY := .venv-ml/.ready
READY := $(PROJECT_READY) $(EMULATOR_READY) $(ML_READY) $(CDK_READY)
CODE := app.py bench chaos config contracts costs demo docs lambdas local ml mlops_constructs ops queue_rules reporting schemas stacks tests

.PHONY: help setup demo test test-sdk chaos bench lint check checkov fast format release-templates synth layers locks reference local-up local-down local-status assembly bootstrap deploy smoke destroy clean
.DEFAULT_GOAL := help

help:
	@sed -n '2,9s/^# \{0,1\}//p' Makefile

setup: $(READY)

$(PROJECT_READY): requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with venv is needed and none was found on the PATH;" \
		"install one (Debian: apt install python3-venv) or name it: make PYTHON=/path/to/python3.13" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirements $<
	@touch $@

$(EMULATOR_READY): local/requirements.txt $(PROJECT_READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-emulator
	$(BIN)/uv pip install --quiet --python .venv-emulator/bin/python --require-hashes --requirements $<
	@touch $@

# The container's twin, in which local jobs run, and what tests them there.
$(ML_READY): tests/unit/ml/requirements.txt $(PROJECT_READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-ml
	$(BIN)/uv pip install --quiet --python .venv-ml/bin/python --require-hashes --requirements $<
	@touch $@

$(CHECKOV_READY): tests/security/checkov.txt $(PROJECT_READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-checkov
	$(BIN)/uv pip install --quiet --python .venv-checkov/bin/python --require-hashes --requirements $<
	@touch $@

# Seven hundred megabytes: a client that nobody here wrote, for the local SageMaker to satisfy.
$(SDK_READY): tests/sdk/requirements.txt $(PROJECT_READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-sdk
	$(BIN)/uv pip install --quiet --python .venv-sdk/bin/python --require-hashes --requirements $<
	@touch $@

$(CDK_READY): package-lock.json $(PROJECT_READY)
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

demo: setup
	python -m lambdas.layers.build local
	python -m demo

test: setup layers $(SDK_READY)
	@python -m tests.run

# The SageMaker SDK drives the local SageMaker.
test-sdk: setup $(SDK_READY)
	.venv-sdk/bin/python -m pytest tests/sdk

# Random schedules of faults: everything goes wrong at once, and nothing may be lost.
chaos: setup
	@python -m lambdas.layers.build local > /dev/null
	python -m chaos --seed $(SEED)

bench: setup layers
	python -m bench

lint: setup
	ruff format --check $(CODE) examples
	ruff check $(CODE) examples
	mypy $(CODE)

check: lint layers
	pytest -m "not local_cloud and not slow"

# Not part of `check`: it takes an environment of its own, with two hundred megabytes.
checkov: layers $(CHECKOV_READY)
	pytest tests/security/checkov.py

# Keeps today's templates with the tests, as what the next version must be able to update.
release-templates: layers
	@python -m tests.infrastructure.release $(VERSION)

fast: setup
	pytest -m "not local_cloud and not slow and not synth" -x -q

format: setup
	ruff format $(CODE) examples
	ruff check --fix $(CODE) examples

layers: setup
	python -m lambdas.layers.build

synth: setup layers
	@for environment in $(ENVIRONMENTS); do \
		cdk synth --quiet --context env=$$environment --output cdk.out/$$environment || exit 1; \
		echo "cdk.out/$$environment/"; \
	done

local-up: setup
	@python -m local up --port $(PORT)

local-down: setup
	@python -m local down --port $(PORT)

local-status: setup
	@python -m local status --port $(PORT)

# For the local cloud: start it if it does not run, point every client at it, and bootstrap it.
ifeq ($(ENV),local)
IN_CLOUD = variables="$$(python -m local up --port $(PORT))" && eval "$$variables" &&
BOOTSTRAP = cdk bootstrap --ci --app cdk.out/$(ENV) aws://$$CDK_DEFAULT_ACCOUNT/$$CDK_DEFAULT_REGION &&
APPROVAL = --require-approval never
endif

assembly: setup
	@python -m lambdas.layers.build $(ENV) > /dev/null
	@cdk synth --quiet --context env=$(ENV) --output cdk.out/$(ENV)

# The CDK's own bucket and roles, once per account and region.
bootstrap: assembly
	@$(IN_CLOUD) cdk bootstrap --ci --app cdk.out/$(ENV)

deploy: assembly
	@$(IN_CLOUD) $(BOOTSTRAP) python -m ops preflight --env $(ENV) && \
		cdk deploy --ci --app cdk.out/$(ENV) --all $(APPROVAL)

smoke: setup
	@$(IN_CLOUD) python -m ops smoke --env $(ENV)

# CloudFormation cannot delete what still holds data; `ops empty` refuses where data must last.
destroy: assembly
	@$(IN_CLOUD) python -m ops empty --env $(ENV) --yes-delete-data && \
		cdk destroy --ci --app cdk.out/$(ENV) --all --force

reference: setup
	python -m docs.reference

# Writes the lock files anew from the *.in files beside them.
locks: $(PROJECT_READY)
	@for input in requirements requirements-dev local/requirements lambdas/layers/base lambdas/layers/arrow \
		ml/requirements tests/unit/ml/requirements tests/sdk/requirements tests/security/checkov; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			$$input.in --output-file $$input.txt || exit 1; \
	done

clean:
	rm -rf build cdk.out node_modules .venv .venv-checkov .venv-emulator .venv-ml .venv-sdk .mypy_cache .pytest_cache .ruff_cache .hypothesis
