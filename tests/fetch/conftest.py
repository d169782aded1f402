from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.server import Web


@pytest.fixture
def web() -> Iterator[Web]:
    """Three sites with three articles each."""
    with Web(3, 3) as running:
        yield running
