"""One form for the number of a book, however it was typed."""

from typing import Annotated

from pydantic import AfterValidator, Field
from stdnum import isbn
from stdnum.exceptions import ValidationError
from stdnum.util import clean


def to_isbn13(value: str) -> str:
    """Return the 13 digits of a genuine ISBN-10 or ISBN-13, with or without hyphens."""
    if len(clean(value, " -").strip()) not in (10, 13):  # 9 digits would pass, as an SBN
        raise ValueError("is not a valid ISBN-10 or ISBN-13")
    if clean(value, " -").strip().startswith("9790"):
        raise ValueError("is an ISMN, the number of printed music")
    try:
        return isbn.validate(value, convert=True)
    except ValidationError:
        raise ValueError("is not a valid ISBN-10 or ISBN-13") from None


Isbn = Annotated[
    str,
    Field(
        max_length=32,
        description="ISBN-10 or ISBN-13, hyphens optional; kept as the 13 digits.",
        examples=["978-0-451-52493-5"],
    ),
    AfterValidator(to_isbn13),
]
