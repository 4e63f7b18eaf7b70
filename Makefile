# inboxray: each target sets itself up from nothing but Python (3.11 or later) and make.

PYTHON ?= python3
VENV   ?= .venv
SPOOL  ?= ./spool
PREFIX ?= /opt/inboxray
BIN    := $(VENV)/bin
SHARED ?= ../shared
WEIGHTS := $(SHARED)/weights/mobilenet_v2_imagenet_notop.weights.h5
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock
SMOKE  := tests/test_smoke.py tests/model/test_release.py tests/storage/test_ledger.py tests/daemon/spool/test_claiming.py

# Install inboxray with the EXTRAS of a target, or say what may be in the way. Python's own compileall takes every
# core for what pip would do on one; what it cannot compile are templates and tests of libraries.
define install_extras
@$(PIP) --no-compile -e '.[$(EXTRAS)]' || { \
    echo "The packages were not installed, for the reason above. If no package index was reached: is there a network, or" \
        "a proxy (HTTPS_PROXY)? What pip goes by: $(BIN)/python -m pip config list" >&2; \
    echo "Nothing has to be undone: make the same again." >&2; exit 1; }
@$(BIN)/python -W ignore -m compileall -qq -j 0 $(VENV)/lib || true
endef

# Tests start hundreds of interpreters, each of which would translate every module again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help: ## say what can be done here
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(VENV)/.installed ## a dozen real scans through the real daemon, in a fresh ./demo-spool
	@$(BIN)/python -m daemon.demo

run: $(VENV)/.installed ## the daemon on ./spool (SPOOL=FOLDER for another)
	@echo "Drop X-ray files into $(SPOOL)/inbox; see the answers with: $(BIN)/inboxray --spool $(SPOOL) results"
	@$(BIN)/inboxray run --spool $(SPOOL) $(if $(filter file,$(origin SPOOL)),--create)

install: ## the systemd service, in /opt/inboxray (as root; PREFIX=FOLDER, DESTDIR=ROOT); again: an upgrade that keeps every row
	@PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) PYTHON=$(PYTHON) sh systemd/install.sh install

uninstall: ## take the service away again; scans, results and settings stay
	@PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) sh systemd/install.sh uninstall

deb: ## a Debian package of it for this release of Debian, in build/deb
	@PYTHON=$(PYTHON) sh systemd/build_deb.sh build/deb

wheel: $(VENV)/.developing ## the wheel in build/wheel, tried in an empty environment with libraries from the package index
	@rm -rf build/wheel
	@$(BIN)/python -m hatchling build --target wheel --directory build/wheel
	@INBOXRAY_FROM_INDEX=1 $(BIN)/python -m pytest -n 0 tests/package
	@ls -l build/wheel

container: $(VENV)/.installed ## the image of Containerfile, built and tried without a registry, in build/container (as root; minutes)
	@PYTHON=$(BIN)/python sh tests/container/try.sh

operate: ## from a bare Debian to uninstalled, in a booted container; the transcript in build/operate (as root; minutes)
	@sh tests/systemd/operate.sh

smoke: $(VENV)/.testing ## does it work here? a handful of tests, and real files through a real daemon (under a minute)
	@$(BIN)/python -m pytest -q -n 2 $(SMOKE)

test: $(VENV)/.developing programs ## the whole suite (TESTS="tests/storage ...": some of it)
	@$(BIN)/python -m pytest -n 3 $(TESTS)

newcomer: ## make demo and make test in bare Debians, as root and not; the transcript in build/newcomer (as root; an hour)
	@sh tests/newcomer/newcomer.sh build/newcomer

ready: $(VENV)/.developing programs ## only install what test and check need (make -j2: packages of both kinds at once)

check: $(VENV)/.developing ## lint, format, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.developing ## put the code into its format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .

fuzz: $(VENV)/.developing ## look for files that break the decoding (SECONDS=120); they end up in build/fuzz
	@$(BIN)/python -m tests.fuzz.harness $(or $(SECONDS),120) build/fuzz

published: labelled $(VENV)/.developing ## the published recipe's table, made again from ../shared into build/published
	@$(BIN)/inboxray model train --head flatten --data $(SHARED)/xray --base-weights $(WEIGHTS) --out build/published
	@cat build/published/published.md

quantise: labelled $(VENV)/.developing ## the released network in fewer bits, judged on ../shared, into build/quantised
	@$(BIN)/python -m model.lab.quantisation.trial --data $(SHARED)/xray --out build/quantised


# The labelled pictures are no part of the project.
labelled:
	@for path in $(SHARED)/xray/manifest.csv $(WEIGHTS); do \
	    test -e $$path || { echo "$$path is missing: labelled pictures and ImageNet weights are needed;" \
	        "name the folder that holds them, as in: make published SHARED=FOLDER" >&2; exit 1; }; done

trainings: $(VENV)/.developing ## the tests of training with those that train many networks, by folds, seeds and views (minutes)
	@$(BIN)/python -m pytest -q -n 2 --full tests/model/lab/training

hostile: $(VENV)/.developing ## 20,000 damaged files, and bombs beside X-rays, through real daemons (half an hour)
	@rm -rf build/mutations build/bombs
	@$(BIN)/python -m tests.fuzz.daemon_soak 20000 build/mutations
	@$(BIN)/python -m tests.fuzz.bombs_beside 50 build/bombs

flood: $(VENV)/.developing ## 200 silent associations, slow senders and 5,000 damaged exchanges against the receiver (minutes)
	@$(BIN)/python -m tests.fuzz.flood 200 40 5000

bench: $(VENV)/.benching ## a naive daemon, inboxray, Orthanc and the machine's limit, in turn (PARTS=mix,latency: some of it; BASE=REVISION: beside an earlier one)
	@$(BIN)/python -m tests.bench --out build/bench $(if $(PARTS),--parts $(PARTS)) $(if $(BASE),--base $(BASE)) $(SIZES)

soak: $(VENV)/.developing programs ## every fault at its full size, and one table of it, in build/soak (under an hour)
	@$(BIN)/python -m tests.soak build/soak

peers: $(VENV)/.developing ## other programs beside us, file by file: DCMTK, GDCM, and what web viewers use (Node); skips what is missing
	@$(BIN)/python -m pytest -q -n 2 tests/model/test_peers.py
	@$(BIN)/python -m tests.peers build/peers

harm: labelled $(VENV)/.testing ## what headers that lie cost: decisions about 120 radiographs of ../shared, kind by kind
	@$(BIN)/python -m tests.measure.harm $(SHARED)/xray 120

cluster: $(VENV)/.developing programs ## two daemons and three workers, each a machine of its own, killed 60 times (as root; minutes)
	@$(BIN)/python -m tests.soak.cluster $(or $(FILES),5000) $(or $(KILLS),60)

backfill: $(VENV)/.testing programs ## an archive of 100,000 files on PostgreSQL, killed 10 times (FILES=, KILLS=; a quarter of an hour)
	@$(BIN)/python -m tests.soak.backfill $(or $(FILES),100000) $(or $(KILLS),10)

travel: $(VENV)/.developing programs ## 1,000 objects in and out while receiver, daemon, sender and Orthanc are killed 200 times (OBJECTS=, KILLS=)
	@$(BIN)/python -m tests.soak.travel $(or $(OBJECTS),1000) $(or $(KILLS),200)

returns: $(VENV)/.developing programs ## seconds from the C-STORE of a scan to its report in Orthanc, of 100 scans
	@$(BIN)/python -m tests.measure.there_and_back $(or $(SCANS),100)

million: $(VENV)/.testing programs ## a million rows: each question of the page beside a recorder, and exports (SIZE=, DATABASE=sqlite|postgres|URL; half an hour)
	@$(BIN)/python -m tests.measure.million build/million --size $(or $(SIZE),1000000) --database "$(DATABASE)"

tables: $(VENV)/.testing ## are exports whole in LibreOffice, pandas and DuckDB? (soffice, and a network for the last two)
	@test -x build/tables-venv/bin/python || $(BIN)/python -m venv build/tables-venv
	@build/tables-venv/bin/python -m pip install --quiet --disable-pip-version-check pandas duckdb openpyxl pyarrow
	@$(BIN)/python -m tests.measure.tables build/tables --python build/tables-venv/bin/python

objects: $(VENV)/.developing ## reports, captures and outlines of many headers and radiographs, judged by dciodvfy, in a table
	@$(BIN)/python -m tests.measure.objects

codecs: $(VENV)/.developing ## how long each codec takes for a radiograph
	@$(BIN)/python -m tests.measure.codecs 7

# backports-strenum 1.3 says that it is for Python below 3.11: pip believes it, uv does not look.
lock: $(VENV)/.developing ## pin anew what pyproject.toml asks for
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@{ sed -n '/^#/p' requirements.lock; echo 'backports-strenum<1.3' | \
	   $(BIN)/uv pip compile --quiet --upgrade --universal --all-extras --python-version 3.11 \
	       --constraint - --no-header --no-annotate pyproject.toml; } > requirements.lock.new
	@mv requirements.lock.new requirements.lock

wheels: $(VENV)/.developing ## is there a wheel of each pinned version, for every Python and kind of machine? asks the index
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/python -m tests.newcomer.wheels

documents: $(VENV)/.developing ## write anew what the documents take from the code
	@$(BIN)/python -m tests.docs.generated

clean: ## remove what was built here; ./spool stays
	rm -rf $(VENV) build dist demo-spool .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps, each made when its step has succeeded: a second call installs nothing, one that was interrupted goes on.
# They are worth nothing once the system's Python was replaced by another version.
STAMPS := $(addprefix $(VENV)/,.made .installed .testing .developing .benching)
$(if $(wildcard $(VENV)/.made),$(shell $(BIN)/python -c 'import pip' 2>/dev/null || rm -f $(STAMPS)))

$(VENV)/.made:
	@PYTHON='$(PYTHON)' sh environment.sh $(VENV)
	@touch -r $(VENV)/pyvenv.cfg $@

$(VENV)/.installed: EXTRAS = demo,postgres,page
$(VENV)/.installed: pyproject.toml requirements.lock $(VENV)/.made
	@echo "Installing into $(VENV), once (a minute or two) ..."
	$(install_extras)
	@touch $@

$(VENV)/.testing: EXTRAS = cluster,demo,postgres,page,pacs,tables,dev
$(VENV)/.testing: pyproject.toml requirements.lock $(VENV)/.made
	@echo "Installing into $(VENV) with what tests need, TensorFlow excepted, once (a minute or two) ..."
	$(install_extras)
	@touch $@ $(VENV)/.installed

$(VENV)/.developing: EXTRAS = cluster,demo,postgres,page,pacs,tables,train,dev
$(VENV)/.developing: pyproject.toml requirements.lock $(VENV)/.made
	@echo "Installing into $(VENV) with TensorFlow and the developers' tools, once (a few minutes) ..."
	$(install_extras)
	@touch $@ $(VENV)/.testing $(VENV)/.installed

# The naive daemon gets the decoders that pydicom recommends; inboxray does without.
$(VENV)/.benching: EXTRAS = bench
$(VENV)/.benching: $(VENV)/.developing
	$(install_extras)
	@touch $@

# Tests start a PostgreSQL and a browser of their own; without these programs they say so and skip.
programs: | $(VENV)/.made # which may take a package of the system's, too
	@sh tests/support/ensure_programs.sh
