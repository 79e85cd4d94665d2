# The only entry points. Each sets up by itself whatever it needs and says what it does.
.PHONY: help up test check bench campaign clean
.DEFAULT_GOAL := help

BIN := .venv/bin
# Tests run in this many processes, each with databases of its own.
TEST_PROCESSES ?= 2
# How much the fault campaign runs: ci (an hour at most) or release.
LEVEL ?= ci

help: ## show this list
	@sed -n 's/^\([a-z]*\): ## /  make \1	/p' Makefile | expand -t 16

up: ## serve the wallet with a sandbox bank on this machine; log-ins are printed
	@sh tools/bootstrap.sh up
	@exec $(BIN)/tael up

test: ## run every test, the browser's journeys included
	@sh tools/bootstrap.sh test
	@$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile $(ARGS)

check: ## format, lint, types, imports, tidiness and the fast tests
	@sh tools/bootstrap.sh check
	@$(BIN)/python tools/check.py $(ARGS)

bench: ## measure the ledger and payments beside pgbench; prints JSON
	@sh tools/bootstrap.sh bench
	@$(BIN)/python -m bench $(ARGS)

campaign: ## kill, cut, freeze and race a whole bank, then check it; LEVEL=ci|release
	@sh tools/bootstrap.sh campaign
	@$(BIN)/python -m campaign --level $(LEVEL) $(ARGS)

clean: ## remove what was installed and built; the sandbox bank's database stays
	rm -rf .venv .tael/setup .tael/cache web/node_modules web/build web/.svelte-kit
	rm -rf src/tael/http/app .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
