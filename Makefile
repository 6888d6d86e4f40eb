# `make` alone says what there is. Each step leaves a stamp after it has succeeded, so what was interrupted is done again
# and what is done costs nothing.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

served := .venv/.installed
exported := .venv/.installed-export
traced := .venv/.installed-trace
tested := .venv/.installed-dev
modules := extension/node_modules/.installed
charted := .venv-chart/.installed
ARGS ?=

.PHONY: help serve export trace test lint extension playground image lock sbom release replay bench fuzz findings clean

help: ## What there is to make
	@echo 'Foretype completes what you type in the browser. Start with:'
	@echo
	@echo '    make serve        then open the address it prints: a page to try it on'
	@echo '    make extension    then load extension/.output/chrome-mv3 in chrome://extensions'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'Options go in ARGS, as in: make serve ARGS="--port 9000". Settings are FORETYPE_* variables (docs/settings.md).'
	@echo 'Another Python than the one that is found: make serve PYTHON=/path/to/python3'

serve: $(served) ## The server, with all it needs on a machine with Python 3.11 or later
	@exec .venv/bin/foretype serve $(ARGS)

export: $(exported) ## What preparing a model from a hub or a folder needs: PyTorch and Optimum, 0.9 GB on disk

trace: $(traced) ## What FORETYPE_TRACES needs: OpenTelemetry, 8 MB on disk

test: ## Everything that can be checked, in about 20 minutes on two cores, 40 on slow ones; installs what it needs
	@exec tools/test

lint: $(tested) ## Style, types and imports of the Python code
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

extension: $(modules) ## The browser extension for Chromium and Firefox, as folders to load and zips
	cd extension && npm run zip && npm run zip:firefox
	@echo 'Chromium: open chrome://extensions, switch on "Developer mode", press "Load unpacked" and choose extension/.output/chrome-mv3'
	@echo 'Firefox: open about:debugging#/runtime/this-firefox, "Load Temporary Add-on…", choose extension/.output/firefox-mv3/manifest.json'

playground: $(modules) ## The page that the server shows at /, built from the extension's sources into the package
	cd extension && npm run build:playground

image: ## The image of the server, with podman (BASE=image with Python, MODEL=name to put into it, RUNTIME=gpu, TAG=name)
	@BASE="$(BASE)" MODEL="$(MODEL)" RUNTIME="$(RUNTIME)" TAG="$(TAG)" tools/image

lock: $(tested) ## Pin what pyproject.toml asks for (ARGS=--upgrade: the newest of it)
	@exec tools/lock $(ARGS)

sbom: $(tested) ## A software bill of materials of the server and of the extension, in dist/
	@tools/need npm
	@exec tools/sbom

release: $(tested) $(modules) ## All that is published, in dist/: packages, texts and pictures for both stores (ARGS="--home ADDRESS")
	@tools/need chromium
	@exec tools/release $(ARGS)

replay: $(tested) ## Type real mail at a server of its own and measure (ARGS=--help says how)
	@exec .venv/bin/python -m latency.replay --serve $(ARGS)

bench: $(tested) ## Measure everything against latency/budget.toml, in 15 minutes; writes docs/measured.md
	@exec .venv/bin/python -m latency.bench $(ARGS)

fuzz: $(tested) ## Fuzz the server's frames for a minute (ARGS="--seconds 600": longer), outside of CI
	@exec tools/fuzz $(ARGS)

findings: ## Show surprises of other software, in three to five minutes (ARGS=memory-kept-by-glibc shows one)
	@exec findings/run-all $(ARGS)

clean: ## Take away everything that make has made, prepared models too
	rm -rf .venv dist models/build latency/out tests/out .venv-peers .venv-fuzz .venv-chart tests/deploy/kinds/node_modules extension/node_modules extension/.output extension/.wxt

$(served): requirements.lock requirements-pip.lock pyproject.toml
	@PYTHON="$(PYTHON)" tools/venv $@ requirements.lock

$(exported): $(served) requirements-export.lock requirements-cuda.lock
	@PYTHON="$(PYTHON)" tools/venv $@ requirements.lock requirements-export.lock

$(traced): $(served) requirements-trace.lock
	@PYTHON="$(PYTHON)" tools/venv $@ requirements.lock requirements-trace.lock

$(tested): $(served) requirements-export.lock requirements-cuda.lock requirements-dev.lock requirements-trace.lock
	@PYTHON="$(PYTHON)" tools/venv $@ requirements.lock requirements-export.lock requirements-trace.lock requirements-dev.lock

$(charted): $(tested) requirements-chart.lock tests/deploy/kinds/package-lock.json
	@tools/chart-tools $@

$(modules): extension/package-lock.json
	@tools/need npm
	cd extension && npm ci --no-audit --no-fund
	@touch $@
