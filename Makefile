# What a person can ask for. Each target brings along what it needs: see .ci/venv.

PYTHON := .venv/bin/python
# Tests at once. Most scenarios wait for a process or for a time most of the while, so four keep two cores busy.
WORKERS := $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores > 4 ? cores : 4)))

# Packages of whoever calls us are not ours.
unexport PYTHONPATH
unexport PYTHONHOME
# Whoever sets this means images of containers: here some hundred processes would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

# As they were typed: a dollar sign in an issue's text is a dollar sign.
override REPO := $(value REPO)
override TITLE := $(value TITLE)
override BODY := $(value BODY)
export REPO TITLE BODY KEEP SEED TICKETS

.PHONY: help demo test check contract chaos bench run docs lock clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | while IFS="$$(printf '\t')" read -r target words; do printf 'make %-9s %s\n' "$$target" "$$words"; done

demo: ## move an issue's card on a GitHub of our own and watch it become a pull request; REPO=path TITLE=… BODY=… KEEP=1
	@.ci/venv demo
	@$(PYTHON) -m tests.demo

test: ## every test that needs no Node
	@.ci/venv dev
	@$(PYTHON) -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

check: ## format, lint, types, import contracts, generated docs, then the tests
	@.ci/venv dev
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m tests.docs --check
	@$(MAKE) --no-print-directory test

contract: ## what the hub says and what we send, against GitHub's own descriptions (needs npm)
	@.ci/venv dev
	@$(PYTHON) -m tests.contract

chaos: ## tickets while everything around them breaks, into .autocode/chaos.json; SEED=7 TICKETS=10
	@.ci/venv dev
	@$(PYTHON) -m tests.chaos

bench: ## the figures in the README, into .autocode/bench.json
	@.ci/venv demo
	@$(PYTHON) -m tests.bench

run: ## the real thing: the Procfile's processes against GitHub
	@.ci/venv run
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTHON) -m jobs.run

docs: ## write anew what in the README is generated
	@.ci/venv demo
	@$(PYTHON) -m tests.docs

lock: ## write constraints.txt anew from requirements*.txt
	@.ci/venv lock

clean: ## away with everything that make has made
	rm -rf .venv .autocode
