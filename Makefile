# What one does with planaria, each by one command. A new machine needs Python 3.11 or newer, make and git.
#
# Every tool is pinned by requirements.lock, hashes included; the first of them, uv, is installed by pip from that same
# lock and installs the others. Nothing outside the lock is fetched, and nothing outside .venv is written.

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest
export UV_NO_PROGRESS := 1
export UV_LINK_MODE ?= copy

.PHONY: help setup demo test check bench coverage lock clean format \
	check-format check-lint check-types check-layers check-tidy

help:  ## list these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(STAMP)  ## install what the lock names into .venv (done by the others when needed)

$(STAMP): requirements.lock pyproject.toml
	@python=
	for name in python3 python3.11 python3.12 python3.13 python3.14 python; do
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python=$$name; break; fi
	done
	if [ -z "$$python" ]; then
	  echo "planaria needs Python 3.11 or newer, and none was found (looked for python3, python3.11 to 3.14, python)" >&2
	  echo "  fix: install one (on Debian: apt-get install python3 python3-venv) and run make again" >&2
	  exit 1
	fi
	if ! [ -x $(BIN)/python ]; then
	  echo "setup: a virtual environment in $(VENV) ($$($$python --version))"
	  if ! "$$python" -m venv $(VENV); then
	    rm -rf $(VENV)
	    echo "  fix: that Python lacks its venv module (on Debian: apt-get install python3-venv); then run make again" >&2
	    exit 1
	  fi
	fi
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	if ! [ "uv==$$($(BIN)/uv --version 2>/dev/null | cut -d' ' -f2)" = "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' $(VENV)/uv.lock)" ]; then
	  echo "setup: uv, pinned by requirements.lock"
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	fi
	echo "setup: the packages of requirements.lock"
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

demo: $(STAMP)  ## show a whole system at work on this machine (KEEP=1 keeps what it made)
	@exec $(BIN)/planaria demo $(if $(KEEP),--keep)

test: $(STAMP)  ## run everything that is tested (ARGS= goes to pytest)
	@$(PYTEST) $(ARGS)

check: $(STAMP)  ## format, lint, types, layers and tidiness, in seconds
	@$(MAKE) --keep-going check-format check-lint check-types check-layers check-tidy

check-format: $(STAMP)
	@echo "check: format"
	$(BIN)/ruff format --quiet --check . || { $(BIN)/ruff format --check . || true; echo "  fix: make format"; exit 1; }

check-lint: $(STAMP)
	@echo "check: lint"
	$(BIN)/ruff check --quiet .

check-types: $(STAMP)
	@echo "check: types"
	$(BIN)/mypy --no-error-summary

check-layers: $(STAMP)
	@echo "check: layers"
	out=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$out"; exit 1; }

check-tidy: $(STAMP)
	@echo "check: tidy"
	$(PYTEST) -q -p no:sybil --no-header tests/tidy

format: $(STAMP)  ## let ruff write the format and the cures it is sure of
	@$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format --quiet .

coverage: $(STAMP)  ## run the tests and hold branch coverage to its floors
	@$(PYTEST) --branch-floors $(ARGS)

bench: $(STAMP)  ## measure planaria beside its peers (benchmarks/)
	@exec $(MAKE) -C benchmarks bench

lock: $(STAMP)  ## resolve the newest versions that pyproject.toml allows
	@echo "lock: requirements.lock"
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --all-extras --python $(BIN)/python --output-file requirements.lock pyproject.toml

clean:  ## remove everything that make made
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
