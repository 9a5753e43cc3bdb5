# Every target that a person needs; `make` alone lists them. Works with GNU make 3.81 and later.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?= python3
# BEGIN STAFF
EXTRAS ?= staff,dev
SUBMISSION ?= solutions
OUT ?= build/grade
LOG ?= $(OUT)/submission_log.json
# END STAFF
EXTRAS ?= student
LOG ?= submission_log.json
PACKAGE ?= student
PRESET ?= quick
DEVICE ?= auto
WORKERS ?= 2
SEED ?= 0
UV ?= 1
Q ?=
# BEGIN STAFF
RANDOM ?=
# END STAFF
ARGS ?=
TORCH_WHEELS ?=
TORCH_BACKEND ?=

# One thread: sums come out in the same order on every machine, and parallel tests do not fight for cores.
# Training and grading take their number of threads from assignment.toml.
OMP_NUM_THREADS ?= 1
export OMP_NUM_THREADS

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.setup-stamp

help: ## say what each target does
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# ------------------------------------------------------------------------------------------------- set-up

# A folder of torch wheels replaces the versions that constraints.txt has for torch and what comes with it.
# torchvision matches one build of torch only, so without a wheel of its own there it is left out.
TORCH_FAMILY := ^(torch|torchvision|triton|nvidia-[a-z0-9-]+|cuda-[a-z]+)==
ifneq ($(TORCH_WHEELS),)
  TORCH_PARTS := torch $(if $(shell ls "$(TORCH_WHEELS)"/torchvision-*.whl 2>/dev/null),torchvision)
  CONSTRAINTS := $(VENV)/constraints.txt
  INSTALLED := $(if $(filter torchvision,$(TORCH_PARTS)),$(EXTRAS),$(subst staff,grader,$(EXTRAS)))
else
  CONSTRAINTS := constraints.txt
  INSTALLED := $(EXTRAS)
endif
ifeq ($(UV),0)
  PIP := $(PY) -m pip install --disable-pip-version-check --quiet
else
  PIP := $(VENV)/bin/uv pip install --python $(PY) $(if $(TORCH_BACKEND),--torch-backend=$(TORCH_BACKEND))
endif

# The stamp holds the choices that it was made with, so that another choice installs again.
CHOICES := extras=$(INSTALLED) wheels=$(TORCH_WHEELS) backend=$(TORCH_BACKEND)
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CHOICES))
.PHONY: $(STAMP)
endif

setup: $(STAMP) ## make .venv with everything; TORCH_BACKEND=cpu or TORCH_WHEELS=DIR without a GPU, UV=0 for plain pip
	@echo "ready: $(VENV) ($$($(PY) --version), extras $(INSTALLED))"

$(STAMP): setup.py constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "setup needs Python 3.11 or newer; \`$(PYTHON)\` is $$($(PYTHON) --version 2>&1). Give one: make setup PYTHON=python3.12" >&2; exit 1; }
	@test "$(UV)" != 0 || test -z "$(TORCH_BACKEND)" || { \
	  echo "TORCH_BACKEND is an option of uv; with plain pip give TORCH_WHEELS=DIR" >&2; exit 1; }
	@test -z "$(TORCH_WHEELS)" || ls "$(TORCH_WHEELS)"/torch-*.whl >/dev/null 2>&1 || { \
	  echo "TORCH_WHEELS=$(TORCH_WHEELS) holds no torch-*.whl" >&2; exit 1; }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@rm -f $(STAMP)
	@test "$(UV)" = 0 || $(PY) -m pip install --disable-pip-version-check --quiet -c constraints.txt uv
ifneq ($(TORCH_WHEELS),)
	@grep -Ev '$(TORCH_FAMILY)' constraints.txt > $(CONSTRAINTS)
	$(PIP) --no-deps --no-index --find-links "$(TORCH_WHEELS)" $(TORCH_PARTS)
endif
	$(PIP) -e '.[$(INSTALLED)]' -c $(CONSTRAINTS)
	@echo "$(CHOICES)" > $(STAMP)

# What every other target waits for. It looks for the stamp alone, so that it never replaces an installation that works.
ready:
	@test -f $(STAMP) || { \
	  echo "nothing is set up here yet, so this comes first: make setup (about a minute, and some GB of downloads)"; \
	  $(MAKE) --no-print-directory setup; }

# ------------------------------------------------------------------------------------------------ homework

test: | ready ## run the public tests on student/; Q=q1d for one question (or one task)
	@$(PY) -m autograder test --package student $(if $(Q),-q $(Q)) $(ARGS)

train: | ready ## train student/'s networks and measure them; Q=q3 for one question, PRESET=quick|full|paper, DEVICE=cpu|cuda
	@$(PY) -m $(PACKAGE).given.experiments $(Q) --preset $(PRESET) --device $(DEVICE) --seed $(SEED) --workers $(WORKERS) $(ARGS)

# BEGIN STAFF
grade: | ready ## grade SUBMISSION (default: solutions) in isolation, into OUT (default: build/grade)
	$(PY) -m autograder grade "$(SUBMISSION)" --out "$(OUT)" --workers $(WORKERS) $(if $(Q),--only $(Q)) $(ARGS)

# END STAFF
submit: | ready ## run the public tests, then write submission_log.json, the one file to upload
	@$(PY) -m autograder submit --package student $(ARGS)

report: | ready ## render report.html beside LOG, a submission_log.json
	@$(PY) -m autograder report "$(LOG)" $(ARGS)

# BEGIN STAFF
doctor: | ready ## attack this machine as a submission would, and say which promises hold
	$(PY) -m autograder doctor $(ARGS)

release: | ready ## write what students are handed: dist/hw12-student.zip, and the same as a folder
	$(PY) -m autograder release $(ARGS)

gradescope: | ready ## write the zip that Gradescope grades with; Q=q4 (or Q="q1 q2 q3 q5") for questions handed in apart
	@$(PY) -m autograder gradescope-zip $(addprefix --only ,$(Q)) $(ARGS)

rehearse: | ready ## build that zip, and set up and grade with it in a fresh Debian, as root, with half a CPU and 768 MB
	$(PY) -m benchmarks.rehearsal $(ARGS)

stubs: | ready ## generate student/ from solutions/
	$(PY) -m autograder stubs

handout: | ready ## build the handout (HTML, PDF), the form to answer in and the written solutions into dist/handout
	@$(PY) -m autograder handout $(ARGS)

notebooks: | ready ## build the notebooks and their checks, into dist/notebooks
	@$(PY) -m autograder notebooks $(ARGS)

otter: | ready ## build dist/hw12-otter.zip, with which `otter run` grades a submission_log.json; Q=q4 for one question
	@$(PY) -m autograder otter --out dist/hw12-otter.zip --workers $(WORKERS) $(if $(Q),-q $(Q)) $(ARGS)

# -------------------------------------------------------------------------------------------------- project

check: lint ## what has to hold at each change: lint, types, spelling, stubs, the project's own tests
	$(PY) -m pytest -m "not slow" -n $(WORKERS)

check-all: check ## the same, then the slow tier: full grades with training runs
	$(PY) -m pytest -m slow -n $(WORKERS)

lint: | ready ## the part of check that runs no tests
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -m codespell_lib -D - -D docs/plain-words.txt .
	$(VENV)/bin/lint-imports --no-logo --no-cache
	$(PY) -m tests.harness.structure
	$(PY) -m autograder stubs --check

format: | ready ## format the sources, then generate student/ again
	$(PY) -m ruff check --fix --exit-zero --exclude student .
	$(PY) -m ruff format --exclude student .
	$(PY) -m autograder stubs

mutants: | ready ## prove the tests by every known wrong and right answer, into build/mutants; RANDOM=1: by random mutants, RANDOM=kinds: by kinds
	@$(PY) -m autograder mutants $(if $(filter kinds,$(RANDOM)),--kinds,$(if $(RANDOM),--random,--out build/mutants)) --seed $(SEED) --workers $(WORKERS) \
	  $(if $(Q),-q $(Q)) $(ARGS)

diagnosis: | ready ## make every known mistake on purpose: is it called by its name?
	@$(PY) -m autograder diagnosis --seed $(SEED) --workers $(WORKERS) $(if $(Q),-q $(Q)) $(ARGS)

hostile: | ready ## grade every hostile submission of the corpus and see from outside that it got nowhere
	$(PY) -m tests.harness.hostile $(ARGS)

bench: | ready ## measure every figure that the README quotes
	$(PY) -m benchmarks $(ARGS)

# END STAFF
clean: ## remove what is built (not .venv, not your work)
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help ready setup test train submit report clean
# BEGIN STAFF
.PHONY: grade doctor release gradescope rehearse stubs handout notebooks otter check check-all lint format mutants diagnosis hostile bench
# END STAFF
