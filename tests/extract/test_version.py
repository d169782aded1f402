"""`extractor_version` changes when results do: what the version of the day makes of the sample pages is on record.

Where this fails, results have changed: raise `EXTRACTOR_VERSION` unless it was raised since the last release, and record what
`python -m tests.extract.test_version` prints.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
import sys
from pathlib import Path

from ingest.extract import extract
from ingest.extract.version import EXTRACTOR_VERSION, version_with
from ingest.model import Candidate, MediaType, Page, PageResult, SourceRules
from ingest.report.record import as_record

HERE = Path(__file__).parent
RECORD = HERE / "version_digest.json"


def digest() -> str:
    """Of all records of the sample pages, their blocks and where their metadata came from."""
    total = hashlib.sha256()
    for file in sorted(HERE.glob("*/pages/*")):
        kind = {".html": MediaType.HTML, ".txt": MediaType.TEXT}.get(file.suffix)
        if kind is None:
            continue
        candidate = Candidate(f"file:///{file.name}", file.name, f"https://lantern.example/2024/05/03/{file.stem}")
        result = extract(Page(candidate, file.read_bytes(), kind, dt.datetime(2024, 5, 3, tzinfo=dt.UTC)))
        record = as_record(PageResult(candidate, result)) | {"extractor_version": None}
        total.update(json.dumps(record, sort_keys=True).encode())
        total.update(repr((getattr(result, "blocks", ()), getattr(result, "provenance", ()))).encode())
    return total.hexdigest()


def test_results_change_only_with_the_version() -> None:
    assert json.loads(RECORD.read_text()) == {"extractor_version": EXTRACTOR_VERSION, "sha256": digest()}


def test_another_process_comes_to_the_same() -> None:
    # Another seed for the hashes of texts: no result may hang on the order of a set.
    environment = {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONPATH": str(HERE.parents[1])}
    done = subprocess.run([sys.executable, "-m", "tests.extract.test_version"], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"extractor_version": EXTRACTOR_VERSION, "sha256": digest()}


def test_rules_are_part_of_the_version() -> None:
    assert version_with(SourceRules(fingerprint="abc")) == f"{EXTRACTOR_VERSION}+abc"
    assert version_with(SourceRules()) == EXTRACTOR_VERSION


if __name__ == "__main__":
    print(json.dumps({"extractor_version": EXTRACTOR_VERSION, "sha256": digest()}))  # noqa: T201
