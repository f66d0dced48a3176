# One command per task.  Each first sets up what it needs in .venv and node_modules, once per change of the locks.

PYTHON ?= python3
PORT ?= 8000

run = .venv/bin/python -m
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export NO_MKDOCS_2_WARNING = 1

.PHONY: help env serve test lint lab site bench pycuda gpu clean

help:    ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

env: .venv/ready    ## set up what the book needs: .venv, node_modules, Graphviz; a few minutes, once

serve: env    ## the book at http://127.0.0.1:8000 (PORT=...), reloaded at every edit
	$(run) mkdocs serve --livereload --dev-addr 127.0.0.1:$(PORT)

test: .venv/tested    ## every check, about a quarter of an hour; ARGS="-k autograd" for some of them
	$(run) pytest -n auto --dist worksteal $(ARGS)

lint: .venv/tested    ## ruff: unused names, line length, and mistakes that it knows
	$(run) ruff check

lab: .venv/tested    ## the exercises, and which you pass; mine=labs/micrograd/engine.py explains a mistake
	@$(run) lab $(mine) || true

site: env    ## the book as files, in site/
	$(run) mkdocs build --strict

bench: .venv/tested    ## measure; the numbers go to results/; only=gpt for one
	$(run) benchmarks $(or $(only),all)

pycuda: .venv/tested    ## PyCUDA, with a stand-in for the driver of a card: the tests of CUDA use it; once
	@$(run) tools.pycuda build

gpu: .venv/tested    ## on a machine with a card: tests and measurements through PyCUDA, in 8 minutes
	@.venv/bin/python tools/gpu.py $(ARGS)

clean:    ## remove what builds and tests made; .venv and node_modules stay
	rm -rf site .cache build tests/screenshots .pytest_cache .hypothesis
	find docs src tests tools benchmarks labs -name __pycache__ -prune -exec rm -rf {} +

# A set-up that was cut short leaves .venv/unfinished behind, and the next one starts afresh.
.venv/ready: requirements.lock package-lock.json pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
		"The book needs Python 3.11 or newer, and $(PYTHON) is not:" \
		"try make PYTHON=python3.12" >&2; exit 1; }
	@[ ! -e .venv/unfinished ] || rm -rf .venv
	@mkdir -p .venv && rm -f .venv/ready && touch .venv/unfinished
	@echo "set-up 1/4: a Python environment in .venv"
	@$(PYTHON) -m venv .venv
	@echo "set-up 2/4: the packages of requirements.lock: a few minutes, and PyTorch alone is 200 MB"
	@$(run) pip install --quiet --disable-pip-version-check -r requirements.lock
	@echo "set-up 3/4: the book's own modules, editable"
	@$(run) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "set-up 4/4: KaTeX and Graphviz: less than a minute"
	@.venv/bin/python tools/setup.py
	@mv .venv/unfinished .venv/ready

# What was cut short here is installed over, since pip cannot tell half a package from a whole one.
.venv/tested: .venv/ready requirements-test.lock
	@echo "for tests 1/2: the packages of requirements-test.lock: about a minute"
	@$(run) pip install --quiet --disable-pip-version-check --no-deps --force-reinstall -r requirements-test.lock
	@echo "for tests 2/2: the checkers of pages: about a minute"
	@.venv/bin/python tools/setup.py --tests
	@touch .venv/tested
