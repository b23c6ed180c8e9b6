"""Names of genera and species: binomials, hybrids, and words of open nomenclature."""

from __future__ import annotations

import re
from itertools import pairwise

from barcodeembed.sequences.names.genbank import DOUBTED_GENUS, PLACES, is_binomial
from barcodeembed.sequences.names.known_names import is_above_genus, is_common_name, is_species_with_animal
from barcodeembed.sequences.names.spelling import BIN, capitalised, lowered, may_be_latin, without_accents

_OPEN_NOMENCLATURE = r"""
sp spp nsp n\.sp sp\.n sp\.nov spec spnov species cf cfr conf aff nr near prope prox gen genus n nov indet group gr
grp complex cplx cmplx compl agg aggr aggregate or vs vel not hybrids? tbc TBC be check unconfirmed uncertain doubtful
probably possibly probable possible presumably perhaps maybe likely misid misidentified misidentification mislabell?ed
contaminant contaminated contamination c\.f gruppe Gruppe Artengruppe komplex Komplex Artenkomplex kompleks groupe
complexe grupo gruppo groep complejo complexo complesso subgroup sub-group supergroup subcomplex supercomplex gp ind
subgr sub-gr ex\.gr cpx ngen n\.gen
"""
_OPEN_WORDS = "|".join(_OPEN_NOMENCLATURE.split())
# pipiens/torrentium is one of two species.
_OPEN = re.compile(rf"(?:{_OPEN_WORDS}|sp[-.]?[\dA-Z].*|(?:c\.?f|aff|nr)\.[^\W\d_]{{3,}})\.?|.*\?.*|.*/.*")
_OPEN_IN_CAPITALS = re.compile(rf"(?i:{_OPEN_WORDS})\.?")
# Apis mellifera, Linnaeus ligustica: behind a comma, a name in full could be a second genus, so only authors that are
# shortened are taken for authors, and the two that are shortened to one letter (L., F.) in full, too.
_AUTHOR_BEFORE_SUBSPECIES = re.compile(
    r",\s*\(?(?:[LF]\.|[A-Z][a-z]{2,}\.|Linn[ae]+us|Linn(?:e|\u00e9)|Fabricius)\)?(?=\s+[a-z])"
)
_LETTER_APART = re.compile(r"(?<= [clvwy]) (?=[a-z]{3,}um\b)")  # Polygonia c album
_KLEPTON = re.compile(r"(?<=[a-z]) kl\.? (?=[a-z])")
_SENSU = re.compile(r"(?<=[a-z]) [(\[]?s\. ?(?:str|lat|s|l)\.[)\]]?(?= [a-z]{3})")  # Bombus (s. str.) terrestris
_GLUED = re.compile(r"(?<=[a-z]{3})(?=[(\[][A-Z])")  # Apis mellifera(Linnaeus, 1758)
# One of several species, or all of them: Apis mellifera + A. cerana, Apis mellifera and cerana. Authors have capitals.
_TWO = re.compile(
    r"(?:[A-Z][\w.-]*\s+)?[^\W\d_A-Z][\w-]+\s*(?:[,;+&|]\s*[A-Z][a-z]*\.?\s+|(?:\+|&|\b(?:and|und|et|oder|ou|of)\b)\s*"
    r"(?:[A-Z][a-z]*\.?\s+)?)[a-z][a-z-]{3,}(?:\s|$)"
)
# pipiens, torrentium
_SECOND_EPITHET = re.compile(r"(?:^|.*\s)[a-z][a-z-]{2,},\s*([a-z][a-z-]{3,})")
OF_SEVERAL = re.compile(
    r".+-(?:(?:sub|super)?(?:complex|group)|agg|gr|grp|like|gruppe|komplex|groupe|complexe|grupo|complejo)\.?",
    re.IGNORECASE,
)
"""An epithet that is one of several species: ``bicornis-group``, ``bicornis-like``."""

# Apis mellifera (= Apis mellifica), Apis mellifera syn. mellifica: the first name is the valid one.
_SYNONYM = re.compile(r"(?<=[a-z])[\s,;]*[(\[]?\s*(?:=|\b(?:syn|synon|synonym|synonyme)\b\.?:?)\s*\S.*")
# Words in the place of the epithet: of units that have a label but no name, and of what was collected.
_UNIT_WORDS = """
morphospecies morphotype morphosp morph msp clade lineage haplotype haplogroup taxon form type otu motu asv zotu esv
cluster sensu auct auctt voucher isolate strain clone novel nomen
"""
_UNITS = frozenset(_UNIT_WORDS.split())
_PART_WORDS = """
larva larvae pupae nymph nymphs juvenile juveniles juv immature subadult adult adults female females male males worker
queen egg eggs exuviae damaged fragment fragments leg legs head body tissue specimen individual sample
unbestimmt indeterminee inconnu desconocido onbekend pending tbd tba nd
unident unid det undet larve larven larves puppe puppen ei eier oeuf oeufs \u2640 \u2642
"""
_PARTS = frozenset(_PART_WORDS.split())

DIGIT = re.compile(r"\d")
GENUS = re.compile(r"[A-ZÀ-ÖØ-Þ][^\W\d_]+(?:-[^\W\d_]+)*")
"""The form of a genus."""

_LOWER = r"[^\W\d_A-Z\xc0-\xd6\xd8-\xde]+"
_EPITHET = re.compile(rf"(?:\d{{1,3}}-?(?=[^\W\d_]{{4}}))?{_LOWER}(?:-{_LOWER})*")
_SUBFAMILY = re.compile(r"[A-Z][a-z]+inae")
_NUMERAL = re.compile(r"\d{1,3}-?[^\W\d_]{4,}(?:-[^\W\d_]+)*")
# PX1234: a node of an anonymised tree, or a private code. It stands for one taxon, whatever that is.
NODE_ID = re.compile(r"[A-Za-z]{1,4}[:_-]?\d+")
"""The form of an id in place of a name."""

# Culex.pipiens comes from names of columns in R, Culex-pipiens from names of files.
_ONE_WORD = re.compile(r"([^\W\d_]{3,})[.+-]+([^\W\d_]{3,}(?:-[^\W\d_]+)*)")
_JOINED = re.compile(r"([A-Z][a-z]*\.|[A-Z][a-z]*(?=[A-Z]))([A-Z]?[a-z]{3,}(?:-[a-z]+)*)")
# Without a full stop, what ends in a vowel may be a whole genus (Ia, La, Zu), except Ae, which is short for Aedes.
SHORT_GENUS = re.compile(r"[A-Z][a-z]{0,2}\.|[A-Z][b-df-hj-np-tv-xz]?|Ae")
"""The form of a genus that is shortened, with a full stop or without."""

_SHORT_EPITHET = re.compile(r"[a-z]{1,2}\.")

# pipiens-A, pipiens#1 and pipiens. are pipiens.
_LABEL_BESIDE = re.compile(r"(?<=[a-z]{4})(?:-[A-Z]|\.|#\d+)$")
YEAR = re.compile(r"\(?(?:1[789]|20)\d\d[a-z]?\)?,?")
"""The year behind an author."""

SUBGENUS = re.compile(r"\s*[(\[]\s*=?\s*(?:[^\W\d_]+|[A-Z][a-z]{0,3}\.)[)\]](?=\s+[^\W\d_(])")
"""A subgenus: Apis (Apis) mellifera, Apis [Megapis] dorsata, Apis (= Megapis) dorsata."""

NO_QUOTES = str.maketrans("", "", "\"'`\u00b4\u2018\u2019\u201c\u201d")
"""Takes quotes out of a text, for ``str.translate``."""

HYBRID = frozenset({"x", "X", "\N{MULTIPLICATION SIGN}"})
"""Signs between the parents of a hybrid, or before its epithet."""


def is_open(words: list[str], named: int) -> bool:
    """Return whether a word is one of open nomenclature. After the first ``named`` words, a capital is that of an
    author."""
    bare = [word.strip("()[]") for word in words]
    return any(map(_OPEN.fullmatch, bare)) or any(map(is_open_word, bare[:named]))


def is_open_word(word: str) -> bool:
    """Return whether this is a word of open nomenclature, in capitals or not: ``sp.``, ``CF``."""
    return _OPEN_IN_CAPITALS.fullmatch(word) is not None


def is_hybrid(words: list[str]) -> bool:
    """Return whether a sign of hybrids stands before one of the words. ``strain X`` is none."""
    pairs = [(word, after) for word, after in pairwise(words) if word in HYBRID and after[:1].isalpha()]
    return any(len(after) > 2 or (word != "X" and SHORT_GENUS.fullmatch(after)) for word, after in pairs)


def clean_species(raw: str, name: str, genus: str, *, anonymous: bool) -> tuple[str, str]:
    """Return a species in its cleaned form and ``""``, or ``""`` and the reason.

    ``raw`` is the name as it came, ``name`` the name without decorations, ``genus`` the cleaned genus. ``anonymous``
    says that the names above are ids.
    """
    text = _SENSU.sub("", name.replace("_", " "))
    if doubted := DOUBTED_GENUS.match(text):
        text = doubted[1] + text[doubted.end() :]
    text = _SYNONYM.sub("", SUBGENUS.sub("", text))
    text = _KLEPTON.sub(" ", _LETTER_APART.sub("-", _GLUED.sub(" ", text)))
    words = _spelt_out(text.translate(NO_QUOTES).split(), genus)
    if BIN.search(name):
        return "", "placeholder"
    if anonymous and DIGIT.search(name):
        return name, ""
    words = [part for word in words for part in _parted(word)]
    words = [word.rstrip(",;:") or word for word in _genus_first(words, genus)]
    words = [_LABEL_BESIDE.sub("", word) for word in words]
    if not words:
        return "", "no_name"
    if is_hybrid(words):
        return _hybrid(words), ""
    start = 1 if words[0] == "Candidatus" else 0
    epithet_first = bool(_EPITHET.fullmatch(words[0]) and GENUS.fullmatch(genus)) and words[0] != genus.casefold()
    if is_open(words, 1 if epithet_first else start + 2) or _are_two_species(text, words, genus):
        return "", "open_nomenclature"
    if is_common_name(words, genus) and not is_species_with_animal(words):
        return "", "common_name"
    if len(words) > start and (reason := _no_epithet(words[0 if epithet_first else start :], epithet_first)):
        return "", reason
    if len(words) == 1:
        return _single_word(raw, words[0], genus)
    if epithet_first and not (words[1][:1].islower() and same_genus(words[0], genus)):
        return f"{genus} {words[0]}", ""  # an epithet and a subspecies or an author
    return _binomial(name, words, start, genus)


def _are_two_species(name: str, words: list[str], genus: str) -> bool:
    """Return whether a name is one of two species, or both; ``words`` are those of the name."""
    text = " ".join(name.replace("_", " ").split())
    author = _AUTHOR_BEFORE_SUBSPECIES.search(text)
    if author and not _may_shorten(author[0].strip(", ()"), genus or words[0]):
        text = text[: author.start()] + text[author.end() :]
    again = any(same_genus(word, words[0]) and after.islower() for word, after in pairwise(words[2:]))
    return again or _TWO.match(text) is not None or _ends_with_second_epithet(text)


def _ends_with_second_epithet(text: str) -> bool:
    """Return whether a comma and another epithet end a name; what was collected (``pipiens, larva``) is none, nor
    where (``pipiens, france``)."""
    second = _SECOND_EPITHET.fullmatch(text)
    if second is None or second[1] in _PARTS | _UNITS or second[1].endswith("type") or second[1].title() in PLACES:
        return False
    return _are_binomial("Genuina", second[1])


def _genus_first(words: list[str], genus: str) -> list[str]:
    """Return the words of a species with the genus first, also where they are written as in an index (``pipiens,
    Culex``)."""
    if len(words) == 2 and words[0].endswith(",") and words[0].islower() and same_genus(words[1], genus):
        return [words[1], words[0]]
    return words


def _no_epithet(words: list[str], epithet_first: bool) -> str:
    """Return why the words of a species, from the genus on (or from the epithet, if it is first), have no epithet."""
    epithet = words[0] if epithet_first or len(words) == 1 else words[1]
    bare = epithet.casefold().strip(".")
    if epithet.startswith("("):
        return "not_a_species"  # Apis (honey bee)
    if bare in _PARTS:
        return "no_name"
    if bare in _UNITS or OF_SEVERAL.fullmatch(epithet):
        return "open_nomenclature"
    alone = len(bare) == 1 and bare.isalpha()
    prose = epithet_first and len(words) > 1 and words[1].islower() and not may_be_latin(epithet)
    return "placeholder" if (alone and len(words) > 1) or prose else ""


def _spelt_out(words: list[str], genus: str) -> list[str]:
    """Return the words of a species with the genus once, as a word of its own and not shortened (``C. pipiens``)."""
    if len(words) > 2 and words[0] == words[1] and GENUS.fullmatch(words[1]) and not words[1].isupper():
        words = words[1:]  # the genus was put before a species that had it already
    if (
        len(words) == 1
        and (match := _ONE_WORD.fullmatch(words[0]))
        and (same_genus(match[1], genus) or (not genus and "-" not in words[0] and _are_binomial(match[1], match[2])))
    ):
        return [match[1], match[2]]
    if len(words) == 1 and (match := _JOINED.fullmatch(words[0])):  # ApisMellifera, A.mellifera
        shortened = match[2].islower() and GENUS.fullmatch(genus) is not None and _may_shorten(match[1], genus)
        if same_genus(match[1], genus) or shortened:
            return [genus, match[2]]
        return words
    first = words[0][:1].upper() + words[0][1:] if words and words[0].endswith(".") else "".join(words[:1])
    if len(words) > 1 and GENUS.fullmatch(genus) and not is_open_word(first) and _may_shorten(first, genus):
        return [genus, *words[1:]]
    return words


def _are_binomial(genus: str, epithet: str) -> bool:
    return is_binomial(f"{genus} {epithet}") and may_be_latin(epithet)


def _may_shorten(word: str, genus: str) -> bool:
    """Return whether a word with a full stop is short for a genus: its first letters (``An.``), or its first letter and
    a consonant from within (``Cx.``). ``Ae.`` is *Aedes*, not *Anopheles*."""
    if not SHORT_GENUS.fullmatch(word):
        return False
    short, full = word.rstrip(".").casefold(), genus.casefold()
    within = iter(full)
    in_order = short[0] == full[0] and all(letter in within for letter in short)
    return full.startswith(short) or (in_order and not set(short[1:]) & set("aeiouy"))


def _parted(word: str) -> list[str]:
    """Return the words in one: the sign of a hybrid may be joined to its epithet."""
    sign = "\N{MULTIPLICATION SIGN}"
    return [sign, word[1:]] if word.startswith(sign) and len(word) > 1 else [word]


def same_genus(word: str, genus: str) -> bool:
    return bool(genus) and _plain(word) == _plain(genus)


def _plain(word: str) -> str:
    """Return a word without its accents and capitals."""
    return word.casefold() if word.isascii() else without_accents(word).casefold()


def _hybrid(words: list[str]) -> str:
    """Return parents and epithets of a hybrid, without authors and years."""
    written: list[str] = []
    for place, word in enumerate(words):
        if word in HYBRID:
            written.append("x")
        elif words[place - 1] in HYBRID and SHORT_GENUS.fullmatch(word) and _may_shorten(word, words[0]):
            written.append(capitalised(words[0]))
        elif place == 0 or words[place - 1] in HYBRID or word[0].islower():
            written.append(capitalised(word) if place == 0 else word)
    return " ".join(written)


def _binomial(raw: str, words: list[str], start: int, genus: str) -> tuple[str, str]:
    first, epithet = words[start], words[start + 1] if start + 1 < len(words) else ""
    if DIGIT.search(first) or (DIGIT.search(epithet) and not _NUMERAL.fullmatch(epithet)):
        if epithet and YEAR.fullmatch(epithet):
            return "", "not_a_species"
        # "G1 s1" of a genus G1 is an id as well.
        return (raw, "") if first == genus and NODE_ID.fullmatch(first) else ("", "placeholder")
    if _SHORT_EPITHET.fullmatch(epithet) or (
        SHORT_GENUS.fullmatch(first) and GENUS.fullmatch(genus) and not same_genus(first, genus)
    ):
        return "", "placeholder"  # C. p. molestus, or a short genus that is not that of the record
    loud = epithet.isupper() and len(epithet) > 1
    if (loud and not (first.isupper() or may_be_latin(epithet))) or re.search("[a-z][A-Z]{2,}", epithet):
        return "", "placeholder"
    if epithet[:1].isupper() and not loud and any(map(YEAR.fullmatch, words[start + 2 : start + 3])):
        return "", "not_a_species"  # the author of a genus, and the year
    written = genus if same_genus(first, genus) else capitalised(first)
    return " ".join([*words[:start], written, *([lowered(epithet)] if epithet else [])]), ""


def _single_word(raw: str, word: str, genus: str) -> tuple[str, str]:
    """Return a species of one word: an epithet, an id, or its genus again."""
    named = GENUS.fullmatch(genus) is not None
    if not genus and _ONE_WORD.fullmatch(word) and "-" not in word:
        return "", "placeholder"  # Sample.alpha
    if DIGIT.search(word) and not (named and _NUMERAL.fullmatch(word)):
        kept = NODE_ID.fullmatch(raw) and not named
        return (raw, "") if kept else ("", "placeholder")
    if named and (word == genus or (word.isupper() and same_genus(word, genus))):
        return "", "not_a_species"
    if _SUBFAMILY.fullmatch(word):
        return "", "not_a_species"
    if is_above_genus(word) and (not word.islower() or word.endswith(("idae", "aceae"))):
        return "", "not_a_species"
    if named and _EPITHET.fullmatch(lowered(word)) and (not word.isupper() or may_be_latin(word)):
        return f"{genus} {lowered(word)}", ""
    return ("", "not_a_species") if word.islower() and not genus else (word, "")  # of any genus
