# Two commands on a fresh machine with Python 3.11 or newer, its venv module and make:
#   make demo   sets everything up and shows the loop closed
#   make test   sets everything up and runs the tests through tox
# While you work: make check, within a minute.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links
EXTRAS := --extra load --extra postgres --extra signatures --extra tls
HASHED := $(COMPILE) --generate-hashes

.DEFAULT_GOAL := help
.PHONY: help demo check test docs lock clean

help:
	@echo "make demo   show the loop closed: mock, sink and harness, a finding, two receivers"
	@echo "make check  run the style and type checks, and the tests that start no process"
	@echo "make test   run all tests, the style and type checks, and the loop, through tox"
	@echo "make docs   build the documentation site into site/, and lint what CI and releases read"
	@echo "make lock   pin the newest versions of what make and tox install, with their hashes"
	@echo "make clean  remove what the other commands made"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "hookproof needs Python 3.11 or newer; say which with: make PYTHON=python3.11 ..."; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(BIN)/.installed: requirements.lock pyproject.toml $(shell find contracts hookproof mock_server openapi webhook_sink -name '*.*' -not -name '*.pyc' 2>/dev/null) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall .
	@touch $@

demo: $(BIN)/.installed
	$(BIN)/hookproof demo

check: $(BIN)/.installed
	$(BIN)/tox run-parallel --parallel-no-spinner -e style,types,unit

test: $(BIN)/.installed
	@ls /usr/lib/postgresql/*/bin/initdb 2> /dev/null || command -v initdb \
	  || { test "$$CI" != true || { echo "The tests of the shared store need PostgreSQL, and under CI=true they must run."; exit 1; }; \
	  echo "The tests of the shared store do not run: PostgreSQL was not found (on Debian: apt-get install postgresql)."; }
	$(BIN)/tox run -e tests
	@others=style,types,loop,docs,real,schemes,frameworks; \
	if command -v chromium-headless-shell || command -v chromium || command -v chromium-browser \
	  || command -v google-chrome; then \
	  others=$$others,browser; \
	elif [ "$$CI" = true ]; then \
	  echo "The browser tests need Chromium, and under CI=true they must run."; exit 1; \
	else \
	  echo "The browser tests do not run: no Chromium was found (on Debian: apt-get install chromium-headless-shell)."; \
	fi; \
	if command -v npm; then \
	  others=$$others,documents; \
	elif [ "$$CI" = true ]; then \
	  echo "The tests of real documents and of npm libraries need npm, and under CI=true they must run."; exit 1; \
	else \
	  echo "The tests of real documents and of npm libraries do not run: no npm was found (on Debian: apt-get install npm)."; \
	fi; \
	command -v prometheus-alertmanager || command -v alertmanager \
	  || echo "The tests of Alertmanager do not run: it was not found (on Debian: apt-get install prometheus-alertmanager)."; \
	$(BIN)/tox run-parallel --parallel-no-spinner -e $$others

docs: $(BIN)/.installed
	$(BIN)/tox run -e docs

lock: | $(BIN)/python
	$(BIN)/python -m pip install --quiet uv
	{ echo "# Pinned by make lock: what make and tox install. The wheel itself states ranges."; \
	  $(HASHED) $(EXTRAS) pyproject.toml requirements.in; } > requirements.lock.new
	mv requirements.lock.new requirements.lock
	$(COMPILE) --no-deps $(EXTRAS) --resolution lowest-direct pyproject.toml \
	  | sed 's/^psycopg==/psycopg[binary]==/' > $(VENV)/lowest.in  # --no-deps drops the extra
	cp requirements.lock $(VENV)/lowest.lock  # uv keeps the pins of its output where it can
	$(HASHED) --output-file $(VENV)/lowest.lock $(VENV)/lowest.in requirements.in
	{ echo "# Pinned by make lock: each dependency at its lower bound, for tox run -e lowest."; \
	  grep -v '^#' $(VENV)/lowest.lock; } > requirements-lowest.lock
	sed -n 's/^docs = \["\(.*\)"\].*/\1/p' pyproject.toml > $(VENV)/docs.in
	$(HASHED) --output-file requirements-docs.lock $(VENV)/docs.in requirements-docs.in
	$(HASHED) --output-file tests/real/localstripe.lock tests/real/localstripe.in
	$(HASHED) --output-file tests/schemes/vendors.lock tests/schemes/vendors.in
	$(HASHED) --output-file tests/frameworks/frameworks.lock tests/frameworks/frameworks.in

clean:
	rm -rf $(VENV) .tox build dist site hookproof-report
