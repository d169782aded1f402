# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, embedsignature=True
"""Reads lexbor's trees without a Python object for each of their nodes: what ``body/walk.py`` and ``tree.css`` do, several times as fast.

Compiled where a C compiler is at hand when the package is built; without it, the same is done in Python, with the same results
(``tests/extract/test_native.py``). Nodes are reached through functions that selectolax's library exports, by the address that
selectolax tells of a node; the one thing that is read past them, where a text's bytes lie, is tried first. Where a function is missing,
importing this module fails with ``ImportError``, and Python's way serves.
"""

include "lexbor.pxi"
include "folding.pxi"
include "walk.pxi"
include "elements.pxi"
