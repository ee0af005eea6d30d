# Two commands matter: `make lab` opens the course, `make test` proves it.
# Both set up .venv first; without make, run the same lines yourself.
PYTHON ?= python3

lab test test-all test-lowest test-newest repeat bench faults parity notebooks site slides pdf kit:
	@$(PYTHON) tools/course.py $@

replicate:
	@$(PYTHON) tools/course.py $@ $(if $(MODEL),--model "$(MODEL)")

.PHONY: lab test test-all test-lowest test-newest repeat bench faults parity notebooks replicate site slides pdf kit
