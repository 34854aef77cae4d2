# `make demo`, `make test`, `make otp-suites`, `make fuzz` and `make soak`. Everything they do is in scripts/.

SHELL := /bin/bash
export PATH := $(HOME)/.cargo/bin:$(PATH)

.PHONY: help demo test otp-suites fuzz soak

help:
	@echo "make demo          build brood and the demo application, serve it on 127.0.0.1:8080"
	@echo "make test          run every test"
	@echo "make otp-suites    run OTP's own test suites in instances, next to stock erl"
	@echo "make soak          a million instances in one run: nothing may fail, nothing may grow"
	@echo "make fuzz          feed random bytes to what reads bytes from outside, MINUTES of each kind"

demo:
	@scripts/install-deps.sh demo
	@scripts/demo

test:
	@scripts/install-deps.sh test
	@scripts/test

otp-suites:
	@scripts/install-deps.sh test
	@scripts/otp-suites

soak:
	@scripts/install-deps.sh test
	@scripts/soak

fuzz:
	@scripts/install-deps.sh test
	@scripts/fuzz
