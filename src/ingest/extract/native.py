"""The compiled walk over a page's tree (``src/native/``); None where the package was built without a compiler.

None also where selectolax's library does not export what it needs. Python then does the same, a few times as slow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["native_tree"]

native_tree: ModuleType | None
try:
    import ingest_tree as native_tree
except ImportError:
    native_tree = None
