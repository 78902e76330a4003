# The two commands of the README are `make demo` and `make test`. Both make .venv
# by themselves and need Python 3.11 or newer, make and a package index; where that
# index is, and how it is reached, is up to pip's own settings.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet
WORKERS ?= 2
# Whether learned engines are tested too, which takes torch: `make test LEARNED=1`. Not by
# default: on Linux, where pip knows of no smaller torch, gigabytes of GPU libraries come with it.
LEARNED ?=
ifeq ($(LEARNED),)
TESTED := $(VENV)/.dev
else
TESTED := $(VENV)/.learned
endif
DEMO ?= out/demo.mp4

# Only a hint that a successor of the documentation's theme is being written.
export NO_MKDOCS_2_WARNING := 1

.PHONY: help demo test lint format docs bench quality lock clean

help:  ## list what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo: $(VENV)/.run  ## animate the shipped portrait and say where the video is
	@mkdir -p $(dir $(DEMO))
	@$(BIN)/vivant animate --demo -o $(DEMO)
	@echo "The video is $(abspath $(DEMO))"

# All checks run, whatever the ones before them say; pytest closes.
# One thread a worker: torch would take all cores in each.
test: export OMP_NUM_THREADS = 1
test: $(TESTED)  ## check style, types, documentation and behaviour
	@status=0; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/ruff format --check --quiet . || { echo "ruff format: run make format"; status=1; }; \
	$(BIN)/mypy || status=1; \
	$(BIN)/mkdocs build --strict --quiet || status=1; \
	$(BIN)/python -m pytest -q -n $(WORKERS) || status=1; \
	exit $$status

lint: $(VENV)/.dev  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev  ## lay out the source as the checks want it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev  ## build the documentation into site/
	$(BIN)/mkdocs build --strict

bench: $(VENV)/.dev  ## measure speed and memory, results in benchmarks/results/
	$(BIN)/python benchmarks/run.py

quality: $(VENV)/.dev  ## measure what is drawn, on the faces in VIVANT_DATA (an hour and a half)
	$(BIN)/python benchmarks/quality.py

lock: $(VENV)/.run  ## renew the locked versions in requirements/
	$(BIN)/python tools/lock.py

clean:  ## remove what make made
	rm -rf $(VENV) build dist out site .mypy_cache .pytest_cache .ruff_cache

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "vivant needs Python 3.11 or newer; $(PYTHON) is older. Say which to take:"; \
	     echo "  make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	|| { echo "$(PYTHON) cannot make virtual environments."; \
	     echo "On Debian and Ubuntu: apt install python3-venv"; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/run.txt pyproject.toml
	@echo "Installing what vivant needs (once; about 600 MB in $(VENV)) ..."
	@$(PIP) -r requirements/run.txt
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.learned: $(VENV)/.dev requirements/torch.txt requirements/learned.txt
	@echo "Installing torch (once; 0.8 GB in $(VENV), more where it brings GPU libraries) ..."
	@$(PIP) -r requirements/torch.txt
	@$(PIP) --constraint requirements/dev.txt -r requirements/learned.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "Installing what the tests need ..."
	@$(PIP) -r requirements/dev.txt
	@touch $@
