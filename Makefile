# The front door. `make` lists what there is.
SHELL := /bin/sh
# A Python that is named is used, also where .venv was made by another one; else any that is new enough.
ifdef PYTHON
SAME_PYTHON := --same-python
else
PYTHON := $(shell for one in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$one && exit; done; echo python3)
endif
BIN := .venv/bin
INSTALL := $(PYTHON) requirements/install.py $(SAME_PYTHON)
# Many tests wait for real processes: twice as many run side by side as there are processors. A file stays in one piece.
PROCESSORS := $(shell nproc)
AT_LENGTH := --timeout 1800 # seconds a test: it only ends one that hangs
SIDE_BY_SIDE := -n $(shell echo $$((2 * $(PROCESSORS)))) --dist loadfile --no-loadscope-reorder
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
        --no-emit-index-url --no-emit-find-links --prerelease=if-necessary-or-explicit \
        --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help run test test-long test-install lint types fix venv pictures bench docs openapi schema pin-images client fuzz chaos lock ci clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run: installed-to-run ## set everything up and run it on this machine with a sample interview; PORT=… names its port
	@$(BIN)/hireloop up --demo $(if $(PORT),--port $(PORT))

test: installed-to-test browser servers npm-packages ## set everything up and run the tests; ROOM=notify runs those of one room
	@$(BIN)/pytest $(SIDE_BY_SIDE) $(if $(ROOM),tests/$(ROOM))

test-long: installed-to-test browser servers npm-packages ## run in a long form what `make test` runs in a short one
	@$(BIN)/pytest $(SIDE_BY_SIDE) $(AT_LENGTH) -m "long or hypothesis" --hypothesis-profile=long

test-install: installed-to-test ## install each lock with every Python and pip at hand, beside newer releases
	@$(BIN)/pytest -n $(PROCESSORS) --dist worksteal tests/requirements

lint: installed-to-test python-client ## ruff, strict types and import contracts, in one go
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

types: installed-to-test python-client ## strict types alone
	@$(BIN)/mypy

fix: installed-to-test ## fix what ruff can fix
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

venv: installed-to-test ## make the virtual environment in .venv with everything for development

pictures: installed-to-test browser ## take pictures of pages and mails, with a contact sheet a language and light, in reports/pictures
	@HIRELOOP_PICTURES=$(CURDIR)/reports/pictures $(BIN)/pytest -n $(PROCESSORS) -m pictures

bench: installed-to-bench postfix ## measure bookings and deliveries against their peers, and lists at a million bookings
	@.venv-bench/bin/python -m bench.booking
	@.venv-bench/bin/python -m bench.delivery
	@.venv-bench/bin/python -m bench.api

docs: installed-to-test ## check the documents against the code, and run what they show
	@$(BIN)/pytest tests/docs

openapi: installed-to-test ## write openapi.json anew from the code
	@$(BIN)/python clients/openapi_file.py

schema: installed-to-test ## generate what the code needs of the schema from the migrations
	@$(BIN)/python -m release.schema_file

pin-images: installed-to-test ## pin the images of deploy/ by their digests, as their registries have them now
	@$(BIN)/python -m release.pin_images

client: installed-to-test ## build the Python and the TypeScript client into dist/
	@$(BIN)/python clients/node.py
	@$(BIN)/python clients/build.py

fuzz: installed-to-test ## ask a real server some 20,000 things that the OpenAPI document allows, or does not
	@HIRELOOP_FUZZ_FULL=1 $(BIN)/pytest -s tests/doors/test_fuzz.py
	@$(BIN)/pytest $(SIDE_BY_SIDE) $(AT_LENGTH) -m hypothesis --hypothesis-profile=search

chaos: installed-to-test ## kill everything at random under bookings, and prove that nothing is lost; SECONDS=180 RATE=20 SEED=…
	@PYTHONPATH=tests $(BIN)/python -m chaos $(if $(SECONDS),--seconds $(SECONDS)) $(if $(RATE),--rate $(RATE)) $(if $(SEED),--seed $(SEED))

lock: installed-to-test ## resolve the dependencies anew and write requirements/*.txt
	@$(LOCK) --upgrade pyproject.toml -o requirements/serve.txt
	@$(LOCK) --upgrade pyproject.toml --group build --extra local -o requirements/run.txt
	@$(LOCK) --upgrade pyproject.toml --group build --extra local --group test --group lint \
	  --group repository -o requirements/dev.txt
	@$(LOCK) --upgrade pyproject.toml --group build --extra local --group bench -o requirements/bench.txt
	@$(LOCK) --upgrade --group build --constraint requirements/run.txt -o requirements/build.txt
	@$(LOCK) --upgrade --group build --group release --constraint requirements/dev.txt -o requirements/release.txt
	@$(LOCK) --upgrade --group bootstrap -o requirements/bootstrap.txt
	@$(BIN)/python clients/node.py --lock

ci: lint test test-long test-install ## what runs for every change

# --- A release: .github/workflows/release.yml calls `make release`, signs what it makes, and publishes it ----------

.PHONY: dist sbom release
RELEASE := .venv-release/bin/python
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
# A tag's name may hold anything: the shell reads TAG and AT by itself, so that neither make nor the shell runs them.
# The time that stands in what is built is the commit's, so that the same commit gives the same bytes.
STAMPED = SOURCE_DATE_EPOCH="$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || echo 1580601600)}"

dist: installed-to-release ## build the wheel and the source distribution into dist/, and check them
	@rm -f dist/hireloop-*.whl dist/hireloop-*.tar.gz
	@$(STAMPED) $(RELEASE) -m hatchling build --directory dist
	@$(RELEASE) -m release.packages dist/hireloop-*.whl dist/hireloop-*.tar.gz

sbom: installed-to-release ## list what a server has installed, as CycloneDX, in dist/
	@$(PYTHON) requirements/install.py serve --into .venv-serve --tools .venv-release
	@$(STAMPED) $(RELEASE) -m release.sbom .venv-serve dist/hireloop-$(VERSION).cdx.json

release: installed-to-release ## build all that the release of TAG=v… has, if the tag fits; AT=… is where its files are
	@rm -rf dist
	@$(RELEASE) -m release.notes "$$TAG" dist/NOTES.md --at "$$AT"
	@$(MAKE) --no-print-directory dist
	@umask 022 && $(STAMPED) $(MAKE) --no-print-directory client # npm packs the rights of files as they are
	@$(MAKE) --no-print-directory sbom
	@$(RELEASE) -m release.packages dist/hireloop_client-*.whl
	@$(RELEASE) -m release.checksums dist

clean: ## remove what the other targets made
	@rm -rf .venv-release .venv-serve reports
	@rm -f .venv/hireloop-installed.json .venv-bench/hireloop-installed.json # what is left half-removed is known as such
	@rm -rf .venv .venv-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist clients/*/node_modules \
	  clients/python/hireloop_client clients/typescript/src/schema.ts

# --- The clients: generated where they are missing or stale, and npm's packages where their lock has changed -----

.PHONY: python-client npm-packages
python-client: installed-to-test
	@$(BIN)/python clients/generate_python.py

npm-packages: installed-to-test
	@$(BIN)/python clients/node.py || echo "Without npm's packages the tests of the TypeScript client and of openapi.json are skipped, and say so."

# --- How it is set up: requirements/install.py does it, and costs nothing where all is there --------------------

.PHONY: installed-to-run installed-to-test installed-to-bench installed-to-release python
installed-to-run: python
	@$(INSTALL) run --project

installed-to-test: python
	@$(INSTALL) dev --project

installed-to-bench: python
	@$(INSTALL) bench --project --into .venv-bench

installed-to-release: python
	@$(INSTALL) release --into .venv-release

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "HireLoop needs Python 3.11 or newer: install one, or name it with PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory package \
	  NAME="$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" WHY="a virtual environment"

.PHONY: browser servers postfix package
browser:
	@{ command -v chromium && command -v firefox-esr && ls /usr/share/fonts/truetype/lohit-devanagari/*.ttf; } >/dev/null 2>&1 \
	  || $(MAKE) --no-print-directory package \
	  NAME="chromium firefox-esr fonts-lohit-deva" WHY="the tests that open the pages in real browsers" \
	  || echo "Without Chromium and Firefox those tests are skipped, and say so."

servers:
	@{ command -v curl >/dev/null && test -x /usr/sbin/smtp-sink && test -x /usr/sbin/dovecot && test -x /usr/lib/dovecot/lmtp \
	  && test -x /usr/sbin/ngircd && command -v spamassassin >/dev/null && test -x /usr/sbin/nginx && test -x /usr/bin/caddy && test -x /usr/sbin/pgbouncer \
	  && ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && ls /usr/lib/*/libical.so.3 >/dev/null 2>&1; } \
	  || $(MAKE) --no-print-directory package \
	  NAME="curl postfix dovecot-imapd dovecot-lmtpd ngircd spamassassin postgresql pgbouncer nginx-light caddy libical3" \
	  WHY="the tests against real mail and chat servers, proxies, a pooler, a calendar library and an older PostgreSQL, and the commands of the documents" \
	  || { echo "Without these servers their tests are skipped, and say so."; test -z "$$CI"; }

postfix:
	@test -x /usr/sbin/smtp-sink || $(MAKE) --no-print-directory package NAME=postfix \
	  WHY="the benchmark that sends to its smtp-sink"
	@command -v wrk >/dev/null || $(MAKE) --no-print-directory package NAME=wrk WHY="the benchmark that books over HTTP"

# None of them is started as a service: neither invoke-rc.d nor systemctl does so with these two variables.
package:
	@echo "Installing from Debian: $(NAME), for $(WHY)"
	@if [ "$$(id -u)" = 0 ]; then as_root=; elif command -v sudo >/dev/null; then as_root=sudo; else \
	  echo "Only root may do that: apt-get install $(NAME)"; exit 1; fi; \
	  $$as_root apt-get update -qq && \
	  $$as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 SYSTEMD_OFFLINE=1 apt-get install -y -qq --no-install-recommends $(NAME) >/dev/null
