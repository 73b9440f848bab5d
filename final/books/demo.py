"""A small catalogue, and shelves of the sample accounts."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from final.books.library.service import add_to_library
from final.books.models import Book
from final.books.models import ReadingStatus as Status
from final.books.schemas import BookCreate, LibraryAdd
from final.books.service import create_book
from final.users.models import User

BOOKS = [
    ("Nineteen Eighty-Four", "George Orwell", "978-0-451-52493-5", "Dystopia", 1949),
    ("Animal Farm", "George Orwell", "978-0-451-52634-2", "Satire", 1945),
    ("Brave New World", "Aldous Huxley", "978-0-06-085052-4", "Dystopia", 1932),
    ("Dune", "Frank Herbert", "978-0-441-17271-9", "Science fiction", 1965),
    ("The Hobbit", "J. R. R. Tolkien", "978-0-547-92822-7", "Fantasy", 1937),
    ("Pride and Prejudice", "Jane Austen", "978-0-14-143951-8", "Romance", 1813),
    ("To Kill a Mockingbird", "Harper Lee", "978-0-06-112008-4", "Fiction", 1960),
    ("The Little Prince", "Antoine de Saint-Exupéry", "978-0-15-601219-5", "Fable", 1943),
    ("One Hundred Years of Solitude", "Gabriel García Márquez", "0-06-088328-6", "Fiction", 1967),
    ("The Pragmatic Programmer", "David Thomas, Andrew Hunt", "0-13-595705-2", "Computing", 2019),
    (
        "Structure and Interpretation of Computer Programs",
        "Harold Abelson, Gerald Jay Sussman",
        "0-262-51087-1",
        "Computing",
        1996,
    ),
]
# Reader, the book's ISBN, status, rating, review, percent read.
SHELVES = [
    ("lovelace", "9780451524935", Status.COMPLETED, 5, "Chilling, and still true.", 100),
    ("lovelace", "9780262510875", Status.READING, None, None, 35),
    ("lovelace", "9780156012195", Status.WISHLIST, None, None, 0),
    ("grace", "9780451524935", Status.COMPLETED, 4, "Bleak, but I could not put it down.", 100),
    ("grace", "9780135957059", Status.COMPLETED, 5, "Should come with every compiler.", 100),
    ("alan", "9780441172719", Status.COMPLETED, 4, None, 100),
    ("alan", "9780060850524", Status.READING, None, None, 60),
    ("katherine", "9780061120084", Status.COMPLETED, 5, "Read it, then lend it on.", 100),
    ("edsger", "9780262510875", Status.COMPLETED, 5, "Elegance is not optional.", 100),
    ("edsger", "9780135957059", Status.COMPLETED, 3, "Too pragmatic for my taste.", 100),
    ("hedy", "9780547928227", Status.WISHLIST, None, None, 0),
]


async def add_library(session: AsyncSession, readers: list[User]) -> None:
    """Add the sample books that are missing, and the shelves of these sample accounts."""
    for title, author, isbn, genre, year in BOOKS:
        book = BookCreate(title=title, author=author, isbn=isbn, genre=genre, publication_year=year)
        if await find_book(session, book.isbn) is None:
            await create_book(session, book)
    ids = {reader.username: reader.id for reader in readers}
    for username, isbn, status, rating, review_text, progress in SHELVES:
        place = LibraryAdd(status=status, rating=rating, review_text=review_text, progress=progress)
        book_id = await find_book(session, isbn)
        if username in ids and book_id is not None:
            await add_to_library(session, ids[username], book_id, place)


async def find_book(session: AsyncSession, isbn: str) -> int | None:
    """Return the id of a book that is in the catalogue."""
    return (await session.exec(select(Book.id).where(Book.isbn == isbn))).one_or_none()
