"""Give names that people read as the same one spelling: characters, spaces, and capitals by rank."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

# Cyrillic letters that look like Latin ones. They come from keyboards and from optical character recognition.
_LOOK_ALIKE = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501",
    "ABEKMHOPCTXaeopcyxijsd",
)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63\uff0d", "-"))
_OTHER_ALPHABET = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[A-Za-z]")
BIN = re.compile(r"(?<![^\W_])BOLD[:_-]?([A-Z]{3}\d+)", re.IGNORECASE)
"""A BIN of BOLD."""


def bin_in(text: str) -> str:
    """Return the BIN in a text, as BOLD writes it (``BOLD:AAA1234``); empty if there is none."""
    found = BIN.search(text)
    return f"BOLD:{found[1].upper()}" if found else ""


QUOTES = "\"'`\u00b4\u2018\u2019\u201c\u201d\u00ab\u00bb"
"""Quotes that may stand around a name."""

# <i>Apis</i> and Apis&nbsp;mellifera are from web pages, _x000D_ is an end of line in a spreadsheet.
_TAG = re.compile(r"</?(?:i|em|b|strong|u|sup|sub|span|font|br)\b[^<>]*>|_x000[AD]_", re.IGNORECASE)
# With its semicolon: A&notA is no "A¬A".
_ENTITY = re.compile(r"&#?\w+;")
_TWICE_ENCODED_SPACE = "\N{LATIN CAPITAL LETTER A WITH CIRCUMFLEX}\xa0"
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5,}|[bcdfghjkmnpqtvwxz]{4,}")


@lru_cache(maxsize=1 << 16)
def tidy(text: str) -> str:
    """Return the text as it is read: with composed letters (NFC), nothing invisible, single plain spaces, and no quotes
    around it.

    Letters of another alphabet within a Latin word become the Latin letters that they look like.
    """
    if "%20" in text:
        text = text.replace("%20", " ")
    if "&" in text or "<" in text or "_x" in text:
        text = _TAG.sub(" ", _ENTITY.sub(lambda match: html.unescape(match[0]), text))
    text = text.replace(_TWICE_ENCODED_SPACE, " ")
    if text.isascii() and text.isprintable():
        return " ".join(text.strip(QUOTES + " ").split())
    shown = []
    for letter in unicodedata.normalize("NFC", text):
        category = unicodedata.category(letter)
        if category in ("Cc", "Zs", "Zl", "Zp"):
            shown.append(" ")
        elif category != "Cf" and letter != "\ufe0f":
            shown.append(letter)
    words = [_latin(word) for word in "".join(shown).translate(_DASHES).split()]
    # Normalised again, because letters with an invisible one between them can be composed now.
    return unicodedata.normalize("NFC", " ".join(" ".join(words).strip(QUOTES + " ").split()))


def _latin(word: str) -> str:
    if _OTHER_ALPHABET.search(word) and _LATIN.search(word):
        return word.translate(_LOOK_ALIKE)
    return word


def without_accents(text: str) -> str:
    """Return a text with plain letters in place of those with accents."""
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def capitalised(word: str) -> str:
    """Return a word of letters and hyphens with only its first letter in capitals; any other word as it is."""
    if len(word) < 2 or not word.replace("-", "").isalpha():
        return word
    written = word[0].upper() + word[1:].lower()
    # The upper or lower case of a few letters is more than one letter.
    return written if len(written) == len(word) and written[0].upper() + written[1:].lower() == written else word


def lowered(word: str) -> str:
    """Return the word in lower case, or as it is if that cannot be undone."""
    return word.lower() if word.lower().lower() == word.lower() else word


def may_be_latin(word: str) -> bool:
    """Return whether a word, in any case, could be an epithet and not a code: it can be spoken, and ends as epithets
    do."""
    folded = word.casefold()
    letters = folded.replace("-", "")
    return (
        len(letters) >= 4
        and letters.isalpha()
        and folded[-1] in "aeiosmxru"
        and _CONSONANTS.search(letters) is None
        and 4 * sum(letter in "aeiouyáéíóúäöüæœ" for letter in letters) >= len(letters)
    )
