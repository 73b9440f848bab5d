"""The vocabulary of refusals: what each one answers, says and documents."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Responses: TypeAlias = dict[int | str, dict[str, Any]]


class AppError(Exception):
    """A refusal that knows its HTTP answer; services raise it, one handler renders it."""

    status: ClassVar[int]
    detail: ClassVar[str]
    description: ClassVar[str]
    headers: Mapping[str, str] | None = None

    def __init__(self, detail: str | None = None) -> None:
        """Take a more exact message than the usual one of the class."""
        self.message = detail or self.detail
        super().__init__(self.message)


class MalformedBody(AppError):
    """A body that is not what its `Content-Type` says."""

    status = 400
    detail = "There was an error parsing the body"
    description = "The body is not what its `Content-Type` says."


class NotAuthenticated(AppError):
    """No token, or one that no longer means anything."""

    status = 401
    detail = "Could not validate credentials"
    description = "No valid access token came with the request."
    headers: Mapping[str, str] | None = {"WWW-Authenticate": "Bearer"}


class WrongCredentials(NotAuthenticated):
    """A sign-in that failed, without saying which half was wrong."""

    detail = "Incorrect username or password"
    description = "Unknown account, wrong password or deactivated account: the answer is the same."


class RefreshRefused(NotAuthenticated):
    """A refresh token that is expired, used before or not ours."""

    detail = "The refresh token is not valid"
    description = "The refresh token is expired, revoked or was used before."


class GrantRefused(RefreshRefused):
    """The same, as OAuth2 wants it answered."""

    status = 400
    headers: Mapping[str, str] | None = None


class PermissionDenied(AppError):
    """Signed in, but not entitled to this."""

    status = 403
    detail = "You may not do this"
    description = "The account lacks the permission."


class NotFound(AppError):
    """Nothing there, or nothing the caller may know of."""

    status = 404
    detail = "Not found"
    description = "There is no such thing."


class Conflict(AppError):
    """The request contradicts what is stored."""

    status = 409
    detail = "This conflicts with existing data"
    description = "The request conflicts with existing data."


class PreconditionFailed(AppError):
    """The caller acts on a version that is no longer the current one."""

    status = 412
    detail = "The resource has changed since it was read"
    description = "`If-Match` does not name the current version, or `If-None-Match` does."


class BodyTooLarge(AppError):
    """More than anybody needs to send."""

    status = 413
    detail = "Content Too Large"
    description = "The body is too large."


class Unprocessable(AppError):
    """A well-formed value that a rule refuses."""

    status = 422
    detail = "The value is not acceptable"
    description = "The input breaks a rule; `detail` lists where and why."


class TooManyAttempts(AppError):
    """Try again later."""

    status = 429
    detail = "Too many attempts, try again later"
    description = "Too many attempts; `Retry-After` says how many seconds to wait."

    def __init__(self, retry_after: int) -> None:
        """Tell the client how long to wait."""
        super().__init__()
        self.headers = {"Retry-After": str(retry_after)}


class Unavailable(AppError):
    """Something this app depends on is away."""

    status = 503
    detail = "The service is temporarily unavailable"
    description = "The database cannot be reached."
    headers: Mapping[str, str] | None = {"Retry-After": "1"}


class MailUnavailable(Unavailable):
    """There is no way out for letters."""

    detail = "No mail can be sent: this installation has no mail server (SMTP_HOST)"
    description = "The installation has no mail server, or it is the database that is away."
    headers: Mapping[str, str] | None = None


class StorageUnavailable(Unavailable):
    """The place for files is away."""

    detail = "Files cannot be reached at the moment"
    description = "The database or the place for files cannot be reached."


class ReadOnly(Unavailable):
    """Somebody is at work on the database."""

    detail = "Nothing can be changed at the moment: the service is read-only for maintenance"
    description = "The service is read-only for maintenance."
    headers: Mapping[str, str] | None = {"Retry-After": "60"}


class ErrorMessage(BaseModel):
    """What every refusal looks like."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"detail": "Not found"}]})

    detail: str = Field(description="What went wrong, for a person to read.")


class InvalidField(BaseModel):
    """One thing wrong with the input; the input itself is never repeated."""

    type: str = Field(description="Machine-readable kind of the problem.", examples=["missing"])
    loc: list[str | int] = Field(description="Where it is.", examples=[["body", "username"]])
    msg: str = Field(description="What is wrong.", examples=["Field required"])


class InvalidInput(BaseModel):
    """Everything wrong with the input."""

    detail: list[InvalidField] = Field(description="One entry for each thing that is wrong.")


def responses(*errors: type[AppError]) -> Responses:
    """Document the refusals a route may answer with, as FastAPI's `responses=`."""
    documented: Responses = {}
    for error in errors:
        if error.status not in documented:
            documented[error.status] = describe_refusal(error)
            continue
        answer = documented[error.status]
        answer["description"] += " " + error.description
        if error.status == Unprocessable.status:  # a list of problems, or one in words
            answer["model"] = InvalidInput | ErrorMessage
    return documented


def describe_refusal(error: type[AppError]) -> dict[str, Any]:
    """Document one refusal: what it looks like, with an example where it is in words."""
    if error is Unprocessable:
        return {"model": InvalidInput, "description": error.description}
    content = {"application/json": {"example": {"detail": error.detail}}}
    return {"model": ErrorMessage, "description": error.description, "content": content}
