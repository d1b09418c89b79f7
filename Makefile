# make demo and make test are all a new user needs; both set up .venv first if that is not done.

PYTHON ?= $(shell for p in python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
READY := .venv/.setup-done

.PHONY: setup demo test lint format docs fuzz bench clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "nlpkit needs Python 3.11 or later. Install it, or say where it is: make setup PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Setting up .venv (the first time takes a few minutes)"
	@$(PIP) install -c constraints.txt torch hatchling editables || { echo "Set-up could not install torch's CPU build. If pip finds only the CUDA build, point it at PyTorch's index of CPU builds (PIP_EXTRA_INDEX_URL=... make setup) or at a folder with the wheel (PIP_FIND_LINKS=... make setup)." >&2; exit 1; }
	@$(PIP) install -c constraints.txt --no-build-isolation -e '.[dev,plots,dask]'
	@touch $@

demo: setup
	@$(BIN)/nlpkit demo

test: setup
	$(BIN)/python -m pytest $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup
	@$(BIN)/python -c 'import mkdocstrings_handlers.python, zensical' 2>/dev/null || \
		$(PIP) install -c constraints.txt --no-build-isolation -e '.[docs]'
	@$(BIN)/python docs/building.py
	@echo "The documentation is in site/: open site/index.html"

MINUTES ?= 10
fuzz: setup
	@$(PIP) install -c constraints.txt -e '.[fuzz]' --no-build-isolation || true
	$(BIN)/python tests/fuzz/fuzz.py $(MINUTES)

# Up to an hour on two idle cores. What nlpkit is measured beside goes into .venv-bench; without it the report says so.
bench: setup
	@$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/results.py $(ARGS)

clean:
	rm -rf .venv .venv-bench build dist site .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
