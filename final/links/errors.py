"""What may go wrong with links in particular."""

from collections.abc import Mapping

from final.core.errors import AppError, Conflict, NotFound, PermissionDenied, Unprocessable


class LinkNotFound(NotFound):
    """No such link, or not in the caller's list where only that counts."""

    detail = "Link not found"
    description = "There is no such link."


class NotYourLink(PermissionDenied):
    """A link that is not in the caller's list."""

    detail = "This link is not in your list"
    description = "The link is not in the caller's list."


class TagNotFound(NotFound):
    """No link of the caller's list bears it."""

    detail = "Tag not found"
    description = "No link of the caller's list bears this tag."


class AlreadySaved(Conflict):
    """The same URL again."""

    detail = "You already have a link for this URL."
    description = "The caller already has a link for this URL."


class AliasTaken(Conflict):
    """Somebody has this alias, or a short code reads like it."""

    detail = "This alias is already taken"
    description = "The alias is taken, ignoring case."


class LinkShared(Conflict):
    """A change that would reach into other people's lists."""

    detail = "Other people have this link too; its target, alias and limits cannot change"
    description = "Other people have the link too: its target, alias and limits cannot change."


class AliasTooShort(Unprocessable):
    """One of the few aliases of one or two characters."""

    detail = "An alias has at least 3 characters; shorter ones are for administrators"
    description = "Only administrators may take an alias of one or two characters."


class AliasReserved(Unprocessable):
    """A word that the service needs for itself."""

    detail = "This alias is reserved"
    description = "The alias is a word that the service uses itself."


class OwnAddress(Unprocessable):
    """A short link to a short link would go round in circles."""

    detail = "The URL points at this service itself"
    description = "The URL points at this service itself."


class NoBookmarkFile(Unprocessable):
    """A table, a picture, a web page: anything else than a bookmark file."""

    detail = "This is no bookmark file: export one from a browser or bookmark service, as HTML"
    description = "The file is no bookmark file (HTML, as browsers and bookmark services write it)."


class LinkGone(AppError):
    """It was there, and its time or its clicks are used up; a change can revive it."""

    status = 410
    headers: Mapping[str, str] | None = {"Cache-Control": "no-store"}
    detail = "This link has expired"
    description = "The link has expired or was followed as often as it may be."
