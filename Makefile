# `make` alone lists all commands. Each step leaves a stamp file after it has succeeded. So an interrupted step is done again, and a
# finished step is not.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

served := .venv/.installed
exported := .venv/.installed-export
tested := .venv/.installed-dev
modules := extension/node_modules/.installed
charted := .venv-chart/.installed
ARGS ?=

.PHONY: help serve export test lint extension playground image lock sbom release replay bench fuzz findings clean

help: ## List these commands
	@echo 'Foretype completes what you type in the browser. Start with:'
	@echo
	@echo '    make serve        then open the address that it prints: a page to try Foretype'
	@echo '    make extension    then load extension/.output/chrome-mv3 in chrome://extensions'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'Options go into ARGS, as in: make serve ARGS="--port 9000". Settings are FORETYPE_* variables (docs/settings.md).'
	@echo 'To use another Python: make serve PYTHON=/path/to/python3'

serve: $(served) ## Install what the server needs, and start it (needs Python 3.11 or later)
	@exec .venv/bin/foretype serve $(ARGS)

export: $(exported) ## Install PyTorch and Optimum (0.9 GB on disk), to prepare models from a folder or the model hub

test: ## Check everything, in about 20 minutes on two cores, 40 on slow ones; installs what it needs
	@exec tools/test

lint: $(tested) ## Check style, types and imports of the Python code
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

extension: $(modules) ## Build the browser extension for Chromium and Firefox, as folders to load and as zip files
	cd extension && npm run zip && npm run zip:firefox
	@echo 'Chromium: open chrome://extensions, switch on "Developer mode", press "Load unpacked" and choose extension/.output/chrome-mv3'
	@echo 'Firefox: open about:debugging#/runtime/this-firefox, "Load Temporary Add-on…", choose extension/.output/firefox-mv3/manifest.json'

playground: $(modules) ## Build the page that the server shows at /, from the extension's sources
	cd extension && npm run build:playground

image: ## Build the server's container image with podman (BASE=image with Python, MODEL=model to put into it, RUNTIME=gpu, TAG=name)
	@BASE="$(BASE)" MODEL="$(MODEL)" RUNTIME="$(RUNTIME)" TAG="$(TAG)" tools/image

lock: $(tested) ## Pin the packages that pyproject.toml asks for (ARGS=--upgrade: their newest versions)
	@exec tools/lock $(ARGS)

sbom: $(tested) ## Write a software bill of materials of the server and of the extension to dist/
	@tools/need npm
	@exec tools/sbom

release: $(tested) $(modules) ## Make all that is published, in dist/: packages, texts and pictures for both stores (ARGS="--home ADDRESS")
	@tools/need chromium
	@exec tools/release $(ARGS)

replay: $(tested) ## Start a server, simulate a user who types real mail, and measure (ARGS=--help lists the options)
	@exec .venv/bin/python -m latency.replay --serve $(ARGS)

bench: $(tested) ## Measure everything against latency/budget.toml, in 15 minutes; writes docs/measured.md
	@exec .venv/bin/python -m latency.bench $(ARGS)

fuzz: $(tested) ## Send random frames to the server's parser for a minute (ARGS="--seconds 600": longer)
	@exec tools/fuzz $(ARGS)

findings: ## Show unexpected behaviour of other software, in three to five minutes (ARGS=memory-kept-by-glibc shows one)
	@exec findings/run-all $(ARGS)

clean: ## Delete everything that make has made, also prepared models
	rm -rf .venv dist models/build latency/out tests/out .venv-peers .venv-fuzz .venv-chart tests/deploy/kinds/node_modules extension/node_modules extension/.output extension/.wxt

$(served): requirements.lock requirements-pip.lock pyproject.toml
	@PYTHON="$(PYTHON)" tools/venv $@ requirements.lock

$(exported): $(served) requirements-export.lock requirements-cuda.lock
	@PYTHON="$(PYTHON)" tools/venv $@ requirements.lock requirements-export.lock

$(tested): $(served) requirements-export.lock requirements-cuda.lock requirements-dev.lock
	@PYTHON="$(PYTHON)" tools/venv $@ requirements.lock requirements-export.lock requirements-dev.lock

$(charted): $(tested) requirements-chart.lock tests/deploy/kinds/package-lock.json
	@tools/chart-tools $@

$(modules): extension/package-lock.json
	@tools/need npm
	cd extension && npm ci --no-audit --no-fund
	@touch $@
