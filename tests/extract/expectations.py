"""What holds for the result of every page, however damaged: shared by the property tests and the fuzzer."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator

from ingest.model import Article, Instant, Page, PageResult, Rejection, Stage
from ingest.report.record import as_json, as_record
from ingest.store.packing import pack


def expect_usable(page: Page, result: Article | Rejection) -> None:
    """The result can be stored in Postgres, written as JSON, and read by a person."""
    assert isinstance(result, Article | Rejection)
    for text in strings_in(result):
        text.encode()  # Postgres refuses what has no UTF-8 form
        assert "\0" not in text, "Postgres refuses NUL"
    if isinstance(result, Article):
        _expect_article(result)
    else:
        assert isinstance(result.stage, Stage)
        assert result.reason
        assert result.reason.replace("_", "").isalnum()
        assert result.message
    of_page = PageResult(page.candidate, result, page, 0.1)
    record = as_record(of_page)
    json.dumps(record, allow_nan=False)
    assert json.loads(as_json(of_page)) == record
    if packed := pack(of_page).packed_article:
        assert len(json.loads(packed.blocks)) == len(getattr(result, "blocks", ()))


def _expect_article(article: Article) -> None:
    assert article.body.strip()
    assert article.body == "\n\n".join(block.text for block in article.blocks if block.kept)
    assert all(block.text.strip() for block in article.blocks)
    for instant in (article.published, article.modified):
        if instant is not None:
            assert 1 <= instant.at.astimezone(dt.UTC).year <= 9999
    assert article.extractor_version


def strings_in(value: object) -> Iterator[str]:
    """Every text in a value of the model, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Instant):
        yield value.raw
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from strings_in(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from strings_in(item)
