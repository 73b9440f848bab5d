"""The settings: from the environment, or from a file .env."""

import secrets
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that differs between two installations."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    database_url: str = "sqlite+aiosqlite:///posts.db"
    redis_url: str = ""
    media_dir: Path = Path(__file__).with_name("media")
    jwt_secret_key: str = secrets.token_hex(32)
    bcrypt_rounds: int = 12
    cors_origins: str = ""
    write_rate_limit: str = "60/minute"
    admin_username: str = ""
    admin_email: str = ""
    admin_password: str = ""


settings = Settings()
