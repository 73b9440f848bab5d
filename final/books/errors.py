"""What may go wrong with books and shelves in particular."""

from final.core.errors import Conflict, NotFound, Unprocessable


class BookNotFound(NotFound):
    """Not in the catalogue."""

    detail = "Book not found"
    description = "There is no such book."


class IsbnTaken(Conflict):
    """The catalogue has this edition, under whichever spelling of its number."""

    detail = "A book with this ISBN already exists"
    description = "Another book has this ISBN."


class NotInLibrary(NotFound):
    """Not on the caller's shelf; whether it is on somebody else's makes no difference."""

    detail = "This book is not in your library"
    description = "The book is not in the caller's library."


class AlreadyInLibrary(Conflict):
    """Each book stands on a shelf once."""

    detail = "This book is already in your library"
    description = "The book is in the caller's library already."


class NotCompleted(Conflict):
    """An opinion on a book that the reader has not finished."""

    detail = "Only a completed book can be rated or reviewed"
    description = "A rating or review was sent for a book whose status is not `Completed`."


class NotAShelf(Unprocessable):
    """A file that is no table, or one of other things."""

    detail = "This is no shelf: send a CSV file with a column ISBN, as Goodreads and StoryGraph do"
    description = "The file is no CSV file with a column of ISBNs."


class NoIsbn(Unprocessable):
    """A row that names no book."""

    detail = "The row has no valid ISBN"
    description = "The row has no valid ISBN."


class NotInCatalogue(NotFound):
    """A row that names a book which nobody has entered."""

    detail = "The book is not in the catalogue"
    description = "The book is not in the catalogue."


class RuleBroken(Unprocessable):
    """A row with values that no request could have either."""

    detail = "The row breaks a rule"
    description = "The row breaks a rule."
