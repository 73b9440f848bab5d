"""The settings: from the environment, or from a file .env."""

import secrets
from pathlib import Path

from pydantic_settings import BaseSettings

from .models import UserCreate


class Settings(BaseSettings, env_file=".env", extra="ignore", env_nested_delimiter="_"):
    """Everything that differs between two installations."""

    database_url: str = "sqlite+aiosqlite:///posts.db"
    redis_url: str = "mem://"  # without Redis, in memory
    media_dir: Path = Path(__file__).with_name("media")
    jwt_secret_key: str = secrets.token_hex(32)
    bcrypt_rounds: int = 12
    cors_origins: str = ""
    write_rate_limit: str = "60/minute"
    admin: UserCreate | None = None  # from ADMIN_USERNAME, ADMIN_EMAIL and ADMIN_PASSWORD


settings = Settings()
