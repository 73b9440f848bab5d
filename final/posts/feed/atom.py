"""Posts as an Atom feed (RFC 4287)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from feedgen.feed import FeedGenerator

from final.posts.schemas import PostPublic

HERE = "/api/v1/posts"
# XML has no way to write these, not even as references.
UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_feed(base_url: str, posts: Sequence[PostPublic]) -> bytes:
    """Write a feed of posts, the latest published first."""
    feed = FeedGenerator()
    feed.id(f"{base_url}{HERE}/feed.atom")
    feed.title("LinkHub posts")
    feed.author(name="LinkHub")
    feed.link(href=f"{base_url}{HERE}/feed.atom", rel="self", type="application/atom+xml")
    feed.updated(max((post.updated_at for post in posts), default=datetime.fromtimestamp(0, UTC)))
    for post in posts:
        add_post(feed, f"{base_url}{HERE}", post)
    written: bytes = feed.atom_str(pretty=True)
    return written


def add_post(feed: FeedGenerator, here: str, post: PostPublic) -> None:
    """Write one post after those that the feed has."""
    entry = feed.add_entry(order="append")
    entry.id(f"{here}/{post.id}")
    entry.title(fit(post.title))
    entry.author(name=fit(post.author.username or "somebody"))
    entry.link(href=f"{here}/by-slug/{post.slug}", rel="alternate")
    entry.published(post.published_at)
    entry.updated(post.updated_at)
    entry.content(fit(post.content), type="text")
    entry.category([{"term": fit(tag)} for tag in post.tags])


def fit(text: str) -> str:
    """Return a text with a replacement for each character that XML cannot hold."""
    return UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)
