"""Exported articles as JSON lines, CSV or Parquet, written as they come."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import json
from typing import TYPE_CHECKING, Any, BinaryIO

from ingest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ROW_GROUP = 5_000  # rows that are held in memory for Parquet
_TYPES = {
    "int": {"article_id", "word_count", "version_no", "dup_of"},
    "texts": {"authors", "author_organisations", "topics"},
    "instant": {"published_at", "modified_at", "first_seen_at", "last_seen_at", "last_changed_at", "loaded_at"},
    "bool": {"date_suspect", "is_free"},
    "float": {"similarity"},
}


def write_jsonl(rows: Iterator[tuple[Any, ...]], columns: Sequence[str], out: BinaryIO) -> int:
    """One JSON object a line; how many."""
    count = 0
    for row in rows:
        record = dict(zip(columns, map(_plain, row), strict=True))
        out.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        count += 1
    return count


def write_csv(rows: Iterator[tuple[Any, ...]], columns: Sequence[str], out: BinaryIO) -> int:
    """RFC 4180 with a header; lists as JSON; how many rows."""
    text = io.TextIOWrapper(out, "utf-8", errors="replace", newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow([json.dumps(v, ensure_ascii=False) if isinstance(v, list) else _plain(v) for v in row])
        count += 1
    text.flush()
    text.detach()
    return count


def write_parquet(rows: Iterator[tuple[Any, ...]], columns: Sequence[str], out: BinaryIO) -> int:
    """Apache Parquet, compressed with Zstandard; how many rows.

    Raises:
        UsageError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UsageError("Parquet needs pyarrow: install news-ingest[export], or use --format jsonl.") from None
    arrow = {
        "int": pa.int64(),
        "texts": pa.list_(pa.string()),
        "instant": pa.timestamp("us", tz="UTC"),
        "bool": pa.bool_(),
        "float": pa.float32(),
    }
    kinds = {name: arrow[kind] for kind, names in _TYPES.items() for name in names}
    schema = pa.schema([(c, kinds.get(c, pa.string())) for c in columns])
    count = 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while chunk := list(itertools.islice(rows, _ROW_GROUP)):
            arrays = [pa.array(values, type=field.type) for values, field in zip(zip(*chunk, strict=True), schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(chunk)
    return count


WRITERS = {"jsonl": write_jsonl, "csv": write_csv, "parquet": write_parquet}


def _plain(value: Any) -> Any:  # noqa: ANN401  # whatever a column holds
    return value.isoformat() if isinstance(value, dt.datetime) else value
