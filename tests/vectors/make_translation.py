#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Write the vectors of stateless translation: what the RFCs say about packets through maps, made by scapy.

Usage: make_translation.py DIRECTORY

Every vector states both packets, the one that goes in and the one that must come out, each described on its own:
nothing here translates. The number in a name is that of the sentence in the design's list of thirty. README in the
directory describes the form of the files.
"""
import sys

sys.dont_write_bytecode = True

import vectors_of_errors
import vectors_of_fragments
import vectors_of_headers

for subject in (vectors_of_headers, vectors_of_fragments, vectors_of_errors):
    subject.write(sys.argv[1])
