# Two commands: `make demo` and `make test`. Everything they do is in scripts/.

SHELL := /bin/bash
export PATH := $(HOME)/.cargo/bin:$(PATH)

.PHONY: help demo test

help:
	@echo "make demo    build brood and the demo application, serve it on 127.0.0.1:8080"
	@echo "make test    run every test"

demo:
	@scripts/install-deps.sh demo
	@scripts/demo

test:
	@scripts/install-deps.sh test
	@scripts/test
