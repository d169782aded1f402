from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ingest.settings import Settings
from ingest.store.engine import open_engine
from tests.store.cookbook import COOKBOOK, RECIPE, answer
from tests.store.demo import load_demo

RECIPES = [(found[1], found[2], found[3]) for found in RECIPE.finditer(COOKBOOK.read_text("utf-8"))]
DEMO = "cookbook"

pytestmark = pytest.mark.xdist_group("cookbook")


@pytest.fixture(scope="module")
def demo(server_url: str) -> Iterator[str]:
    import psycopg

    with psycopg.connect(server_url.replace("/news?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DEMO} TEMPLATE migrated")
        url = server_url.replace("/news?", f"/{DEMO}?")
        with open_engine(Settings(database_url=url)) as engine:
            load_demo(engine)
        yield url
        connection.execute(f"DROP DATABASE {DEMO} WITH (FORCE)")


def test_the_cookbook_answers_25_questions() -> None:
    document = COOKBOOK.read_text("utf-8")
    assert document.count("\n## ") - document.count("\n## Notes") >= 25
    assert len(RECIPES) >= 25


@pytest.mark.parametrize(("kind", "code", "output"), RECIPES, ids=[str(n) for n in range(1, len(RECIPES) + 1)])
def test_a_recipe_says_what_the_cookbook_says(demo: str, tmp_path: Path, kind: str, code: str, output: str) -> None:
    assert answer(kind, code, demo, tmp_path) == output, "after a change that is meant: python -m tests.store.cookbook"


def test_an_analyst_needs_no_more_than_the_role(engine: Engine) -> None:
    """Every question in SQL, asked as news_reader."""
    load_demo(engine)
    with engine.connect() as connection:
        connection.execute(text("SET ROLE news_reader"))
        for kind, code, _ in RECIPES:
            if kind == "sql":
                for statement in filter(None, map(str.strip, code.split(";\n"))):
                    connection.exec_driver_sql(statement.replace("%", "%%"))
        with pytest.raises(Exception, match="permission denied"):
            connection.exec_driver_sql("DELETE FROM news.article")
