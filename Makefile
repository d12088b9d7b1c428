# boardcore's commands: `make` lists them. Each sets up what it needs in .venv and build/ by itself.

PYTHON ?= python3
ARGS ?=
SECONDS ?= 20
SOAK_SECONDS ?= 600

VENV := .venv
BIN := $(VENV)/bin
# -qq: errors only; pip's warnings are about the machine's own settings.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
MAKEFLAGS += --no-print-directory

# What the extension is made of. Folders are in the list so that a new file counts as a change.
C_PARTS := $(shell find dsp/include dsp/src dsp/engine simulators/line_model \
	simulators/vendor_abi/dialogic/include simulators/vendor_abi/dialogic/src \
	\( -type d -o -name '*.[ch]' -o -name '*.inc' \) 2>/dev/null)
# Folders appear as the library grows; checkers refuse one that has no Python yet.
PYTHON_CODE := setup.py $(foreach d,boardcore drivers simulators tests benchmarks tools dsp,\
	$(if $(shell find $(d) -name '*.py' 2>/dev/null | head -n 1),$(d)))
BENCHMARKS := $(wildcard benchmarks/bench_*.py)

.PHONY: help
help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

# --- what the others stand on ---

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "boardcore needs Python 3.11 or newer, $(PYTHON) is not: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "make: creating $(VENV)"
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); \
	  echo "boardcore: $(PYTHON) -m venv failed: install python3-venv, on Debian \`apt-get install python3-venv\`" >&2; \
	  exit 1; }
	@touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml setup.py
	@echo "make: installing boardcore and its development tools in $(VENV)"
	@# The build's own requirements come first: without isolation pip and `build_ext` share one object folder.
	@$(PIP) install 'setuptools>=77' 'cffi>=1.17'
	@$(PIP) install --no-build-isolation --editable '.[dev]'
	@touch $@

$(VENV)/built: $(VENV)/installed dsp/build.py $(C_PARTS)
	@echo "make: building the C part"
	@$(BIN)/python setup.py -q build_ext --inplace
	@touch $@

# --- for everybody ---

.PHONY: demo test bench soak
demo: $(VENV)/built ## run `boardcore demo`; ARGS= its options
	@$(BIN)/boardcore demo $(ARGS)

# Everything that a machine with Python and a compiler can run; tests against peers skip where one is missing.
test: $(VENV)/built ## the Python tests; ARGS= pytest's options
	@$(BIN)/pytest -m 'not soak and not hardware and not packaging' $(ARGS)

# A short run keeps every ratio but is noisier: CI only asks whether the benchmarks work.
SHORT := $(if $(filter short,$(BOARDCORE_BENCH)),--benchmark-max-time=0.2 --benchmark-min-rounds=3)
bench: $(VENV)/built ## benchmarks with peers in the same run; BOARDCORE_BENCH=short
ifeq ($(BENCHMARKS),)
	@echo "bench: there is no benchmarks/bench_*.py yet"
else
	@$(BIN)/pytest $(BENCHMARKS) --override-ini=python_files='bench_*.py' --benchmark-only $(SHORT) $(ARGS)
endif

soak: $(VENV)/built ## what takes many minutes: soak tests, long fuzzing
	@$(BIN)/pytest -m 'soak and not hardware' $(ARGS)
	@$(MAKE) fuzz SECONDS=$(SOAK_SECONDS)

# --- for developers ---

.PHONY: lint types c-test fuzz packaging wheel clean
lint: $(VENV)/installed ## ruff
	@# No `ruff format`: transition tables stand in columns, one clause of the standard a row.
	@$(BIN)/ruff check .

types: $(VENV)/installed ## mypy and pyright, both strict
	@$(BIN)/mypy $(PYTHON_CODE)
	@$(BIN)/pyright $(PYTHON_CODE)

c-test: ## the C tests under the address, undefined-behaviour and thread sanitizers
	@$(MAKE) -f dsp/tests/Makefile
	@$(MAKE) -f simulators/vendor_abi/Makefile

fuzz: ## libFuzzer on every fuzz_*.c, SECONDS=20 each
	@$(MAKE) -f dsp/fuzz/Makefile SECONDS=$(SECONDS)
	@$(MAKE) -f simulators/vendor_abi/Makefile fuzz SECONDS=$(SECONDS)

packaging: $(VENV)/built ## build the sdist and the wheel, install and try them
	@$(BIN)/pytest -m packaging tests/packaging $(ARGS)

wheel: $(VENV)/installed ## dist/*.tar.gz and dist/*.whl
	@mkdir -p build
	@$(BIN)/python -m build --no-isolation >build/wheel.log 2>&1 || { cat build/wheel.log; exit 1; }
	@ls -1t dist/*.whl | head -n 1

clean: ## remove all that make made, .venv too
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks demo-out
	@rm -rf boardcore/_native*.so simulators/boardcore_simulators/vendor_abi/dialogic
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
