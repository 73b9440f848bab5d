"""What is asked: every list with each filter and search, at the beginning and deep inside."""

from tests.benchmarks.scale.data import RARE

SEARCHES = {
    "rare word": RARE,
    "every row": "page",
    "two rare letters": "qu",
    "two common letters": "pa",
    "one letter": "q",
    "nothing": "xylophone",
}
TAGS = {"rare": "rare", "common": "TENTH", "of nobody": "unheard"}
# Who asks: the owner of the largest list, an administrator, somebody with a short list, nobody.
READER, ADMIN, OTHER, NOBODY = 1, 2, 3, 0

Question = tuple[str, int]


def questions(rows: int) -> dict[str, Question]:
    """Return each path, and who asks for it, where there are so many links."""
    deep, tenth = rows * 9 // 10, rows // 10
    return {
        **links("everyone's", "/links?view=public", NOBODY, deep, deep),
        **links("own", "/links?view=mine", READER, rows // 20 * 9 // 10, deep),
        "short list, first page": ("/links", OTHER),
        "own, broken": ("/links?broken=true", READER),
        "own, not broken": ("/links?broken=false", READER),
        "own, tags": ("/links/tags", READER),
        "link": ("/links/7", NOBODY),
        "link, stats": ("/links/key20/stats", READER),
        "link, followed": ("/key7", NOBODY),
        "link, preview": ("/key7+", NOBODY),
        **users(max(rows // 100, 20)),
        **books(tenth),
        **posts(tenth),
    }


def links(whose: str, path: str, who: int, skip: int, after: int) -> dict[str, Question]:
    """Return what is asked of a list of links."""
    return {
        f"{whose}, first page": (path, who),
        f"{whose}, deep skip": (f"{path}&skip={skip}", who),
        f"{whose}, deep after": (f"{path}&after={after}", who),
        **{f"{whose}, search {name}": (f"{path}&search={s}", who) for name, s in SEARCHES.items()},
        f"{whose}, search every row, deep after": (f"{path}&search=page&after={after}", who),
        f"{whose}, search every row, deep skip": (f"{path}&search=page&skip={skip}", who),
        **{f"{whose}, tag {name}": (f"{path}&tag={tag}", who) for name, tag in TAGS.items()},
        f"{whose}, tag common, deep after": (f"{path}&tag=tenth&after={after}", who),
        f"{whose}, tag and search": (f"{path}&tag=tenth&search=page", who),
    }


def users(number: int) -> dict[str, Question]:
    """Return what is asked about accounts."""
    path, deep = "/api/users/", number * 9 // 10
    return {
        "users, first page": (path, READER),
        "users, deep skip": (f"{path}?skip={deep}", READER),
        "users, deep after": (f"{path}?after={deep}", READER),
        "users, search rare word": (f"{path}?search={RARE}", READER),
        "users, search every row": (f"{path}?search=user", READER),
        "users, search two letters": (f"{path}?search=qu", READER),
        "users, administrators": (f"{path}?role=admin", ADMIN),
        "users, deactivated": (f"{path}?is_active=false", ADMIN),
        "users, public": ("/api/v1/users", NOBODY),
    }


def books(number: int) -> dict[str, Question]:
    """Return what is asked of the catalogue and of a shelf."""
    deep = number * 9 // 10
    sorts = ("-id", "title", "-author", "genre", "-publication_year", "created_at")
    return {
        "books, first page": ("/books", NOBODY),
        "books, deep skip": (f"/books?skip={deep}", NOBODY),
        **{f"books, by {sort}": (f"/books?sort={sort}", NOBODY) for sort in sorts},
        "books, by title, deep skip": (f"/books?sort=title&skip={deep}", NOBODY),
        "books, genre": ("/books?genre=GENRE 3", NOBODY),
        "books, author": ("/books?author=thor 77", NOBODY),
        "books, year": ("/books?year=1949", NOBODY),
        "books, title rare word": (f"/books?title={RARE}", NOBODY),
        "books, title every row": ("/books?title=page", NOBODY),
        "books, title nothing": ("/books?title=xylophone", NOBODY),
        "books, title two letters": ("/books?title=qu", NOBODY),
        "book": ("/books/7", NOBODY),
        "book, reviews": ("/books/7/reviews", NOBODY),
        "shelf, first page": ("/my-library", READER),
        "shelf, deep skip": (f"/my-library?skip={deep // 2}", READER),
        "shelf, completed": ("/my-library?status=Completed", READER),
    }


def posts(number: int) -> dict[str, Question]:
    """Return what is asked of posts."""
    path, page = "/api/v1/posts", number * 9 // 10 * 9 // 100
    sorts = ("id", "title", "-updated_at", "created_at")
    return {
        "posts, first page": (path, NOBODY),
        "posts, deep page": (f"{path}?page={page}", NOBODY),
        "posts, deep after": (f"{path}?sort=id&after={after_post(number * 8 // 10)}", NOBODY),
        **{f"posts, by {sort}": (f"{path}?sort={sort}", NOBODY) for sort in sorts},
        "posts, tag": (f"{path}?tag=topic 7", NOBODY),
        "posts, tag of nobody": (f"{path}?tag=unheard", NOBODY),
        "posts, author": (f"{path}?author=user2", NOBODY),
        "posts, q rare word": (f"{path}?q={RARE}", NOBODY),
        "posts, q every row": (f"{path}?q=weaves", NOBODY),
        "posts, q one letter": (f"{path}?q=p", NOBODY),
        "posts, q nothing": (f"{path}?q=xylophone", NOBODY),
        "posts, tags": (f"{path}/tags", NOBODY),
        "posts, feed": (f"{path}/feed.atom", NOBODY),
        "post": (f"{path}/7", NOBODY),
        "post by slug": (f"{path}/by-slug/post-7", NOBODY),
    }


def after_post(number: int) -> str:
    """Return the cursor behind a post in the order of their numbers."""
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(f'["id",{number},{number}]'.encode()).decode().rstrip("=")
