"""docs/cookbook.md: its questions run on the demo database, and their outputs are written into it.

    python -m tests.store.cookbook

A block of SQL, Python or shell is followed by a block of text, its output. `current_date` and `now()` are the demo's today.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ingest.settings import Settings
from ingest.store.embedded import Embedded
from ingest.store.engine import libpq_url, open_engine
from ingest.store.programs import binaries
from tests.store.demo import WRITTEN, demo_today, load_demo

COOKBOOK = Path(__file__).parents[2] / "docs" / "cookbook.md"
RECIPE = re.compile(r"^```(sql|python|sh)\n(.*?)^```\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DATE = re.compile(r"\b(20\d\d-\d\d-\d\d)\b")


def answer(kind: str, code: str, url: str, folder: Path) -> str:
    """What a recipe prints, its dates moved to those of the cookbook."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "INGEST_", "DATABASE_URL"))} | {
        "INGEST_DATABASE_URL": url,
        "INGEST_HOME": str(folder),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PGTZ": "UTC",
        "TZ": "UTC",
        "PAGER": "",
    }
    moved = _moved(code, demo_today() - WRITTEN)
    if kind == "sql":
        command = [str(binaries() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", libpq_url(url), "-c", _today(moved)]
    else:
        command = [sys.executable, "-c", moved] if kind == "python" else ["sh", "-ec", moved]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)
    if done.returncode:
        raise AssertionError(f"{code}\n{done.stderr}")
    lines = [line.rstrip() for line in _moved(done.stdout, WRITTEN - demo_today()).splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def _moved(text: str, by: dt.timedelta) -> str:
    return _DATE.sub(lambda found: (dt.date.fromisoformat(found[1]) + by).isoformat(), text)


def _today(sql: str) -> str:
    today = demo_today().isoformat()
    return sql.replace("current_date", f"date '{today}'").replace("now()", f"timestamptz '{today} 12:00+00'")


def main() -> None:
    """Write the outputs into the document."""
    home = Path(tempfile.mkdtemp(prefix="news-"))
    embedded = Embedded(home)
    try:
        with embedded.using() as url, open_engine(Settings(home=home, database_url=url)) as engine:
            load_demo(engine)
            work = home / "work"
            work.mkdir()
            text = COOKBOOK.read_text("utf-8")
            filled = RECIPE.sub(lambda r: f"```{r[1]}\n{r[2]}```\n\n```text\n{answer(r[1], r[2], url, work)}```", text)
            COOKBOOK.write_text(filled, "utf-8")
    finally:
        embedded.stop(force=True)
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
