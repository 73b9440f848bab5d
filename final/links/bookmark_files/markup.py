"""Texts and attributes out of the markup of bookmark files, however carelessly it was written."""

import re
from html import unescape

ATTRIBUTE = re.compile(
    r"""[\s/]*+([^\s/>=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?+"""
)
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^<>]*>", re.IGNORECASE)
# What lays out a text when it is opened and closed; any other tag is what the text is about.
INLINE = frozenset(
    {"a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd", "mark"}
    | {"q", "s", "small", "span", "strike", "strong", "sub", "sup", "tt", "u"}
)
BLOCKS = frozenset({"blockquote", "center", "div", "li", "ol", "pre", "ul"})
BREAKS = frozenset({"br", "p"})
TRAILER = re.compile(r"</(?:dd|dt|li|ol|p|ul|body|html)\s*>|<(?:hr|p)\b[^<>]*>", re.IGNORECASE)
# A number with so many digits is no character, and Python refuses to read it.
ENDLESS = re.compile(r"&#[0-9]{8,}+;?")
# In an attribute `&copy=1` is no copyright sign but the beginning of a parameter.
ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def read_attributes(markup: str, start: int) -> tuple[dict[str, str], int]:
    """Read the attributes of a tag; return them by their names, and where the tag ends."""
    found: dict[str, str] = {}
    while match := ATTRIBUTE.match(markup, start):
        value = next((text for text in match.groups()[1:] if text is not None), "")
        found.setdefault(match[1].lower(), decode_value(value.lstrip("\"'")))
        start = match.end()
    end = markup.find(">", start)
    return found, end + 1 or len(markup)


def decode_value(value: str) -> str:
    """Return what an attribute says."""
    return ENTITY.sub(lambda entity: unescape(entity[0]), value)


def plain_text(markup: str) -> str:
    """Return what a piece of markup says, without what only lays it out."""
    pieces: list[str] = []
    place = 0
    for start, end, instead in sorted(layout_of(markup)):
        pieces += [markup[place:start], instead]
        place = end
    text = "".join([*pieces, markup[place:]]).replace("\r\n", "\n").replace("\r", "\n")
    return CONTROL.sub("", unescape(ENDLESS.sub("\ufffd", text)))


def one_line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(CONTROL.sub("", text).split())


def layout_of(markup: str) -> list[tuple[int, int, str]]:
    """Find the tags that only lay out a text: where each is, and what stands in its place."""
    found: list[tuple[int, int, str]] = []
    opened: dict[str, list[re.Match[str]]] = {}
    for tag in TAG.finditer(markup):
        name = tag[2].lower()
        if name in BREAKS:
            found.append((*tag.span(), "\n"))
        elif not tag[1]:
            opened.setdefault(name, []).append(tag)
        elif name in INLINE | BLOCKS and opened.get(name):
            instead = "" if name in INLINE else "\n"
            found += [(*opened[name].pop().span(), instead), (*tag.span(), instead)]
    return found


def without_trailer(markup: str) -> str:
    """Cut off the tags that end lists and items: they belong to the file, not to the text."""
    while (markup := markup.rstrip()).endswith(">"):
        start = markup.rfind("<")
        if start < 0 or not TRAILER.fullmatch(markup, start):
            break
        markup = markup[:start]
    return markup
