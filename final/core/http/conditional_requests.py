"""ETag, If-Match and If-None-Match as RFC 9110 has them."""

import hashlib
import re
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel

from final.core.errors import PreconditionFailed

# One entity tag: perhaps weak, then an opaque text in quotes, which may contain commas.
ENTITY_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def entity_tag(view: BaseModel) -> str:
    """Return the strong tag of a representation: equal tags mean equal content."""
    return f'"{hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:32]}"'


class Preconditions:
    """What a request demands of the version it is about to read or to change."""

    def __init__(self, request: Request) -> None:
        """Read the two headers; each may come in several lines."""
        self.reads = request.method in ("GET", "HEAD")
        self.match = joined(request, "if-match")
        self.none_match = joined(request, "if-none-match")

    @property
    def present(self) -> bool:
        """Tell whether anything is demanded at all."""
        return self.match is not None or self.none_match is not None

    def check(self, tag: str) -> bool:
        """Tell whether the caller has this version already, or raise `PreconditionFailed`.

        The order is that of RFC 9110, section 13.2.2. If-Match compares strongly, so that a weak
        tag never matches; If-None-Match compares weakly.
        """
        if self.match is not None and not names(self.match, tag, weakly=False):
            raise PreconditionFailed
        known = self.none_match is not None and names(self.none_match, tag, weakly=True)
        if known and not self.reads:
            raise PreconditionFailed
        return known


def joined(request: Request, header: str) -> str | None:
    """Return all lines of a header as one list, or nothing when there is none."""
    lines = request.headers.getlist(header)
    return ", ".join(lines) if lines else None


def names(header: str, tag: str, *, weakly: bool) -> bool:
    """Tell whether a list of entity tags, or `*`, names this one."""
    if header.strip() == "*":
        return True
    return any(text == tag and (weakly or not weak) for weak, text in ENTITY_TAG.findall(header))


PreconditionsDep = Annotated[Preconditions, Depends()]
