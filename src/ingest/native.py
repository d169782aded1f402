"""What is asked of every letter of a text, compiled (``src/native/``); None where the package was built without a compiler.

Python then does the same, a few times as slow: tests hold both ways to the same results (``tests/extract/test_native.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["native_text"]

native_text: ModuleType | None
try:
    import ingest_text as native_text
except ImportError:
    native_text = None
