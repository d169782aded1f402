# Every target sets up what it needs. Paths are relative on purpose: the folder's own path may contain spaces.
UV := scripts/uv
BIN := .venv/bin
# Compiled once here: where PYTHONDONTWRITEBYTECODE is set, as containers like to, each start would compile again.
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON_PREFERENCE := only-system

.DEFAULT_GOAL := help
.PHONY: help demo test check format serve bench fuzz env dev-env clean

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name what; do printf '%-14s %s\n' "$$name" "$$what"; done

demo: env ## Set up, load the sample pages into the embedded Postgres, and say what to type next
	@$(BIN)/ingest run seeds/
	@printf '\nWhat next:\n'
	@printf '  %s\n' \
	  '$(BIN)/ingest db psql -c "SELECT title, publisher, published_at, word_count FROM news.article"' \
	  '$(BIN)/ingest search "six-party talks"' \
	  '$(BIN)/ingest explain seeds/000_538f4130def33c1f.txt'

test: dev-env ## Set up and run the tests
	@$(BIN)/pytest -n auto --dist loadgroup

check: dev-env ## Lint, types, layers, README commands, the packaged wheel
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/check_readme.py
	@scripts/check_wheel

format: dev-env ## Format the code
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

serve: dev-env ## Serve the flows as deployments, with a Prefect server
	@$(BIN)/python -m flows.serve

bench: dev-env ## Measure speed and quality against trafilatura (needs a corpus: see benchmarks/README.md)
	@$(UV) sync --quiet --locked --group bench
	@$(BIN)/python -m benchmarks.extraction
	@$(BIN)/python -m benchmarks.loading

SECONDS := 1200
fuzz: dev-env ## Search for pages that extraction cannot bear, for SECONDS=1200; findings go to .fuzz/ (Linux, Python 3.11 to 3.13)
	@$(UV) sync --quiet --locked --inexact --group fuzz
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

env:
	@$(UV) sync --quiet --locked --inexact --no-default-groups

dev-env:
	@$(UV) sync --quiet --locked --inexact

clean: ## Remove what the targets made in this folder
	@rm -rf .venv .tools dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
