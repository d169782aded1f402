from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ingest.discover.files import discover_files, is_saved_page, missing_targets
from ingest.discover.url_map import read_url_map
from ingest.errors import UsageError
from ingest.model import Candidate, PageResult, Rejection


def found_paths(*targets: str) -> list[str]:
    return [f.path for f in discover_files(targets, {}) if isinstance(f, Candidate)]


def rejections(*targets: str) -> list[tuple[str, str]]:
    results = [f for f in discover_files(targets, {}) if isinstance(f, PageResult)]
    return [(r.candidate.path, r.result.reason) for r in results if isinstance(r.result, Rejection)]


@pytest.mark.parametrize(
    ("name", "taken"),
    [("a.html", True), ("a.HTM", True), ("a.txt.gz", True), ("a.html.GZ", True), ("a.gz", False), ("a.pdf", False), ("html", False)],
)
def test_saved_pages_are_known_by_their_suffix(name: str, taken: bool) -> None:
    assert is_saved_page(name) is taken


def test_a_folder_is_walked_in_order_and_other_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("b.html", "a.txt", "sub/c.htm.gz", "notes.pdf", ".hidden/x.html", "0/z.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [Path(p).relative_to(tmp_path).as_posix() for p in found_paths(str(tmp_path))] == ["a.txt", "b.html", "0/z.html", "sub/c.htm.gz"]


def test_targets_come_in_the_order_given(tmp_path: Path) -> None:
    first, second = tmp_path / "z.html", tmp_path / "a.html"
    first.write_text("x")
    second.write_text("x")
    assert found_paths(str(first), str(second)) == [str(first), str(second)]


def test_a_loop_of_links_is_reported_once_and_the_rest_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.html").write_text("x")
    (tmp_path / "sub" / "up").symlink_to(tmp_path, target_is_directory=True)
    assert [Path(p).name for p in found_paths(str(tmp_path))] == ["a.html", "b.html"]
    assert rejections(str(tmp_path)) == [(str(tmp_path / "sub" / "up"), "symlink_loop")]


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.html").write_text("x")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert found_paths(str(tmp_path / "inbox")) == [str(tmp_path / "inbox" / "link" / "a.html")]


def test_a_named_file_of_another_kind_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_text("x")
    assert rejections(str(tmp_path / "a.pdf")) == [(str(tmp_path / "a.pdf"), "unsupported_type")]


def test_a_folder_deeper_than_the_recursion_limit(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("a.html", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    assert len(found_paths(str(tmp_path))) == 1


def test_what_names_nothing_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "dangling.html").symlink_to(tmp_path / "gone")
    targets = [str(tmp_path / "gone.html"), str(tmp_path / "dangling.html"), str(tmp_path)]
    assert missing_targets(targets) == [str(tmp_path / "gone.html")]


def test_locations_are_file_uris_and_the_map_gives_urls(tmp_path: Path) -> None:
    page = tmp_path / "with space ä.html"
    page.write_text("x")
    table = tmp_path / "urls.jsonl"
    table.write_text(json.dumps({"path": page.name, "url": "https://news.example/a"}) + "\n\n", encoding="utf-8")
    [candidate] = list(discover_files([str(page)], read_url_map(table)))
    assert isinstance(candidate, Candidate)
    assert candidate.location == page.as_uri()
    assert candidate.url == "https://news.example/a"


@pytest.mark.parametrize("line", ["{", '{"path": "a"}', "[1]", '{"path": "a", "url": "ftp://x"}', '{"path": 1, "url": "https://x"}'])
def test_a_bad_line_of_the_url_map_is_named(tmp_path: Path, line: str) -> None:
    table = tmp_path / "urls.jsonl"
    table.write_text('{"path": "x", "url": "https://x"}\n' + line)
    with pytest.raises(UsageError, match="line 2"):
        read_url_map(table)
