#!/bin/sh
# SPDX-License-Identifier: ISC
# gcc_analyzer.sh - gcc -fanalyzer finds nothing
. "$(dirname "$0")/lib.sh"
need gcc pkg-config
need_built config.h

# gcc 12 loses sight of what is stored in an array and calls it leaked. LeakSanitizer, which make check runs with
# in a build with sanitizers, does not err.
flags="$(compile_flags) -O2 -fanalyzer -Wno-analyzer-malloc-leak -Werror"
export flags
sources | each sh -c 'eval gcc "$flags" -c -o /dev/null "\$1"' analyzer
