# The front door. `make` lists what there is.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --prerelease=if-necessary-or-explicit --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help run test lint types fix venv bench docs client fuzz lock ci clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run: .venv/ready-to-run ## set everything up and run the main job on this machine: hireloop up --demo
	@$(BIN)/hireloop up --demo

test: .venv/ready-to-test browser servers ## set everything up and run every test
	@$(BIN)/pytest

lint: .venv/ready-to-test ## ruff, strict types and import contracts, in one go
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

types: .venv/ready-to-test ## strict types alone
	@$(BIN)/mypy

fix: .venv/ready-to-test ## mend what ruff can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

venv: .venv/ready-to-test ## make the virtual environment in .venv with everything for development

bench: .venv-bench/ready postfix ## measure bookings and deliveries against their peers, and lists at a million bookings
	@.venv-bench/bin/python -m bench.booking
	@.venv-bench/bin/python -m bench.delivery
	@.venv-bench/bin/python -m bench.api

docs: .venv/ready-to-test ## check the documents against the code
	@$(BIN)/pytest tests/test_docs.py

client: .venv/ready-to-test ## generate clients/python from the OpenAPI document
	@$(BIN)/python clients/generate_python.py

fuzz: .venv/ready-to-test ## ask a real server some 20,000 things that the OpenAPI document allows, or does not
	@HIRELOOP_FUZZ_FULL=1 $(BIN)/pytest -n 0 -s tests/doors/test_fuzz.py

lock: .venv/ready-to-test ## resolve the dependencies anew and write requirements/*.txt
	@$(LOCK) --upgrade pyproject.toml -o requirements/serve.txt
	@$(LOCK) --upgrade pyproject.toml --group build --extra local -o requirements/run.txt
	@$(LOCK) --upgrade pyproject.toml --group build --extra local --group test --group lint -o requirements/dev.txt
	@$(LOCK) --upgrade pyproject.toml --group build --extra local --group bench -o requirements/bench.txt
	@printf 'hatchling>=1.27\n' | $(LOCK) - --universal --constraint requirements/run.txt -o requirements/build.txt

ci: lint test ## what runs for every change

clean: ## remove what the other targets made
	@rm -rf .venv .venv-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist

# --- How it is set up ------------------------------------------------------------------------------------------

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "HireLoop needs Python 3.11 or newer; name one with PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory package \
	  NAME=python3-venv WHY="a virtual environment"
	@echo "Making the virtual environment .venv"
	@$(PYTHON) -m venv .venv

.venv/ready-to-run: requirements/run.txt pyproject.toml | .venv/bin/python
	@echo "Installing what HireLoop runs on (requirements/run.txt)"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

.venv/ready-to-test: requirements/dev.txt pyproject.toml | .venv/bin/python
	@echo "Installing what developing HireLoop takes (requirements/dev.txt)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@ .venv/ready-to-run

.venv-bench/ready: requirements/bench.txt pyproject.toml
	@echo "Installing what the benchmarks take (requirements/bench.txt)"
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip --quiet install --require-hashes -r requirements/bench.txt
	@.venv-bench/bin/python -m pip --quiet install --no-build-isolation --no-deps --editable .
	@touch $@

.PHONY: browser servers postfix package
browser:
	@command -v chromium >/dev/null || $(MAKE) --no-print-directory package NAME=chromium \
	  WHY="the tests that open the portal in a real browser" \
	  || echo "Without Chromium those tests are skipped, and say so."

servers:
	@{ test -x /usr/sbin/smtp-sink && test -x /usr/sbin/dovecot && test -x /usr/lib/dovecot/lmtp \
	  && test -x /usr/sbin/ngircd && command -v spamassassin >/dev/null; } \
	  || $(MAKE) --no-print-directory package \
	  NAME="postfix dovecot-imapd dovecot-lmtpd ngircd spamassassin" \
	  WHY="the tests against real mail and chat servers" \
	  || echo "Without these servers their tests are skipped, and say so."

postfix:
	@test -x /usr/sbin/smtp-sink || $(MAKE) --no-print-directory package NAME=postfix \
	  WHY="the benchmark that sends to its smtp-sink"
	@command -v wrk >/dev/null || $(MAKE) --no-print-directory package NAME=wrk WHY="the benchmark that books over HTTP"

package:
	@echo "Installing from Debian: $(NAME), for $(WHY)"
	@if [ "$$(id -u)" = 0 ]; then as_root=; elif command -v sudo >/dev/null; then as_root=sudo; else \
	  echo "Only root may do that: apt-get install $(NAME)"; exit 1; fi; \
	  $$as_root apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $(NAME) >/dev/null
