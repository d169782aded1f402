"""The compiled parts of extraction (``src/native/``) where the package was built with them, None where Python does the same.

A page has thousands of nodes and hundreds of thousands of bytes: what is asked of each of them takes a few times as long in Python.
The results are the same, and tests hold both ways to that (``tests/extract/test_native.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["native_text", "native_tree"]

native_text: ModuleType | None
native_tree: ModuleType | None
try:
    import ingest_text as native_text
except ImportError:
    native_text = None
try:
    import ingest_tree as native_tree
except ImportError:  # also where selectolax's library does not export what it needs
    native_tree = None
