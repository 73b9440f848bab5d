"""Writing bookmark files as every browser reads them (Netscape bookmark file, HTML).

Beside what browsers know, an entry says whether it is private, and its date to the microsecond, so
that a file that comes back is exactly what went out.
"""

from html import escape

from final.links.schemas import LinkSaved

HEAD = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
"""
FOOT = "</DL><p>\n"


def write_bookmark(link: LinkSaved) -> str:
    """Write one entry."""
    entry = (
        f'    <DT><A HREF="{quote(link.url)}" ADD_DATE="{int(link.created_at.timestamp())}"'
        f' CREATED_AT="{link.created_at.isoformat()}" PRIVATE="{int(link.is_private)}"'
        f' TAGS="{quote(",".join(link.tags))}">{quote(link.title or "")}</A>\n'
    )
    return entry + (f"    <DD>{quote(link.description)}\n" if link.description else "")


def quote(text: str) -> str:
    """Escape a text; line breaks too, for a line of the file is an entry.

    Chromium knows five escapes, and `&#x27;`, which Python writes for an apostrophe, is none.
    """
    escaped = escape(text, quote=False).replace('"', "&quot;").replace("'", "&#39;")
    return escaped.replace("\r", "&#13;").replace("\n", "&#10;")
