# Each target sets up what it needs: a virtual environment in .venv with the tested versions.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check lint samples docs clean

demo: .venv/ready ## set up and scan the sample checkpoint
	-$(BIN)/precisionlab scan samples/sick.safetensors

test: .venv/ready ## set up and run the tests
	$(BIN)/pytest -n auto --dist loadfile

check: lint test ## what CI runs

lint: .venv/ready ## linter, formatter, type checker, import contracts, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/make_docs.py --check

samples: .venv/ready ## make the sample checkpoints anew
	$(BIN)/python samples/make_samples.py

docs: .venv/ready ## write the documentation pages that come from the code
	$(BIN)/python docs/make_docs.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@
