# Every target is a `kit` command or one tool; `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
ENV ?= local
QUICK := not terraform and not local_aws and not e2e and not browser and not contract and not programs and not exhaustive and not deploy
SLOW_FOLDERS := $(addprefix --ignore tests/,contract deploy e2e terraform)
SLOW := terraform or local_aws or e2e or browser or contract or programs or exhaustive
KIT := .venv/bin/python -m scripts.cli
export PYTHONPATH := $(CURDIR):$(CURDIR)/lambda_src
# What people give reaches a command as it was typed: through the environment, not through the text of a recipe, where a
# shell would read its quotes and make its dollars. ARGS= alone is meant as words of a command line.
export GIVEN_EMAIL = $(value EMAIL)
export GIVEN_ENV = $(value ENV)
export GIVEN_USERS = $(value USERS)
export GIVEN_ELEMENTS = $(value ELEMENTS)
export GIVEN_INTERACTIONS = $(value INTERACTIONS)
export GIVEN_SEED = $(value SEED)
export GIVEN_ONLY = $(value ONLY)
unexport EMAIL ENV USERS ELEMENTS INTERACTIONS SEED ONLY

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- set-up
.venv/.kit: scripts/requirements/kit.txt
	@echo "Setting up .venv (the kit's own Python packages) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) -V). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv && .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && touch $@

.venv/.test: scripts/requirements/test.txt .venv/.kit
	@echo "Adding the test tools to .venv ..."
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && touch $@

.venv-local/.ready: scripts/requirements/local_aws.txt
	@echo "Setting up .venv-local (the local AWS) ..."
	@$(PYTHON) -m venv .venv-local && .venv-local/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && touch $@

.venv-checkov/.ready: scripts/requirements/checkov.txt
	@echo "Setting up .venv-checkov (static checks of the Terraform files) ..."
	@$(PYTHON) -m venv .venv-checkov && .venv-checkov/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && touch $@

.venv/bin/kit: .venv/.kit
	@ln -sf ../../scripts/kit $@

.PHONY: environments setup lock
environments:
	@$(MAKE) --no-print-directory --silent -j2 .venv/bin/kit .venv-local/.ready

setup: environments .venv/.test ## Install everything that development and the tests need
	@$(PYTHON) scripts/find_chromium.py --install

lock: ## Lock the Python packages anew (needs uv)
	@cd scripts/requirements && for name in kit test local_aws lambda checkov; do \
	  uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.11 --upgrade $$name.in -o $$name.txt || exit 1; done

# ---------------------------------------------------------------- use it
.PHONY: demo local local-down
demo: environments ## The whole sample, five personalised mails: EMAIL= ENV= USERS= ELEMENTS= INTERACTIONS= SEED=
	@KIT_STARTED_BY=$$PPID $(KIT) demo --env "$$GIVEN_ENV" $${GIVEN_EMAIL:+--email "$$GIVEN_EMAIL"} $${GIVEN_USERS:+--users "$$GIVEN_USERS"} \
	  $${GIVEN_ELEMENTS:+--elements "$$GIVEN_ELEMENTS"} $${GIVEN_INTERACTIONS:+--interactions "$$GIVEN_INTERACTIONS"} $${GIVEN_SEED:+--seed "$$GIVEN_SEED"} $(ARGS)

local: environments ## The local AWS with the kit applied, in the background; writes build/local.env
	@KIT_STARTED_BY=$$PPID $(KIT) local $(ARGS)

local-down: environments ## Take down what `make local` started
	@$(KIT) local-down

# ---------------------------------------------------------------- prove it
.PHONY: test test-deploy test-pythons quick check checkov bench docs plan-examples
docs: setup ## Write the generated pages anew
	@.venv/bin/python -m scripts.command_docs
	@.venv/bin/python -m scripts.operations_page
	@.venv/bin/python -m scripts.module_readmes
	@.venv/bin/python -m scripts.plan_docs

plan-examples: setup ## Write docs/plan-review-examples anew, from real plans on a local AWS
	@.venv/bin/python -m tests.plan_review.real_plans
	@WRITE_PLAN_EXAMPLES=1 .venv/bin/python -m pytest -q tests/deploy/test_environments.py

test: setup ## The whole suite, with the real Terraform applied on the local AWS
	@.venv/bin/python -m pytest -n 2 -m "$(QUICK)" $(SLOW_FOLDERS) $(ARGS)
	@.venv/bin/python -m pytest -n 2 --dist loadfile -m "$(SLOW)" $(ARGS)

quick: setup ## The quick part of the suite (under a minute)
	@.venv/bin/python -m pytest -n 2 -m "$(QUICK)" $(SLOW_FOLDERS) $(ARGS)

test-deploy: setup ## Whole environments deployed, interrupted, destroyed on the local AWS (half an hour)
	@.venv/bin/python -m pytest -n 2 --dist loadfile -m deploy $(ARGS)

test-pythons: setup ## The zip's code with every newer Python that is installed here
	@.venv/bin/python -m scripts.newer_pythons

checkov: .venv-checkov/.ready ## Static checks of the Terraform files; exceptions and reasons: terraform/.checkov.yaml
	@.venv-checkov/bin/checkov --config-file terraform/.checkov.yaml

check: setup ## The whole gate: format, lint, types, Terraform format, checkov, then the suite
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@terraform fmt -check -recursive terraform
	@$(MAKE) --no-print-directory checkov
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory test-pythons
	@$(MAKE) --no-print-directory test-deploy

bench: setup ## Measure against the named peers: ONLY=name
	@$(KIT) bench $${GIVEN_ONLY:+--only "$$GIVEN_ONLY"} $(ARGS)

# ---------------------------------------------------------------- deploy it
.PHONY: doctor bootstrap plan deploy smoke-test destroy wire train preview plan-comment plan-gate drift-issue
doctor: .venv/bin/kit ## Check tools, credentials, region, SES and quotas: ENV=
	@$(KIT) doctor --env "$$GIVEN_ENV" $(ARGS)

bootstrap: .venv/bin/kit ## Make the bucket for Terraform's state, once per account: ENV=
	@$(KIT) bootstrap --env "$$GIVEN_ENV" $(ARGS)

smoke-test: environments ## Send one mail to SES's simulator and wait for its event: ENV=
	@$(KIT) smoke-test --env "$$GIVEN_ENV" $(ARGS)

plan: environments ## Plan and review it, for the terminal and a pull request: ENV=
	@$(KIT) plan --env "$$GIVEN_ENV" $(ARGS)

deploy: environments ## Package, plan, show, ask, apply exactly that plan, wire, smoke test: ENV=
	@$(KIT) deploy --env "$$GIVEN_ENV" $(ARGS)

destroy: environments ## Take an environment down, after asking for its name: ENV=
	@$(KIT) destroy --env "$$GIVEN_ENV" $(ARGS)

train: environments ## Bring Personalize to personalize/personalize.yaml: ENV= ARGS=--plan
	@$(KIT) train --env "$$GIVEN_ENV" $(ARGS)

wire: environments ## Connect recommender, transformer and templates: ENV=
	@$(KIT) wire --env "$$GIVEN_ENV" $(ARGS)

plan-comment: .venv/bin/kit ## Put the last plan's review on a pull request: ENV= PULL_REQUEST=
	@$(KIT) plan-comment --env "$$GIVEN_ENV"

plan-gate: .venv/bin/kit ## Fail where a second look is needed and the label is missing: ENV= LABELS=
	@$(KIT) plan-gate --env "$$GIVEN_ENV"

drift-issue: .venv/bin/kit ## Open, update or close the drift issue: ENV=
	@$(KIT) drift-issue --env "$$GIVEN_ENV"
