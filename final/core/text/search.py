"""The one rule of every search: case, accents and width of characters do not matter."""

import re
import unicodedata

# Accents and points above or below letters of other scripts than those that write vowels so.
ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
# Letters that are other ones with a stroke, which Unicode does not take apart.
STROKES = str.maketrans("\u00f8\u0142\u0111\u0127\u0167\u0131", "oldhti")
MARKS = "".join(
    chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) in ("Mn", "Mc")
)
WORD = re.compile(rf"[^\W_]+(?:[{MARKS}]+[^\W_]*)*")
# Scripts whose words stand in a run without spaces: Thai, Lao, Tibetan, Burmese, Khmer, the
# syllables of Japanese, and Chinese characters.
RUN = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)


def search_form(*texts: str | None) -> str:
    """Return the form in which a text is looked for, and looked into; several texts are one."""
    text = "\n".join(filter(None, texts))
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return folded
    bare = ACCENTS.sub("", unicodedata.normalize("NFKD", folded)).translate(STROKES)
    return unicodedata.normalize("NFKC", bare)


def words_of(text: str, *, sought: bool = False) -> list[str]:
    """Cut a text into words, each once; where no spaces stand between words, into pairs.

    A pair is two characters that follow each other: so a word is found inside a run as the pairs
    that it is made of. The last character of a run begins no pair, and stands alone, but not in
    what is sought: there another one may follow it.
    """
    words: list[str] = []
    for word in WORD.findall(search_form(text)):
        place = 0
        for run in RUN.finditer(word):
            last = len(run[0]) - (sought and len(run[0]) > 1)
            words.append(word[place : run.start()])
            words += (run[0][start : start + 2] for start in range(last))
            place = run.end()
        words.append(word[place:])
    return [word for word in dict.fromkeys(words) if word]
