"""What a product stores of people: how to read all of it, and how to erase it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.core.resources import Resources

# Write away what is personal. What stays for the sake of others has another owner from then on.
Erase = Callable[[AsyncSession, Resources, int, int], Awaitable[None]]


@dataclass(frozen=True)
class PersonalData:
    """One kind of records that a person has, under its name in their export.

    `select` makes the query for the records of a person; its column `id` is their number.
    """

    name: str
    select: Callable[[int], Select[Any]]
    erase: Erase | None = None  # nothing to do for what goes with the account by itself
