# `make demo` and `make test` need nothing but Python 3.11 and make: everything is installed below .venv
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV      = $(shell command -v uv || echo $(BIN)/uv)

.PHONY: demo demo-info test bench lint lint-style lint-types lint-layers lint-django lock clean

demo: $(VENV)/.ready
	@$(BIN)/python manage.py demo

demo-info: $(VENV)/.ready
	@$(BIN)/python manage.py demo_info

test: $(VENV)/.ready
	@$(BIN)/python -m tests.all_backends

# The peers' packages stay out of the product's: a folder of their own, which the bench alone reads.
bench: $(VENV)/.ready $(VENV)/bench/.ready
	@PYTHONPATH=$(VENV)/bench $(BIN)/python -m bench.compare $(if $(QUICK),--quick,--write)

$(VENV)/bench/.ready: requirements-bench.lock
	@$(UV) pip install --quiet --python $(BIN)/python --target $(VENV)/bench --require-hashes -r requirements-bench.lock
	@touch $@

lint: lint-style lint-types lint-layers lint-django

lint-style: $(VENV)/.ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

lint-types: $(VENV)/.ready
	$(BIN)/mypy crm background bookings objects cascade carts reports intake mappings logs_ui config sandbox

lint-layers: $(VENV)/.ready
	$(BIN)/lint-imports

lint-django: $(VENV)/.ready
	$(BIN)/python manage.py makemigrations --check --dry-run
	HTTPS=on $(BIN)/python manage.py check --deploy --fail-level WARNING

$(VENV)/.ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@command -v uv >/dev/null || test -x $(BIN)/uv || $(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@touch $@

lock: $(VENV)/.ready
	$(UV) pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --upgrade -o requirements.lock
	$(UV) pip compile --group pyproject.toml:bench --universal --generate-hashes --no-emit-index-url --upgrade -c requirements.lock -o requirements-bench.lock

clean:
	rm -rf $(VENV) var staticfiles
