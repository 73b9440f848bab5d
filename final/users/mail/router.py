"""The routes of accounts by mail."""

from fastapi import APIRouter

from final.core.database.transaction import on_commit
from final.core.errors import (
    MailUnavailable,
    NotAuthenticated,
    TooManyAttempts,
    Unprocessable,
    responses,
)
from final.core.http.dependencies import ResourcesDep, SessionDep
from final.users.dependencies import AccountMailDep, CurrentUser
from final.users.errors import MailTokenRefused, PersonalPassword
from final.users.mail import service
from final.users.mail.schemas import EmailVerification, ForgotPassword, LetterSent, PasswordReset
from final.users.mail.tokens import issue_token

router = APIRouter(prefix="/api/auth", tags=["Auth"])


@router.post(
    "/forgot-password", status_code=202, responses=responses(Unprocessable, MailUnavailable)
)
async def forgot_password(mail: AccountMailDep, data: ForgotPassword) -> LetterSent:
    """Have the way to another password sent to an address; the answer never tells whose it is.

    An account gets five letters an hour at most.
    """
    await mail.forgot_password(data.email)
    return LetterSent(detail="If there is such an account, a letter is on its way.")


@router.post(
    "/reset-password",
    status_code=204,
    responses=responses(MailTokenRefused, Unprocessable, PersonalPassword),
)
async def reset_password(session: SessionDep, resources: ResourcesDep, data: PasswordReset) -> None:
    """Set another password by the token of a letter; all sessions of the account end."""
    await service.reset_password(session, resources.passwords, data)


@router.post(
    "/verify-email/request",
    status_code=202,
    responses=responses(NotAuthenticated, TooManyAttempts, MailUnavailable),
)
async def request_verification(
    session: SessionDep, user: CurrentUser, mail: AccountMailDep
) -> LetterSent:
    """Have a letter sent to one's own address that asks whether it is one's own."""
    if user.email_verified:
        return LetterSent(detail="The address is verified already.")
    mail.resources.mailer.ensure_available()
    token = await issue_token(session, user.id, "verify")
    on_commit(session, mail.resources.background.start, mail.post, "verify", user, token)
    return LetterSent(detail="A letter is on its way.")


@router.post("/verify-email", status_code=204, responses=responses(MailTokenRefused, Unprocessable))
async def verify_email(session: SessionDep, data: EmailVerification) -> None:
    """Say by the token of a letter that it has arrived."""
    await service.verify_email(session, data.token)
