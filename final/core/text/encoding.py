"""Which characters the bytes of a page or of an uploaded file are, decided as browsers decide it.

A byte order mark comes first, then what the server says, then what the page says of itself; labels
mean what the WHATWG's Encoding Standard says (`iso-8859-1` is windows-1252). Where nobody says
anything, bytes that are valid UTF-8 are UTF-8, and the rest is guessed by Firefox's detector; so
is what is said to be UTF-8 and is nothing like it.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import BinaryIO

import webencodings
from chardetng_py import EncodingDetector

BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# What a page of UTF-16 that lacks its mark begins with.
WIDE = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
# How far a declaration may stand from the beginning.
HEAD = 4096
CHUNK = 64 * 1024
COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
DECLARED = re.compile(
    rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([\w:.-]+)"""
    rb"""|^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w:.-]+)""",
    re.IGNORECASE,
)
# Where a declaration can be read as ASCII, the page is not in UTF-16.
IN_ASCII = {"utf-16le": "utf-8", "utf-16be": "utf-8"}
# Where Python has no codec of that name, or one that knows fewer characters than the standard's.
OTHERS = {"gbk": "gb18030", "x-user-defined": "cp1252"}
BEYOND_ASCII = re.compile(r"[^\x00-\x7f\ufffd]")


def codec_of(label: str | None) -> str | None:
    """Return the codec that a label means in a browser, or nothing for a label that means none."""
    encoding = webencodings.lookup(label) if label else None
    if encoding is None or encoding.name == "replacement":
        return None
    name: str = encoding.codec_info.name
    return OTHERS.get(encoding.name, name)


def declared_codec(head: bytes) -> str | None:
    """Return the codec that a page declares in its own markup."""
    match = DECLARED.search(COMMENT.sub(b"", head[:HEAD]))
    if match is None:
        return None
    encoding = webencodings.lookup((match[1] or match[2]).decode("ascii", "replace"))
    return codec_of(encoding and IN_ASCII.get(encoding.name, encoding.name))


def examine(chunks: Iterable[bytes], *, claims_utf8: bool) -> str:
    """Return the codec of bytes of which nobody says anything, or only that they are UTF-8."""
    utf8, detector = codecs.getincrementaldecoder("utf-8")(), EncodingDetector()
    is_utf8 = True
    for chunk in chunks:
        detector.feed(chunk, last=False)
        if is_utf8:
            try:
                utf8.decode(chunk)  # a character may be cut off at the very end
            except UnicodeDecodeError:
                if claims_utf8 and is_mostly_utf8(chunk):
                    return "utf-8"
                is_utf8 = False
    if is_utf8:
        return "utf-8"
    detector.feed(b"", last=True)
    return codec_of(detector.guess(tld=None, allow_utf8=False)) or "cp1252"


def is_mostly_utf8(text: bytes) -> bool:
    """Tell a text with some broken characters from one that is wrong about itself."""
    decoded = text.decode("utf-8", "replace")
    return len(BEYOND_ASCII.findall(decoded)) > decoded.count("\ufffd")


def find_codec(head: bytes, chunks: Iterable[bytes], label: str | None = None) -> tuple[str, int]:
    """Return the codec of a page, and how many bytes at its beginning are no text."""
    for mark, codec in BOMS.items():
        if head.startswith(mark):
            return codec, len(mark)
    said = codec_of(label) or WIDE.get(head[:2]) or declared_codec(head)
    if said and said != "utf-8":
        return said, 0
    return examine(chunks, claims_utf8=said is not None), 0


def decode_html(html: bytes, label: str | None = None) -> str:
    """Decode a page; `label` is the encoding that its server claims."""
    codec, skipped = find_codec(html, [html], label)
    return html[skipped:].decode(codec, "replace")


def read_text(file: BinaryIO) -> Iterator[str]:
    """Decode a file from its beginning, piece by piece: it may be larger than the memory."""
    file.seek(0)
    head = file.read(HEAD)
    codec, skipped = find_codec(head, chunks_of(file, 0))
    decoder = codecs.getincrementaldecoder(codec)("replace")
    for chunk in chunks_of(file, skipped):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def chunks_of(file: BinaryIO, start: int) -> Iterator[bytes]:
    """Read a file from somewhere to its end."""
    file.seek(start)
    yield from iter(partial(file.read, CHUNK), b"")
