"""Files that come with a request, received only from those who may send them.

FastAPI reads a body before it asks who is there. Where large files are welcome, that would let
anybody fill the disk; here the form is read once the route's other questions are answered.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, BinaryIO

from starlette.datastructures import UploadFile
from starlette.requests import Request

from final.core.http.validation import missing_fields

FIELD = "file"


def upload_form(description: str) -> dict[str, Any]:
    """Describe a form with one file, as `openapi_extra`."""
    file = {"type": "string", "format": "binary", "description": description}
    schema = {"type": "object", "required": [FIELD], "properties": {FIELD: file}}
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


@asynccontextmanager
async def received_file(request: Request) -> AsyncIterator[BinaryIO]:
    """Receive the file of a form; a large one is on the disk, not in memory."""
    async with request.form(max_files=1, max_fields=10) as form:
        upload = form.get(FIELD)
        if not isinstance(upload, UploadFile):
            raise missing_fields(FIELD)
        yield upload.file
