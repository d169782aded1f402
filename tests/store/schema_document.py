"""docs/schema.md, made from a database of the newest revision: `python -m tests.store.schema_document > docs/schema.md`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from sqlalchemy import Connection, text

from ingest.settings import Settings
from ingest.store.embedded import Embedded
from ingest.store.engine import open_engine

_HEAD = """\
# The tables

Two schemas: `news` is what analysts query, `ops` what the pipeline needs. `news.article` is flat and always holds an article's current
version: the commonest question needs no join. [cookbook.md](cookbook.md) answers the usual questions; `\\d+ news.article` in
`ingest db psql` shows the comments of this page. The role `news_reader` may read everything and change nothing:
`GRANT news_reader TO ann`.

This page is made from the database by `python -m tests.store.schema_document`, and a test compares the two.
"""
_COLUMNS = text("""
SELECT n.nspname || '.' || c.relname AS name, c.relkind, obj_description(c.oid, 'pg_class') AS about, a.attname,
       format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, col_description(c.oid, a.attnum) AS comment
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname IN ('news', 'ops') AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND c.relname <> 'alembic_version'
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY n.nspname, c.relkind = 'v', c.relname, a.attnum
""")
_REFERENCES = text("""
SELECT n.nspname AS schema, c.relname AS child, p.relname AS parent, pn.nspname AS parent_schema, a.attname AS column
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
WHERE k.contype = 'f' AND n.nspname IN ('news', 'ops') AND k.conparentid = 0 ORDER BY 4, 3, 1, 2, 5
""")
_INDEXES = text("""
SELECT tablename, schemaname, indexname, regexp_replace(indexdef, '^.* USING ', '') AS definition
FROM pg_indexes WHERE schemaname IN ('news', 'ops') AND tablename <> 'alembic_version' ORDER BY 2, 1, 3
""")
_FUNCTIONS = text("""
SELECT n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name,
       pg_get_function_result(p.oid) AS result, obj_description(p.oid, 'pg_proc') AS about
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('news', 'ops') ORDER BY 1
""")
_SHORT = {"timestamp with time zone": "timestamptz", "double precision": "float8"}


def document(connection: Connection) -> str:
    """The page."""
    return "\n".join([_HEAD, *_diagram(connection), *_tables(connection), *_functions(connection)]).rstrip() + "\n"


def _diagram(connection: Connection) -> list[str]:
    rows = connection.execute(_REFERENCES)
    lines = [f'    "{r.parent_schema}.{r.parent}" ||--o{{ "{r.schema}.{r.child}" : {r.column}' for r in rows]
    return ["```mermaid", "erDiagram", *lines, "```", ""]


def _tables(connection: Connection) -> list[str]:
    lines: list[str] = []
    indexes: dict[str, list[str]] = {}
    for row in connection.execute(_INDEXES):
        indexes.setdefault(f"{row.schemaname}.{row.tablename}", []).append(f"`{row.indexname}` {row.definition}")
    current = ""
    for row in connection.execute(_COLUMNS):
        if row.name != current:
            if current in indexes:
                lines += ["", "Indexes: " + "; ".join(indexes[current]) + "."]
            current = row.name
            kind = " (view)" if row.relkind == "v" else ", a partition a month" if row.relkind == "p" else ""
            lines += ["", f"## `{row.name}`{kind}", "", row.about, "", "| column | type | |", "| --- | --- | --- |"]
        kind = _SHORT.get(row.type, row.type) + (" not null" if row.attnotnull else "")
        lines.append(f"| `{row.attname}` | {kind} | {row.comment} |")
    return lines[1:]


def _functions(connection: Connection) -> list[str]:
    rows = [f"| `{r.name}` | {r.result} | {r.about} |" for r in connection.execute(_FUNCTIONS)]
    return ["", "## Functions", "", "| function | gives | |", "| --- | --- | --- |", *rows]


def main() -> None:
    """Print the page of a fresh embedded database."""
    home = Path(tempfile.mkdtemp(prefix="news-"))
    embedded = Embedded(home)
    try:
        with embedded.using() as url, open_engine(Settings(home=home, database_url=url)) as engine, engine.connect() as connection:
            sys.stdout.write(document(connection))
    finally:
        embedded.stop(force=True)
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
