"""The course in other languages: README.de.md beside a README, roadmap.de.toml beside the roadmap.

LINKHUB_LANG=de chooses one. What nobody has translated yet stays English.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

LANGUAGE = os.getenv("LINKHUB_LANG", "")


def translation_of(file: Path, language: str) -> Path:
    """Return where a file's translation is, or would be."""
    return file.with_suffix(f".{language}{file.suffix}")


def merge(content: dict[str, Any], translated: dict[str, Any]) -> dict[str, Any]:
    """Return nested tables, with those values replaced that the translation has."""
    both = {
        key: merge(content[key], value) if isinstance(value, dict) else value
        for key, value in translated.items()
    }
    return content | both


def read_toml(file: Path, language: str = LANGUAGE) -> dict[str, Any]:
    """Read a file of texts in a language."""
    content = tomllib.loads(file.read_text("utf-8"))
    translation = translation_of(file, language)
    if not language or not translation.exists():
        return content
    return merge(content, tomllib.loads(translation.read_text("utf-8")))
