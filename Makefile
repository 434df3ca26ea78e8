# Two commands: `make run` and `make test`. PORT, DATA_DIR and every other setting pass through from the environment.

BIN := .venv/bin
PACKAGING := setup.cfg pyproject.toml
INDEPENDENT := tests/independent

.DEFAULT_GOAL := help
.PHONY: help run test check bench clean messages

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile

run: .venv/.run ## set up what is needed and serve a demonstration on http://127.0.0.1:8000 (PORT, DATA_DIR)
	@scripts/fonts
	@exec $(BIN)/skills-registry demo

test: .venv/.test ## set up what is needed; lint, types, imports, then all tests
	@scripts/chromium
	@scripts/fonts
	@if [ -f $(INDEPENDENT)/package.json ] && command -v node >/dev/null && command -v npm >/dev/null; then \
		$(MAKE) -s $(INDEPENDENT)/node_modules; fi
	@$(MAKE) -s check
	@echo "== pytest"; scripts/tests

check: .venv/.test ## lint, format, types and import rules only
	@echo "== ruff"; $(BIN)/ruff check --quiet && $(BIN)/ruff format --check --quiet
	@echo "== mypy"; $(BIN)/mypy
	@echo "== import rules"; out=$$($(BIN)/lint-imports --no-cache 2>&1) || { echo "$$out"; exit 1; }

bench: .venv/.test ## measure issuing and verifying against bare routes on the same server and database
	@$(BIN)/python tests/bench

clean: ## remove what was built; the data folder stays
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis $(INDEPENDENT)/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.run: $(PACKAGING)
	@scripts/venv
	@echo "Installing packages into .venv (once; a minute or two)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[local,images,paper]'
	@touch $@

.venv/.test: $(PACKAGING)
	@scripts/venv
	@echo "Installing packages and test tools into .venv (once; a minute or two)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[local,images,paper,test]'
	@touch .venv/.run $@

$(INDEPENDENT)/node_modules: $(INDEPENDENT)/package.json $(wildcard $(INDEPENDENT)/package-lock.json)
	@echo "Installing the independent verifier with npm."
	@cd $(INDEPENDENT) && npm ci --silent --no-audit --no-fund
	@touch $@

messages: .venv/.test ## bring the Chinese catalogues up to date, then fill in what is empty
	@scripts/messages
