"""Data of any size, made by the database itself and so in seconds.

Of so many links there are a hundredth as many users, the first of whom has a twentieth of all
links, and a tenth as many posts and books. Some words, tags and names are in four rows however many
there are, some in a tenth of them, some in all.
"""

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import text

from final.core.config import Settings
from final.core.database.engine import Database
from final.core.database.migrations import migrate

RARE = "quokka"
NUMBERS = {
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s LIMIT {}) "
    "SELECT n FROM s) AS numbers",
    "postgresql": "generate_series(1, {}) AS numbers(n)",
}
MOMENTS = {
    "sqlite": "datetime('2026-01-01', n || ' seconds') || '.000000'",
    "postgresql": "timestamp '2026-01-01' + n * interval '1 second'",
}
# Four rows of any size, from the beginning to the end.
IS_RARE = "n % ({rows} / 4) = 7"
WORDS = f"CASE WHEN {IS_RARE} THEN ' {RARE}' ELSE '' END || ' w' || (n % 1000 * 7919 % 1000)"
OWNER = "CASE WHEN n % 20 = 0 THEN 1 ELSE 2 + n % ({users} - 1) END"
TITLE = f"'page ' || n || {WORDS}"
URL = "'https://a.example/' || n"
FILLING = {
    "user": 'INSERT INTO "user" (id, username, username_key, email, email_key, hashed_password, '
    "role, is_active, created_at, updated_at, search_text) SELECT n, name, name, name, name, '-', "
    "CASE WHEN n = 2 THEN 'admin' ELSE 'user' END, n % 10 <> 4, moment, moment, name FROM "
    f"(SELECT n, 'user' || n || CASE WHEN n IN (3, 5, 7) THEN '{RARE}' ELSE '' END AS name, "
    "{moment} AS moment FROM {numbers_users}) AS people",
    "auth_session": "INSERT INTO auth_session (id, user_id, refresh_jti, created_at, expires_at) "
    "SELECT n, n, '-', {moment}, '2999-01-01 00:00:00' FROM {numbers_few}",
    "link": "INSERT INTO link (id, url, url_hash, is_shared, title, key, short_code, clicks, "
    "created_at, user_id, last_checked_at, last_status, search_text) SELECT n, "
    f"{URL}, 'hash' || n, false, {TITLE}, 'key' || n, 'key' || n, 0, {{moment}}, {OWNER}, "
    "CASE WHEN n % 2 = 0 THEN {moment} END, CASE WHEN n % 40 = 0 THEN 404 ELSE 200 END, "
    f"{TITLE} || '\n' || {URL} FROM {{numbers}}",
    "user_link": "INSERT INTO user_link (id, user_id, link_id, title, search_text) SELECT n, "
    f"{OWNER}, n, 'saved ' || {TITLE}, 'saved ' || {TITLE} FROM {{numbers}}",
    "user_link_tag": "INSERT INTO user_link_tag (user_link_id, name) "
    "SELECT n, 'Topic ' || (n % 97) FROM {numbers} UNION ALL "
    "SELECT n, 'Tenth' FROM {numbers} WHERE n % 100 IN (7, 20, 31, 40, 53, 60, 71, 80, 93, 100) "
    f"UNION ALL SELECT n, 'Rare' FROM {{numbers}} WHERE {IS_RARE}",
    "link_clicks": "INSERT INTO link_clicks (link_id, day, clicks) "
    "SELECT n, '2026-01-01', 1 FROM {numbers} WHERE n % 3 = 0",
    "book": "INSERT INTO book (id, title, title_key, author, author_key, isbn, genre, genre_key, "
    "publication_year, created_at, updated_at) SELECT n, title, title, author, author, '978' || n, "
    "genre, genre, 1900 + n % 120, moment, moment FROM (SELECT n, "
    f"{TITLE.replace('rows}', 'tenth}')} AS title, 'author ' || (n % 500) AS author, "
    "'genre ' || (n % 10) AS genre, {moment} AS moment FROM {numbers_tenth}) AS books",
    "user_book": "INSERT INTO user_book (user_id, book_id, status, rating, review_text, "
    "reviewed_at, progress, date_added, updated_at) SELECT CASE WHEN n % 2 = 0 THEN 1 ELSE "
    "2 + n % ({users} - 1) END, n, CASE n % 3 WHEN 0 THEN 'Reading' WHEN 1 THEN 'Completed' ELSE "
    "'Wishlist' END, CASE n % 3 WHEN 1 THEN 4 END, CASE n % 3 WHEN 1 THEN 'Good' END, "
    "CASE n % 3 WHEN 1 THEN {moment} END, 0, {moment}, {moment} FROM {numbers_tenth}",
    "post": "INSERT INTO post (id, title, slug, content, published, author_id, created_at, "
    f"updated_at, published_at) SELECT n, {TITLE.replace('rows}', 'tenth}')}, 'post-' || n, "
    "'It weaves algebraic patterns. It weaves algebraic patterns, once more.', n % 10 <> 4, "
    "1 + n % {authors}, {moment}, {moment}, {moment} FROM {numbers_tenth}",
    "post_slug": "INSERT INTO post_slug (slug, post_id) SELECT slug, id FROM post",
    "post_tag": "INSERT INTO post_tag (id, name) SELECT n, 'topic ' || n FROM {numbers_topics}",
    "posts_tags": "INSERT INTO posts_tags (post_id, tag_id) "
    "SELECT n, 1 + n % 40 FROM {numbers_tenth} UNION ALL "
    "SELECT n, 1 + (n + 1) % 40 FROM {numbers_tenth}",
    "post_index": "INSERT INTO post_index (rowid, words) SELECT id, title || ' it weaves "
    "algebraic patterns once more' FROM post WHERE published",
}
# All but those that are constraints at the same time.
INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
    "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
)
MADE_LATER = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master "
    "WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
)
# Their numbers go on behind what was filled in.
COUNTED = ("user", "auth_session", "link", "user_link", "book", "post", "post_tag")


async def fill(settings: Settings, rows: int) -> None:
    """Make so many links, and all else in proportion; what is there already stays."""
    await migrate(settings)
    database = Database(settings)
    async with database.engine.begin() as connection:
        if not await connection.scalar(text('SELECT count(*) FROM "user"')):
            await (fill_sqlite if settings.is_sqlite else fill_postgresql)(connection, rows)
    async with database.engine.connect() as connection:
        options = {} if settings.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        alone = await connection.execution_options(**options)
        if not settings.is_sqlite:
            await alone.execute(text("SET statement_timeout = 0"))
        await alone.execute(text("ANALYZE" if settings.is_sqlite else "VACUUM ANALYZE"))
    await database.dispose()


def statements(kind: str, rows: int) -> dict[str, str]:
    """Return what fills the tables, by their names."""
    sizes = {
        "rows": rows,
        "users": max(rows // 100, 20),
        "tenth": rows // 10,
        "authors": max(rows // 1000, 2),
        "few": 9,
        "topics": 40,
    }
    numbers = {f"numbers_{name}": NUMBERS[kind].format(size) for name, size in sizes.items()}
    places = {**sizes, **numbers, "numbers": numbers["numbers_rows"], "moment": MOMENTS[kind]}
    return {table: statement.format(**places) for table, statement in FILLING.items()}


async def fill_postgresql(connection: AsyncConnection, rows: int) -> None:
    """Fill the tables, whose references are right; indexes are built when all is there."""
    for setting in (
        "statement_timeout = 0",
        "session_replication_role = replica",
        "maintenance_work_mem = '512MB'",
        "max_parallel_maintenance_workers = 4",
    ):
        await connection.execute(text(f"SET LOCAL {setting}"))
    indexes = (await connection.execute(text(INDEXES))).all()
    for name, _ in indexes:
        await connection.execute(text(f"DROP INDEX {name}"))
    for statement in statements("postgresql", rows).values():
        await connection.execute(text(statement.replace(":", "\\:")))
    for _, definition in indexes:
        await connection.execute(text(definition))
    for table in COUNTED:
        last = f"pg_get_serial_sequence('\"{table}\"', 'id'), max(id)"
        await connection.execute(text(f'SELECT setval({last}) FROM "{table}"'))


async def fill_sqlite(connection: AsyncConnection, rows: int) -> None:
    """Fill the tables; indexes, and what searches look into, are made when all are there."""
    for setting in ("foreign_keys = OFF", "synchronous = OFF", "cache_size = -2000000"):
        await connection.execute(text(f"PRAGMA {setting}"))
    found = (await connection.execute(text(MADE_LATER))).all()
    searched = {on for kind, name, on, _ in found if kind == "trigger" and "_text_" in name}
    for kind, name, *_ in found:
        await connection.execute(text(f"DROP {kind} {name}"))
    for statement in statements("sqlite", rows).values():
        await connection.execute(text(statement.replace(":", "\\:")))
    for table in sorted(searched):
        words = "title_key || char(10) || author_key" if table == "book" else "search_text"
        into = f"INSERT INTO {table}_text (rowid, text)"
        await connection.execute(text(f'{into} SELECT id, {words} FROM "{table}"'))
    for *_, sql in found:
        await connection.execute(text(sql.replace(":", "\\:")))
