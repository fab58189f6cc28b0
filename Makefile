# make run · make test · make import FILES=… · make epic · make backup FILE=… · make restore FILE=… · make bench
PYTHON ?= python3
BIN := .venv/bin

run: .venv/installed
	@$(BIN)/python app.py

test: .venv/installed-tests
	@$(BIN)/python -m pytest $(ARGS)

import: .venv/installed
	@$(BIN)/python -m services.imports $(FILES)

epic: .venv/installed
	@$(BIN)/python -m services.epic

backup: .venv/installed
	@$(BIN)/python -m services.backup $(if $(FILE),"$(FILE)")

restore: .venv/installed
	@test -n "$(FILE)" || { echo "Which backup? make restore FILE=…"; exit 1; }
	@$(BIN)/python -m services.backup --restore "$(FILE)"

bench: .venv/installed-tests
	@$(BIN)/python -m benchmarks

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Blastoscope needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make run PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what the program needs (a few minutes, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-tests: .venv/installed requirements-test.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	@touch $@

.PHONY: run test import epic backup restore bench
