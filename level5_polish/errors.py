"""How the API answers the requests that it refuses."""

from typing import Any

from fastapi import HTTPException, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel


async def answer_validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    """Answer 422 and name each mistake: its type, its place and a message.

    The input itself stays out of the answer: it may be a secret, or a value that JSON has no way
    to write, such as NaN.
    """
    detail = [{key: mistake[key] for key in ("type", "loc", "msg")} for mistake in error.errors()]
    return JSONResponse({"detail": detail}, status.HTTP_422_UNPROCESSABLE_CONTENT)


def unauthorized(detail: str) -> HTTPException:
    """Make a 401 answer, with the header by which HTTP asks for a token."""
    return HTTPException(status.HTTP_401_UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})


class ErrorMessage(BaseModel):
    """Why a request was refused."""

    detail: str


Responses = dict[int | str, dict[str, Any]]
RESPONSE_400: Responses = {400: {"model": ErrorMessage, "description": "The body cannot be read"}}
RESPONSE_401: Responses = {401: {"model": ErrorMessage, "description": "No valid credentials"}}
RESPONSE_403: Responses = {403: {"model": ErrorMessage, "description": "Somebody else's link"}}
RESPONSE_404: Responses = {404: {"model": ErrorMessage, "description": "No link has this id"}}
RESPONSE_409: Responses = {
    409: {"model": ErrorMessage, "description": "Username or email is taken"}
}
