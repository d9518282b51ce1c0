.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
# rustup's usual place, for shells that don't read a profile
export PATH := $(PATH):$(HOME)/.cargo/bin

# The folder cargo builds into, if it was moved.
TARGET := $(or $(CARGO_TARGET_DIR),target)

# Random inputs for each property of make fuzz.
CASES ?= 20000

.PHONY: help demo test setup screenshots bench fuzz chaos model lint doc sbom clean-tools

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: ## set up, build, and show one approval from end to end (arguments: ARGS="...")
	@deploy/setup/setup.sh demo
	@. .tools/env && cargo build -p countersign && exec $(TARGET)/debug/countersign demo $(ARGS)

test: ## set up, then run every check and every test
	@deploy/setup/check.sh test

setup: ## bring all tools for demo and test, without building
	@deploy/setup/setup.sh test
	@echo 'Ready; for plain cargo test: . .tools/env'

screenshots: ## set up, then take the pictures of every page into docs/screenshots
	@deploy/setup/setup.sh test
	@. .tools/env && cargo build -p countersign && COUNTERSIGN_SCREENSHOTS=$(CURDIR)/docs/screenshots cargo test -p tests --test it every_page_is_for_everyone

bench: ## set up, then measure a release build (arguments: ARGS="...")
	@deploy/setup/setup.sh test
	@. .tools/env && cargo build --release -p countersign -p tests --bins && exec $(TARGET)/release/bench $(ARGS)

fuzz: ## give everything that reads foreign words random input, and count it (arguments: CASES=20000)
	@deploy/setup/setup.sh build
	@CASES=$(CASES) deploy/setup/check.sh fuzz

model: ## check every state of the approval protocol in large bounds; takes minutes
	@deploy/setup/setup.sh build
	@cargo run -p model

chaos: ## set up, then run it under faults, 5 minutes on each database (arguments: ARGS="...")
	@deploy/setup/setup.sh test
	@. .tools/env && cargo build -p countersign -p tests --bins && exec $(TARGET)/debug/chaos $(ARGS)

lint: ## formatting, clippy, documentation, scripts, dependencies
	@deploy/setup/check.sh lint

doc: ## build the API documentation in target/doc
	@deploy/setup/setup.sh build
	@RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

sbom: ## write what the program is made of into target/countersign.cdx.json (CycloneDX)
	@deploy/setup/setup.sh build
	@cargo install --quiet --locked --version 0.5.7 --root .tools cargo-cyclonedx
	@PATH=$(CURDIR)/.tools/bin:$$PATH deploy/setup/sbom.sh $(TARGET)/countersign.cdx.json

clean-tools: ## remove what set-up put into .tools
	rm -rf .tools
