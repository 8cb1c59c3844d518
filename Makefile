# Every target does the set-up it needs; a second run installs nothing.
# make itself turns every failure into exit status 2: a gate that needs the verdict's status calls `harness`.
PYTHON ?= python3
SCENARIO ?= drained
ARGS ?=
ARMS ?= drained_undrained
RUNS ?=
VENV := .venv
BIN := $(VENV)/bin

# Debian splits `venv` off its Python; everything else is installed by `harness check --install`.
define INSTALL_VENV
if command -v apt-get >/dev/null && { [ "$$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then \
    echo 'Installing python3-venv with apt ...'; \
    sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
    $$sudo apt-get -qq update && $$sudo apt-get -qq install -y --no-install-recommends python3-venv >/dev/null; \
  else \
    echo '$(PYTHON) cannot make a virtual environment. Debian/Ubuntu: sudo apt-get install python3-venv;' \
         'Fedora/RHEL: sudo dnf install python3' >&2; exit 2; \
  fi
endef

.DEFAULT_GOAL := help
.PHONY: help setup browser upgrade-under-load test test-fast faults fuzz gate controls compare lint lock audit bench clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22
	@echo
	@echo 'SCENARIO=drained|undrained|...  a file of scenarios/ (default: drained)'
	@echo 'ARMS=drained_undrained|...      a file of scenarios/arms/ for `make compare`; RUNS=4 of each arm'
	@echo 'ARGS="--set key=value ..."      passed on to `harness run`'

# Whatever is downloaded is held against the hashes of requirements.lock: uv, which pip fetches, then all the rest, the
# back-end that builds this package among it.
$(VENV)/ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Python 3.11 or newer is needed; $(PYTHON) is older or missing. Name another one: make PYTHON=python3.12 ...' >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(INSTALL_VENV); }
	@echo 'Setting up $(VENV) ...'
	@$(PYTHON) -m venv --clear $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock >$(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
	  -r $(VENV)/uv.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --no-build --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(VENV)/ready ## Prepare everything: environment, server programs, Keystone releases
	@$(BIN)/harness check --install

upgrade-under-load: setup ## Upgrade a real Keystone under load and report whether there was downtime
	@$(BIN)/harness run $(SCENARIO) $(ARGS)

# Only the tests of the report need a browser; without one they are skipped, and say so.
browser:
	@command -v chromedriver >/dev/null || { \
	  if command -v apt-get >/dev/null && { [ "$$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then \
	    echo 'Installing chromium for the tests of the report with apt ...'; \
	    sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	    $$sudo apt-get -qq update && \
	      $$sudo apt-get -qq install -y --no-install-recommends chromium chromium-driver >/dev/null; \
	  else \
	    echo 'The report will NOT be tested in a browser. Debian: sudo apt-get install chromium chromium-driver;' \
	         'Fedora/RHEL: sudo dnf install chromium chromedriver' >&2; \
	  fi; }

# Coverage is measured in `make test-fast`'s tests: tracing doubles what drawing costs, changes what a child imports, and would
# change the latencies by which whole runs are judged. Those go alone, last; everything else shares the cores.
# Of tests named in ARGS no part need hold any (pytest ends with 5), and no bound is held.
BESIDE := --numprocesses logical --maxprocesses 4
NONE_IS_FINE = $(if $(ARGS),|| [ $$? = 5 ])
MEASURED = $(if $(ARGS),$(BIN)/pytest,$(BIN)/coverage run -m pytest)
HOLD_COVERAGE = $(if $(ARGS),,$(BIN)/coverage combine --quiet && $(BIN)/coverage report --format total)
test: $(VENV)/ready browser ## Run every test, real upgrades included
	@rm -f .coverage .coverage.*
	@if $(BIN)/harness check --install; then \
	  { $(MEASURED) -m 'not process and not slow' $(BESIDE) --dist worksteal --durations 10 $(ARGS) $(NONE_IS_FINE); } && \
	  $(or $(HOLD_COVERAGE),true) && \
	  { $(BIN)/pytest -m '(process or slow) and not run' $(BESIDE) --dist loadgroup --durations 10 $(ARGS) $(NONE_IS_FINE); } && \
	  { $(BIN)/pytest -m run --durations 10 $(ARGS) $(NONE_IS_FINE); }; \
	else \
	  $(BIN)/pytest -m 'not lab' $(BESIDE) --dist loadgroup --durations 10 $(ARGS); \
	  echo 'LEFT OUT, for what is missing above: every test with real servers, every real upgrade, coverage.' >&2; \
	  exit 2; \
	fi

test-fast: $(VENV)/ready ## Run the tests that start no server, browser or command, and are not slow
	@$(BIN)/pytest -m 'not process and not slow' $(BESIDE) --dist worksteal --durations 10 $(ARGS)

# A failing input is made smaller before it is told, which takes its time.
fuzz: export HARNESS_FUZZ_INPUTS ?= 20000
fuzz: export HARNESS_LOSSES ?= all
fuzz: $(VENV)/ready ## Give every reader of what people write 20,000 malformed inputs (HARNESS_FUZZ_INPUTS=), lose every line of failing runs
	@$(BIN)/pytest tests/fuzz tests/judge/test_losses.py $(BESIDE) --dist worksteal --durations 10 -o timeout=7200 $(ARGS)

faults: setup ## Harm whole runs as a machine does (killed servers, suspended generators, ...) and print what they say; an hour
	@$(BIN)/pytest -m faults --durations 0 $(ARGS)

gate: setup ## Run SCENARIO as a CI gate; GATE=ci/gate.toml and BASELINE=baseline.json are optional
	@$(BIN)/harness run $(SCENARIO) $(if $(GATE),--gate "$(GATE)") $(if $(BASELINE),--baseline "$(BASELINE)") $(ARGS)

controls: setup ## Prove the detector: injected faults must be found, runs without one must pass
	@$(BIN)/harness controls $(ARGS)

compare: setup ## Is draining worth it? Runs both ways in turn and compares them; ARMS=, RUNS=
	@$(BIN)/harness compare --arms $(ARMS) $(if $(RUNS),--runs $(RUNS)) $(ARGS)

lint: $(VENV)/ready ## ruff, mypy (strict), import contracts, bounds of the tree
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.house

audit: $(VENV)/ready ## Hold the locks against known vulnerabilities; asks a service outside, and says where none answers
	@$(BIN)/python -m tools.audit

lock: $(VENV)/ready ## Resolve the harness's own dependencies anew
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
	  --no-header --no-annotate --upgrade -o requirements.lock pyproject.toml

bench: setup ## Measure the harness itself; prints a table, writes benchmarks/results/
	@$(BIN)/python -m benchmarks $(ARGS)

clean: ## Remove the environment and caches of this checkout; runs under reports/ stay
	rm -rf $(VENV) .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find harness tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
