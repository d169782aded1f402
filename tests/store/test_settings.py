from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import SettingError
from ingest.model import Limits
from ingest.settings import Settings, documented_settings


def test_nothing_set_is_the_defaults() -> None:
    settings = Settings.from_env({"PATH": "/bin", "INGEST_DATABASE_URL": ""})
    assert settings == Settings()
    assert settings.limits == Limits()


def test_values_get_their_types() -> None:
    found = Settings.from_env(
        {"INGEST_HOME": "~/x", "INGEST_JOBS": "3", "INGEST_MAX_EXTRACT_SECONDS": "0.5", "INGEST_MAX_PAGE_BYTES": "1_000"}
    )
    assert found.home == Path("~/x").expanduser()
    assert (found.jobs, found.limits.max_extract_seconds, found.limits.max_page_bytes) == (3, 0.5, 1000)


@pytest.mark.parametrize(
    ("name", "value"), [("INGEST_JOBS", "0"), ("INGEST_JOBS", "two"), ("INGEST_BATCH_SIZE", "-1"), ("INGEST_MAX_EXTRACT_SECONDS", "inf")]
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"{name} is '{value}'"):
        Settings.from_env({name: value})


def test_a_misspelt_name_gets_the_right_one() -> None:
    with pytest.raises(SettingError, match="did you mean INGEST_DATABASE_URL"):
        Settings.from_env({"INGEST_DATABSE_URL": "postgresql://x"})


def test_the_password_is_not_shown() -> None:
    assert "s3cret" not in repr(Settings(database_url="postgresql://u:s3cret@h/d"))


def test_every_setting_is_documented() -> None:
    assert all(name.startswith("INGEST_") and meaning for name, _, meaning in documented_settings())
