from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

INGEST = Path(sys.executable).with_name("ingest")
FIELDS = {
    "path", "url", "canonical_url", "title", "subtitle", "authors", "publisher", "section", "published_at", "modified_at", "language",
    "summary", "topics", "image_url", "body", "blocks_dropped", "extractor_version", "seconds", "error",
}  # fmt: skip
SENTENCE = "The ministers met in the capital on Monday to discuss the treaty, and both sides said that talks would go on. "


def page(title: str) -> str:
    paragraphs = "".join(f"<p>{SENTENCE}It was their meeting number {i} of the year, and not the last.</p>" for i in range(4))
    return f"<!doctype html><html lang=en><title>{title}</title><body><article><h1>{title}</h1>{paragraphs}</article></body></html>"


def ingest(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([INGEST, *arguments], capture_output=True, text=True, check=False, cwd=cwd, env=os.environ | environment)


def records(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_field_is_in_every_record(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page("Treaty talks go on"))
    (tmp_path / "b.html").write_text("")
    done = ingest("extract", tmp_path, "--jsonl")
    good, bad = records(done)
    assert done.returncode == 0
    assert set(good) >= FIELDS
    assert set(bad) >= FIELDS
    assert good["title"] == "Treaty talks go on"
    assert good["language"] == "en"
    assert good["body"].count(SENTENCE.strip()) == 4
    assert good["error"] is None
    assert good["seconds"] > 0
    assert bad["error"]["reason"] == "empty"
    assert bad["body"] is None


def test_output_keeps_the_order_of_the_input_on_several_processes(tmp_path: Path) -> None:
    names = [f"{i:03}.html.gz" for i in range(120)]
    for name in names:
        (tmp_path / name).write_bytes(gzip.compress(page(f"Story number {name}").encode()))
    (tmp_path / "060.html.gz").write_bytes(b"not gzip")
    done = ingest("extract", tmp_path, "--jsonl", "--jobs", "2")
    assert [Path(r["path"]).name for r in records(done)] == names
    assert [r["error"]["reason"] for r in records(done) if r["error"]] == ["invalid_gzip"]


def test_the_first_line_is_out_before_the_last_file_is_there(tmp_path: Path) -> None:
    """Pages of 100 kB fill the pipe after the first line: the last page, cut meanwhile, is seen as it is by then."""
    long = "".join(f"<p>{SENTENCE} It was meeting number {n}.</p>" for n in range(1500))
    for i in range(8):
        (tmp_path / f"{i}.html").write_text(page(f"Story {i} of the day") + long)
    with subprocess.Popen([INGEST, "extract", tmp_path, "--jsonl", "--jobs", "1"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        (tmp_path / "7.html").write_text("")
        rest = process.stdout.read()
    assert json.loads(first)["title"] == "Story 0 of the day"
    assert json.loads(rest.splitlines()[-1])["error"]["reason"] == "empty"


def test_without_jsonl_the_article_is_text_for_reading(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page("Treaty talks go on"))
    assert ingest("extract", tmp_path).stdout.startswith("Treaty talks go on\n\n")


def test_urls_come_from_the_map(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page("Treaty talks go on"))
    (tmp_path / "urls.jsonl").write_text(json.dumps({"path": "a.html", "url": "https://news.example/2020/treaty"}))
    [record] = records(ingest("extract", "a.html", "--jsonl", "--url-map", "urls.jsonl", cwd=tmp_path))
    assert record["path"] == "a.html"
    assert record["url"] == "https://news.example/2020/treaty"


def test_exit_codes(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("")
    (tmp_path / "good.html").write_text(page("Treaty talks go on"))
    assert ingest("extract", tmp_path / "bad.html", "--jsonl").returncode == 1
    missing = ingest("extract", tmp_path / "gone.html", tmp_path / "good.html", "--jsonl")
    assert missing.returncode == 2
    assert "gone.html" in missing.stderr
    assert [r["title"] for r in records(missing)] == ["Treaty talks go on"]
    assert ingest("extract", "https://news.example/a").returncode == 2
    assert ingest("extract").returncode == 2


def test_a_url_is_refused_with_advice() -> None:
    done = ingest("extract", "https://news.example/a")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "`ingest run` fetch" in done.stderr


def test_a_bad_setting_is_one_sentence(tmp_path: Path) -> None:
    done = ingest("extract", tmp_path, INGEST_MAX_PAGE_BYTES="many")
    assert done.returncode == 2
    assert "INGEST_MAX_PAGE_BYTES" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    for i in range(50):
        (tmp_path / f"{i}.html").write_text(page(f"Story {i}"))
    with subprocess.Popen([INGEST, "extract", tmp_path, "--jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["error"] is None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
