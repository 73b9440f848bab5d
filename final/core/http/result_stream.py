"""Results of long work, told while it goes on: as a JSON array, or one a line for who asks so."""

from collections.abc import AsyncIterator, Sequence

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from pydantic_core import to_json

from final.core.errors import Responses

NDJSON = "application/x-ndjson"
LINES: Responses = {
    200: {
        "content": {NDJSON: {"schema": {"type": "string"}}},
        "description": "A result for each entry; one a line for `Accept: application/x-ndjson`.",
    }
}


async def stream_results(
    request: Request, groups: AsyncIterator[Sequence[BaseModel]]
) -> StreamingResponse:
    """Answer with results as they come; what goes wrong before the first ones is an error."""
    first: Sequence[BaseModel] = await anext(groups, [])
    as_lines = NDJSON in request.headers.get("Accept", "")
    return StreamingResponse(
        write_lines(first, groups) if as_lines else write_array(first, groups),
        media_type=NDJSON if as_lines else "application/json",
        headers={"Vary": "Accept", "X-Accel-Buffering": "no"},
    )


async def write_array(
    first: Sequence[BaseModel], rest: AsyncIterator[Sequence[BaseModel]]
) -> AsyncIterator[bytes]:
    """Write results as a JSON array, piece by piece."""
    yield b"[" + to_json(first)[1:-1]
    async for group in rest:
        yield b"," + to_json(group)[1:-1]
    yield b"]"


async def write_lines(
    first: Sequence[BaseModel], rest: AsyncIterator[Sequence[BaseModel]]
) -> AsyncIterator[bytes]:
    """Write results as lines of JSON, so that a client can read each as soon as it is there."""
    yield lines_of(first)
    async for group in rest:
        yield lines_of(group)


def lines_of(results: Sequence[BaseModel]) -> bytes:
    """Write each result in a line of its own."""
    return b"".join(to_json(result) + b"\n" for result in results)
