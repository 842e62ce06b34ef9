BIN := .venv/bin
READY := .venv/ready

.PHONY: help demo test types behaviour slow format wheel clean
.DEFAULT_GOAL := help

help: ## Show what make can do
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-12s %s\n", $$1, $$2 }'

demo: $(READY) ## Label, fine-tune, predict and export on the sample micrographs
	@if [ "$$(uname -s)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		$(BIN)/napari-csunet demo --no-window; \
	else \
		$(BIN)/napari-csunet demo; \
	fi

test: $(READY) ## Check format, types and behaviour
	@$(BIN)/ruff format --check --quiet . || { echo "The files named above are not formatted: run make format." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(MAKE) --no-print-directory --jobs 2 types behaviour

types: $(READY)
	@$(BIN)/mypy

behaviour: $(READY)
	@OMP_NUM_THREADS=1 sh scripts/with-display.sh $(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"  # a process for each core

slow: $(READY) ## Run the tests that wait for other processes or much drawing
	@OMP_NUM_THREADS=1 sh scripts/with-display.sh $(BIN)/python -m pytest -m slow

format: $(READY) ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

wheel: $(READY) ## Build dist/*.tar.gz and dist/*.whl
	@$(BIN)/python -m build

clean: ## Delete the environment and everything that was built
	rm -rf .venv build dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml scripts/set-up.sh scripts/system-libraries.sh
	@PYTHON="$(PYTHON)" sh scripts/set-up.sh
	@touch $@
