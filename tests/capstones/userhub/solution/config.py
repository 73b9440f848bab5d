"""The settings: from the environment, or from a file .env beside the app."""

import secrets

from pydantic_settings import BaseSettings, SettingsConfigDict

from .schemas import UserRegister


class Settings(BaseSettings):
    """Everything that differs between two installations."""

    # ADMIN_EMAIL is the email of `admin`.
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_nested_delimiter="_")

    database_url: str = "sqlite+aiosqlite:///userhub.db"
    jwt_secret_key: str = secrets.token_hex(32)
    access_token_expire_minutes: int = 30
    refresh_token_expire_days: int = 7
    bcrypt_rounds: int = 12
    cors_origins: str = ""
    admin: UserRegister | None = None


settings = Settings()
