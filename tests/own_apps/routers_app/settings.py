from functools import lru_cache

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    database_url: str = "sqlite+aiosqlite:///linkhub.db"
    jwt_secret_key: str = "only for development, please set another one"
    token_minutes: int = 60


@lru_cache
def get_settings() -> Settings:
    return Settings()
