"""The pages that the links of letters lead to: forms without any script.

To look at one changes nothing, since programs that check letters for evil links do so, too.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from pydantic import ValidationError

from final.core.errors import AppError
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.core.problems import problems_in
from final.users.mail import service
from final.users.mail.letters import SUBJECTS, draw_page
from final.users.mail.schemas import EmailVerification, PasswordReset

router = APIRouter(prefix="/account", include_in_schema=False)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}
Text = Annotated[str, Form(max_length=1000)]
Token = Annotated[str, Query(max_length=200)]


def page(name: str, *, status: int = 200, token: str = "", message: str = "") -> Response:
    """Answer with a page, with a form on it as long as there is a token."""
    html = draw_page(name, subject=SUBJECTS[name], token=token, message=message)
    return Response(html, status, HEADERS, media_type="text/html")


@router.get("/reset-password")
async def show_reset_form(token: Token = "") -> Response:
    """Ask for another password."""
    return page("reset", token=token)


@router.post("/reset-password")
async def send_reset_form(
    session: SessionDep, resources: ResourcesDep, token: Text = "", new_password: Text = ""
) -> Response:
    """Set another password."""
    try:
        data = PasswordReset(token=token, new_password=new_password)
        await service.reset_password(session, resources.passwords, data)
    except ValidationError as error:
        problems = " ".join(f"{message}." for _, message in problems_in(error))
        return page("reset", status=422, token=token, message=problems)
    except AppError as error:
        again = token if error.status == 422 else ""
        return page("reset", status=error.status, token=again, message=error.message)
    return page("reset", message="Your password is changed. You may sign in with it now.")


@router.get("/verify-email")
async def show_verify_form(token: Token = "") -> Response:
    """Ask whether the address is the reader's."""
    return page("verify", token=token)


@router.post("/verify-email")
async def send_verify_form(session: SessionDep, token: Text = "") -> Response:
    """Note that the address is the reader's."""
    try:
        await service.verify_email(session, EmailVerification(token=token).token)
    except ValidationError:
        return page("verify", status=422, message="The link is not complete.")
    except AppError as error:
        return page("verify", status=error.status, message=error.message)
    return page("verify", message="Thank you. Your address is verified.")
