"""Stage 4: migrations, slugs, drafts, tags, orders, pages."""

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from tests.capstones import folder as folders
from tests.capstones.guest import Guest
from tests.capstones.posts.writing import listed, path_of, read, titles, write
from tests.course.target import Target
from tests.course.visitor import Json


@pytest.mark.roadmap("4.1")
def test_migrations_make_the_tables(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "migrated.db"
    place = folders.need(folders.folder_of(target), "alembic.ini").parent
    url = f"sqlite+aiosqlite:///{file}"
    folders.run(place, "alembic", "upgrade", "head", DATABASE_URL=url)
    with closing(sqlite3.connect(file)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master")]
        columns = [
            {row[1] for row in database.execute(f"PRAGMA table_info('{table}')")}
            for table in tables
        ]
    assert "alembic_version" in tables, "the file that DATABASE_URL names has not been migrated"
    wanted = {"title", "slug", "published"}
    assert any(names >= wanted for names in columns), "no table has title, slug and published"


@pytest.mark.roadmap("4.2")
class TestSlugs:
    def test_a_slug_is_made_from_the_title(self, author: Guest) -> None:
        word = uuid4().hex
        assert write(author, title=f"Hello, {word}!")["slug"] == f"hello-{word}"

    def test_no_two_posts_share_one(self, author: Guest) -> None:
        title = f"Hello {uuid4().hex}"
        first, second = write(author, title=title)["slug"], write(author, title=title)["slug"]
        assert first != second
        assert second.startswith("hello-")

    def test_a_slug_stays(self, author: Guest, post: Json) -> None:
        author.patch(path_of(post), json={"content": "Another text."}, expect=200)
        again = {"title": post["title"], "content": "A third text."}
        author.put(path_of(post), json=again, expect=200)
        assert read(author, post)["slug"] == post["slug"]


@pytest.mark.roadmap("4.3")
class TestDrafts:
    def test_a_post_is_published(self, post: Json) -> None:
        assert post.get("published") is True

    def test_a_draft_is_in_no_list(self, author: Guest) -> None:
        draft = write(author, published=False)
        assert draft["published"] is False
        assert draft["title"] not in titles(listed(author, size=100))

    def test_a_draft_is_its_authors(self, visitor: Guest, author: Guest, other: Guest) -> None:
        draft = write(author, published=False)
        assert read(author, draft)["id"] == draft["id"]
        statuses = [guest.get(path_of(draft)).status_code for guest in (visitor, other)]
        assert statuses == [404, 404], "others are not to know that there is a draft"

    def test_a_draft_can_be_published(self, visitor: Guest, author: Guest) -> None:
        draft = write(author, published=False)
        author.patch(path_of(draft), json={"published": True}, expect=200)
        assert draft["title"] in titles(listed(visitor, size=100))


@pytest.mark.roadmap("4.4")
class TestTags:
    def test_a_post_shows_its_tags(self, author: Guest, tag: str) -> None:
        made = write(author, tags=[tag, f"{tag}x"])
        assert sorted(read(author, made)["tags"]) == [tag, f"{tag}x"]

    def test_a_post_needs_none(self, post: Json) -> None:
        assert post.get("tags") == []

    def test_posts_are_found_by_a_tag(self, author: Guest, tag: str) -> None:
        wanted = [write(author, tags=[tag, "web"])["id"] for _ in range(2)]
        write(author, tags=[f"{tag}x"])
        write(author)
        assert sorted(post["id"] for post in listed(author, tag=tag)) == sorted(wanted)

    def test_tags_can_change(self, author: Guest, tag: str) -> None:
        made = write(author, tags=[tag])
        author.patch(path_of(made), json={"tags": [f"{tag}x"]}, expect=200)
        assert listed(author, tag=tag) == []
        assert titles(listed(author, tag=f"{tag}x")) == [made["title"]]


@pytest.mark.roadmap("4.5")
class TestSorting:
    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            (None, [2, 1, 0]),
            ("-created_at", [2, 1, 0]),
            ("created_at", [0, 1, 2]),
            ("title", [2, 0, 1]),
            ("-title", [1, 0, 2]),
        ],
    )
    def test_lists_come_as_asked(
        self, visitor: Guest, three: list[str], tag: str, sort: str | None, order: list[int]
    ) -> None:
        params = {"tag": tag} | ({"sort": sort} if sort else {})
        assert titles(listed(visitor, **params)) == [three[place] for place in order]

    @pytest.mark.parametrize("sort", ["password", "id; DROP TABLE post", "--title"])
    def test_other_orders_are_refused(self, visitor: Guest, sort: str) -> None:
        visitor.get("/posts", params={"sort": sort}, expect=422)


@pytest.mark.roadmap("4.6")
class TestPages:
    def test_a_page_has_ten_when_nobody_says_how_many(self, author: Guest, tag: str) -> None:
        for _ in range(11):
            write(author, tags=[tag])
        assert len(listed(author, tag=tag)) == 10
        assert len(listed(author, tag=tag, page=2)) == 1

    def test_pages_follow_each_other(self, visitor: Guest, three: list[str], tag: str) -> None:
        pages = [listed(visitor, tag=tag, sort="created_at", page=n, size=2) for n in (1, 2, 3)]
        assert [titles(page) for page in pages] == [three[:2], three[2:], []]

    @pytest.mark.parametrize("params", [{"page": 0}, {"size": 0}, {"size": 101}], ids=str)
    def test_impossible_pages_are_refused(self, visitor: Guest, params: Json) -> None:
        visitor.get("/posts", params=params, expect=422)
