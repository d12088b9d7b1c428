# What the C tests and the fuzz targets are linked with, and how strictly it is compiled. Paths are from the root.
SOURCES := $(sort $(shell find dsp/src dsp/engine simulators/line_model -name '*.c' 2>/dev/null))
INCLUDES := -Idsp/include -Idsp/src -Idsp/engine -Isimulators/line_model -Idsp/tests
WARNINGS := -Wall -Wextra -Wconversion -Werror
# As dsp/build.py has it, but for -O1 -g: the sanitizers' reports need line numbers.
COMMON := -std=gnu11 -O1 -g -ffp-contract=off -fno-math-errno -fno-omit-frame-pointer -pthread $(INCLUDES)
LIBS := -pthread -lm
JOBS := $(shell nproc 2>/dev/null || echo 2)
# Every core, unless the caller's own --jobs rules.
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,--jobs=$(JOBS))
