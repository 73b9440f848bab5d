"""Settings: names, forms and what production refuses."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from final.core.config import Settings, key_weakness, load_settings
from tests.support.server import SECRET, make_settings


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("sqlite+aiosqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgres://u:p%40@h/d", "postgresql+asyncpg://u:p%40@h/d"),
        ("postgresql+asyncpg://u@h:5/d", "postgresql+asyncpg://u@h:5/d"),
        ("postgresql://h/d?sslmode=require", "postgresql+asyncpg://h/d?ssl=require"),
    ],
)
def test_database_urls_get_their_async_driver(given: str, used: str) -> None:
    assert make_settings(given).database_url == used


@pytest.mark.parametrize("url", ["mysql://h/d", "nonsense", "postgresql+psycopg2://h/d"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        make_settings(url)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("DATABASE_URL", "postgresql://h/d?channel_binding=require", "not known: channel_binding"),
        ("DATABASE_URL", "sqlite:///a.db?foo=1&bar=2", "not known: bar, foo"),
        ("DATABASE_URL", "sqlite:////no/such/folder/a.db", "not there: /no/such/folder"),
        ("DATABASE_URL", "sqlite:///no/such/folder/a.db", "not there: no/such/folder"),
        ("DATABASE_URL", "postgresql://u:hunter2@x:hunter2@h:port/d", "is not a database URL"),
        ("REDIS_URL", "http://localhost:6379", "REDIS_URL must look like redis://"),
        ("REDIS_URL", "redis://localhost:port", "REDIS_URL must look like redis://"),
        ("BASE_URL", "example.com", "BASE_URL must look like https://"),
        ("TRUSTED_PROXIES", "10.0.0.0/99", "TRUSTED_PROXIES"),
    ],
)
def test_what_would_fail_later_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=re.escape(problem)) as caught:
        load_settings()
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("JWT_ALGORITHM", "HS512", "jwt_algorithm", "HS512"),
        ("ALGORITHM", "HS384", "jwt_algorithm", "HS384"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "5", "access_token_expire_minutes", 5),
        ("REFRESH_TOKEN_EXPIRE_DAYS", "1", "refresh_token_expire_days", 1),
        ("CORS_ORIGINS", "http://a, http://b,", "cors_origins", ["http://a", "http://b"]),
        ("CORS_ORIGINS", "", "cors_origins", []),
        ("DATABASE_URL", "sqlite:///x.db", "database_url", "sqlite+aiosqlite:///x.db"),
        ("ENVIRONMENT", "test", "environment", "test"),
    ],
)
def test_the_environment_is_read(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, expected: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(), field) == expected


@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "JWT_SECRET"])
def test_the_key_has_two_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, SECRET)
    secret = load_settings().jwt_secret_key
    assert secret is not None
    assert secret.get_secret_value() == SECRET
    assert SECRET not in repr(load_settings())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"jwt_secret_key": None}, "JWT_SECRET_KEY is missing"),
        ({"jwt_secret_key": "hunter2"}, "JWT_SECRET_KEY is shorter than 32 bytes"),
        ({"jwt_secret_key": "a" * 64}, "looks like a placeholder"),
        ({"jwt_secret_key": "your-secret-key-here-change-in-production"}, "a placeholder"),
        ({"bcrypt_rounds": 4}, "BCRYPT_ROUNDS must be 10 or more"),
    ],
)
def test_production_refuses_what_is_weak(changes: dict[str, Any], reason: str) -> None:
    strong = {"environment": "production", "bcrypt_rounds": 12}
    make_settings("sqlite://", **strong)
    with pytest.raises(ValidationError, match=reason) as caught:
        make_settings("sqlite://", **strong | changes)
    assert str(changes.get("jwt_secret_key") or "-" * 99) not in str(
        caught.value.errors(include_input=False)
    )


def test_a_longer_hash_needs_a_longer_key() -> None:
    assert key_weakness(SECRET, "HS256") is None
    assert key_weakness(SECRET[:40], "HS384") == "is shorter than 48 bytes"


def test_defaults_need_no_file_and_no_service() -> None:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    assert settings.is_sqlite
    assert settings.redis_url is None
    assert settings.bcrypt_rounds == 12


def test_a_secret_may_be_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"JWT_SECRET": SECRET, "DATABASE_URL": "postgresql://u:p@h/d"}.items():
        (tmp_path / name).write_text(value + "\n")
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
    settings = Settings()
    assert settings.jwt_secret_key is not None
    assert settings.jwt_secret_key.get_secret_value() == SECRET
    assert settings.database_url == "postgresql+asyncpg://u:p@h/d"


def test_a_secret_that_cannot_be_read_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET_KEY_FILE", "/nowhere/secret")
    with pytest.raises(SystemExit, match=r"JWT_SECRET_KEY_FILE: .*nowhere"):
        Settings()
