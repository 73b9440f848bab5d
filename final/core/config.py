"""Settings: read once from the environment and `.env`, checked before anything starts."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from limits import RateLimitItem
from limits import parse as parse_rate
from pydantic import (
    AliasChoices,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import make_url

from final.core.database.url import use_async_driver
from final.core.problems import problems_in

PACKAGE = Path(__file__).parent.parent
# RFC 7518 section 3.2: a key at least as long as the hash it feeds.
KEY_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
PLACEHOLDERS = ("change", "secret-key", "your-", "example", "placeholder")


class Environment(StrEnum):
    """Where the app runs; production refuses what development allows."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class FileSettings(EnvSettingsSource):
    """Settings whose value is in a file: `JWT_SECRET_KEY_FILE=/run/secrets/jwt`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return what the file holds that `NAME_FILE` names, without the line break at its end."""
        for key, name, is_complex in self._extract_field_info(field, field_name):
            if path := os.environ.get(f"{name.upper()}_FILE"):
                return read_secret(name.upper(), Path(path)), key, is_complex
        return None, field_name, False


def read_secret(name: str, path: Path) -> str:
    """Return the text of a file, or leave with one line that names it."""
    try:
        return path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"linkhub: refusing to start: {name}_FILE: {error}") from None


class Settings(BaseSettings):
    """Everything that may differ between two installations."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    environment: Environment = Environment.DEVELOPMENT
    database_url: str = f"sqlite+aiosqlite:///{PACKAGE / 'linkhub.db'}"
    database_pool_size: int = Field(default=10, ge=1, le=200)
    slow_query_seconds: float = Field(default=1, gt=0)
    database_statement_timeout: int = Field(default=10, ge=1, le=3600)
    redis_url: str | None = None
    response_cache: bool = True
    acceleration: bool = True
    base_url: str = "http://localhost:8000"
    media_dir: Path = PACKAGE / "media"

    s3_bucket: str | None = None
    s3_endpoint: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key_id: str | None = None
    s3_secret_access_key: SecretStr | None = None

    jwt_secret_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("JWT_SECRET_KEY", "JWT_SECRET")
    )
    jwt_secret_key_previous: Annotated[list[SecretStr], NoDecode] = []
    jwt_algorithm: Literal["HS256", "HS384", "HS512"] = Field(
        default="HS256", validation_alias=AliasChoices("JWT_ALGORITHM", "ALGORITHM")
    )
    jwt_key_file: Path = PACKAGE / ".jwt-key"
    access_token_expire_minutes: int = Field(default=30, ge=1)
    refresh_token_expire_days: int = Field(default=7, ge=1)
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
    login_attempts: int = Field(default=10, ge=1)
    login_window_seconds: int = Field(default=300, ge=1)
    write_rate_limit: str = "120/minute"

    smtp_host: str | None = None
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    mail_from: str = "LinkHub <linkhub@localhost>"
    mail_outbox: Path | None = PACKAGE / "outbox"
    require_verified_email: bool = False

    cors_origins: Annotated[list[str], NoDecode] = []
    trusted_proxies: Annotated[list[IPvAnyNetwork], NoDecode] = []
    read_only: bool = False
    drain_seconds: int = Field(default=0, ge=0, le=60)
    max_body_bytes: int = Field(default=1024 * 1024, ge=1024)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "console"] = "auto"

    @field_validator("cors_origins", "trusted_proxies", "jwt_secret_key_previous", mode="before")
    @classmethod
    def split_commas(cls, value: object) -> object:
        """Read `a, b` as two entries: that is how lists are written in an environment."""
        if not isinstance(value, str):
            return value
        return [entry.strip() for entry in value.split(",") if entry.strip()]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read `NAME_FILE` where `NAME` is not set: secrets come as files to containers."""
        return init_settings, env_settings, dotenv_settings, FileSettings(settings_cls)

    @field_validator("base_url", "s3_endpoint")
    @classmethod
    def be_an_address(cls, value: str | None) -> str | None:
        """Accept what other addresses can begin with, without a final slash."""
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError("must look like https://example.com")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def check_database_url(cls, value: str) -> str:
        """Accept the URLs that hosts hand out and give them the driver this app speaks."""
        return use_async_driver(value)

    @field_validator("redis_url")
    @classmethod
    def check_redis_url(cls, value: str | None) -> str | None:
        """Refuse what the client would only stumble over when it connects."""
        if value is not None:
            from redis.asyncio.connection import parse_url  # only where Redis is used

            try:
                parse_url(value)
            except ValueError:
                raise ValueError("must look like redis://host:6379/0") from None
        return value

    @field_validator("write_rate_limit")
    @classmethod
    def read_rate(cls, value: str) -> str:
        """Refuse a rate that cannot be read; 0 is none."""
        if value.strip() in ("", "0"):
            return ""
        try:
            parse_rate(value)
        except ValueError:
            raise ValueError("is not a rate such as 120/minute") from None
        return value

    @model_validator(mode="after")
    def check_production(self) -> Self:
        """Stop a production start that would sign tokens with a guessable key."""
        if not self.is_production:
            return self
        key = self.jwt_secret_key.get_secret_value() if self.jwt_secret_key else ""
        if weakness := key_weakness(key, self.jwt_algorithm):
            raise ValueError(f"JWT_SECRET_KEY {weakness}")
        if self.bcrypt_rounds < 10:
            raise ValueError("BCRYPT_ROUNDS must be 10 or more in production")
        if self.require_verified_email and not self.smtp_host:
            raise ValueError("REQUIRE_VERIFIED_EMAIL needs an SMTP_HOST")
        return self

    @property
    def is_production(self) -> bool:
        """Tell whether convenience gives way to caution."""
        return self.environment is Environment.PRODUCTION

    @property
    def write_limit(self) -> RateLimitItem | None:
        """Return how often somebody may write, if that is limited at all."""
        return parse_rate(self.write_rate_limit) if self.write_rate_limit else None

    @property
    def sqlite_file(self) -> Path | None:
        """Return where the database is, if it is a file."""
        name = make_url(self.database_url).database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    @property
    def is_sqlite(self) -> bool:
        """Tell which of the two databases is meant."""
        return self.database_url.startswith("sqlite")


def key_weakness(key: str, algorithm: str) -> str | None:
    """Say what is wrong with a signing key, or nothing."""
    if not key:
        return "is missing"
    if len(key.encode()) < KEY_BYTES[algorithm]:
        return f"is shorter than {KEY_BYTES[algorithm]} bytes"
    if len(set(key)) < 10 or any(word in key.lower() for word in PLACEHOLDERS):
        return "looks like a placeholder; make one with `openssl rand -hex 32`"
    return None


def load_settings() -> Settings:
    """Read the settings, or leave with one line that names what to fix."""
    try:
        return Settings()
    except ValidationError as error:
        named = [f"{name.upper()} {message}".strip() for name, message in problems_in(error)]
        raise SystemExit(f"linkhub: refusing to start: {'; '.join(named)}") from None
