from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
INGEST = Path(sys.executable).with_name("ingest")
PAGE = ROOT / "docs" / "site-rules" / "page.html"
RULES = ROOT / "docs" / "site-rules" / "lantern.yaml"


def ingest(*arguments: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([INGEST, *arguments], capture_output=True, text=True, check=False, env=env or os.environ.copy())


def title(done: subprocess.CompletedProcess[str]) -> str | None:
    found: str | None = json.loads(done.stdout)["title"]
    return found


def test_mistakes_are_listed_and_end_the_check_with_1(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("body: div >\n")
    (tmp_path / "b.yaml").write_text("hosts: b.example\n")
    (tmp_path / "c.yml").write_text("titel: h1\n")
    done = ingest("rules", "check", tmp_path)
    assert done.returncode == 1
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [f"{tmp_path}/a.yaml:1", f"{tmp_path}/c.yml:1"]
    assert done.stdout == "3 rule files: 2 with a mistake\n"
    listed = json.loads(ingest("rules", "check", tmp_path, "--json").stdout)
    assert [len(listed["files"]), len(listed["mistakes"])] == [3, 2]


def test_right_rules_pass_the_check(tmp_path: Path) -> None:
    done = ingest("rules", "check", RULES)
    assert (done.returncode, done.stdout) == (0, "1 rule file: all right\n")
    assert ingest("rules", "check", tmp_path).returncode == 2


def test_a_mistake_ends_a_command_before_it_reads_a_page(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("hosts: a.example\ntime_zone: Mars\n")
    done = ingest("extract", PAGE, "--rules", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"ingest: {tmp_path}/a.yaml:2: `Mars` is not a time zone")


def test_the_option_goes_before_the_setting(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("title: div.c5\n")
    setting = os.environ | {"INGEST_RULES": str(tmp_path)}
    assert title(ingest("extract", PAGE, "--jsonl")) == "The Northmere Lantern"
    assert title(ingest("extract", PAGE, "--jsonl", env=setting)) == "Printed on the third of May 2024"
    assert title(ingest("extract", PAGE, "--jsonl", "--rules", RULES, env=setting)) == "Old basin opens after nine years"


def test_rules_reach_the_processes_that_extract(tmp_path: Path) -> None:
    for at in range(80):
        (tmp_path / f"{at:02}.html").write_text(PAGE.read_text("utf-8").replace("Tuesday", f"day {at}"), "utf-8")
    rules = ROOT / "docs" / "site-rules" / "lantern-function.yaml"
    done = ingest("extract", tmp_path, "--jsonl", "--jobs", "2", "--rules", rules)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 80
    assert {tuple(record["authors"]) for record in found} == {("Ada Brightwater", "Tomas Quill")}


def test_changed_rules_read_loaded_pages_again(tmp_path: Path, cli_env: dict[str, str]) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("hosts: lantern.example\nbody: div.c7\n")

    def run() -> dict[str, int]:
        total: dict[str, int] = json.loads(ingest("run", PAGE, "--rules", rules, "--json", env=cli_env).stdout)["total"]
        return {key: total[key] for key in ("new", "updated", "unchanged")}

    assert run() == {"new": 1, "updated": 0, "unchanged": 0}
    assert run() == {"new": 0, "updated": 0, "unchanged": 1}
    rules.write_text("hosts: lantern.example\nbody: div.c7\ndrop: div.c8\n")
    assert run() == {"new": 0, "updated": 1, "unchanged": 0}
    assert run() == {"new": 0, "updated": 0, "unchanged": 1}
    reasons = ingest("db", "psql", "-t", "-A", "-c", "SELECT reason FROM news.article_version ORDER BY version_no", env=cli_env).stdout
    assert reasons.split() == ["new", "reextract"]


def test_the_explanation_as_json_names_blocks_candidates_and_rules() -> None:
    explained = json.loads(ingest("explain", PAGE, "--rules", RULES, "--json").stdout)
    assert {"kind": "paragraph", "reason": "outside", "text": "Printed on the third of May 2024"} in explained["blocks"]
    assert {"key": "authors", "value": "div.c4 b", "matches": 2} in explained["rules"]
    [title] = [p for p in explained["provenance"] if p["field"] == "title"]
    assert (title["chosen_from"], title["candidates"][0]["value"]) == ("rule:title", "Old basin opens after nine years")
    assert explained["title"] == "Old basin opens after nine years"
