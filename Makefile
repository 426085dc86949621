.PHONY: help setup demo test proof check fmt lock mutants clean
.DEFAULT_GOAL := help
BIN := .venv/bin/
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
UV_OPTIONS := --quiet --python $(BIN)python --compile-bytecode --require-hashes

help:                         ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/python: requirements/uv.txt
	@test -n "$(PYTHON)" || { echo "make: Python 3.11 or newer is needed and none was found. Install it, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/run: .venv/python requirements/run.txt pyproject.toml
	@# install, not sync: where the environment holds the development tools, they stay
	$(BIN)uv pip install $(UV_OPTIONS) --no-deps -r requirements/run.txt
	$(BIN)uv pip install --quiet --python $(BIN)python --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/python requirements/dev.txt pyproject.toml
	$(BIN)uv pip sync $(UV_OPTIONS) requirements/uv.txt requirements/dev.txt
	$(BIN)uv pip install --quiet --python $(BIN)python --no-deps --no-build-isolation --editable .
	@touch $@ .venv/run

setup: .venv/dev              ## everything that demo, test and check need

demo: .venv/run               ## the main job on DuckDB against the HubSpot emulator
	@$(BIN)python -m demo

test: .venv/dev               ## every test but those of proof
	$(BIN)python -m pytest -n auto --dist loadfile -m "not proof"

proof: .venv/dev              ## kills, simulations, hostile answers, walks through the docs
	$(BIN)python -m pytest -n auto --dist loadfile -m proof
	@# What nobody knows of HubSpot must not matter: the main stories with each switch of the emulator flipped.
	$(BIN)python -m pytest -n auto -q --each-switch -k "not postgres" tests/story/test_reconcile.py

mutants: .venv/dev            ## break each promise once; every break must be caught
	$(BIN)python tests/mutants/run.py

check: .venv/dev              ## lint, types, layers, SQL layout, strict YAML
	$(BIN)ruff check .
	$(BIN)ruff format --check .
	$(BIN)mypy
	$(BIN)lint-imports
	$(BIN)sqlfmt --check --no-progressbar models macros tests/dbt
	$(BIN)python tests/strict_yaml.py

fmt: .venv/dev                ## format Python and SQL
	$(BIN)ruff check --fix .
	$(BIN)ruff format .
	$(BIN)sqlfmt --no-progressbar models macros tests/dbt

LOCK := $(BIN)uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock"
lock: .venv/python            ## resolve requirements/ anew (UPGRADE=1 takes newer versions)
	echo "uv" | $(LOCK) $(if $(UPGRADE),--upgrade) - -o requirements/uv.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --group dev --all-extras pyproject.toml -o requirements/dev.txt
	$(LOCK) --constraint requirements/dev.txt --extra emulator --group build pyproject.toml -o requirements/run.txt

clean:                        ## remove the environment and everything built
	rm -rf .venv target logs .demo
