#!/bin/sh
# SPDX-License-Identifier: ISC
# gcc_analyzer.sh - gcc -fanalyzer finds nothing
. "$(dirname "$0")/lib.sh"
need gcc pkg-config
need_build

flags=$(compile_flags)
export flags
sources | each sh -c 'eval gcc "$flags" -O2 -fanalyzer -Werror -c -o /dev/null "\$1"' analyzer
