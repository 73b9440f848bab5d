"""What may go wrong with accounts in particular."""

from final.core.errors import AppError, Conflict, NotFound, PermissionDenied, Unprocessable


class UserNotFound(NotFound):
    """No such account, or none the caller may see."""

    detail = "User not found"
    description = "There is no such user."


class UsernameTaken(Conflict):
    """Somebody has this name, in some spelling."""

    detail = "This username is already taken"
    description = "The username is taken, ignoring case."


class EmailTaken(Conflict):
    """Somebody has this address, in some spelling."""

    detail = "This email is already registered"
    description = "The e-mail address is registered, ignoring case."


class LastAdmin(Conflict):
    """Nobody would be left to manage the rest."""

    detail = "The last active administrator must stay one"
    description = "It would leave no active administrator."


class AdminsOnly(PermissionDenied):
    """Something only administrators may do."""

    detail = "Administrators only"
    description = "Only administrators may do this."


class NotYourAccount(PermissionDenied):
    """Somebody else's account."""

    detail = "You may only change your own account"
    description = "It is somebody else's account."


class AccessTokenNotFound(NotFound):
    """No such token, or somebody else's."""

    detail = "Access token not found"
    description = "There is no such access token of the caller's."


class SessionNeeded(PermissionDenied):
    """A token for scripts, where somebody has to have signed in."""

    detail = "Sign in to manage access tokens"
    description = "The caller used a personal access token, which cannot manage any."


class EmailNotVerified(PermissionDenied):
    """The right password, but the address is still to be verified."""

    detail = "Verify your e-mail address first; a letter is on its way"
    description = "The e-mail address has to be verified first."


class MailTokenRefused(AppError):
    """Unknown, used, expired or overtaken by another password: no difference is made."""

    status = 400
    detail = "This link is not valid or no longer valid"
    description = "The token is unknown, used, expired or older than the present password."


class WrongPassword(PermissionDenied):
    """The present password was asked for, and this is not it."""

    detail = "The current password is wrong"
    description = "The current password is wrong."


class PersonalPassword(Unprocessable):
    """A password that is the account's own name."""

    detail = "The password must not be the user name or e-mail address"
    description = "The password is the account's own user name or e-mail address."
