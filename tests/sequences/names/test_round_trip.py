"""Lineages written in the dialects and with the decorations that are about come back as the same taxa."""

from collections.abc import Callable
from pathlib import Path

import pytest

from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.names.cleaning import clean_lineage
from barcodeembed.sequences.names.lineages import parse_header, parse_lineage, parse_sintax
from barcodeembed.taxonomy import RANKS, Lineage

pytestmark = pytest.mark.slow

LIBRARY = Path(__file__).parents[3] / "data" / "library.tsv"
LETTERS = "kpcofgs"

Names = tuple[str, ...]


def prefixed(style: str, separator: str, names: Names) -> str:
    words = {"letter": LETTERS, "rank": RANKS}["rank" if "rank" in style else "letter"]
    return separator.join(
        style.format(letter=word, rank=word, LETTER=word.upper()) + name
        for word, name in zip(words, names, strict=True)
    )


def subfamily(family: str) -> str:
    return family.removesuffix("idae") + "inae"


def tribe(family: str) -> str:
    return family.removesuffix("idae") + "ini"


def numbered(names: Names) -> Names:
    return tuple(f"{name}_{6000 + place}" for place, name in enumerate(names))


def with_subfamily(names: Names) -> Names:
    return (*names[:5], subfamily(names[4]), *names[5:])


def with_tribe(names: Names) -> Names:
    return (*names[:5], subfamily(names[4]), tribe(names[4]), names[5], f"{names[5]} ({names[5]})", names[6])


COLUMNS: dict[str, Callable[[Names], str]] = {
    "two underscores": lambda n: prefixed("{letter}__", ";", n),
    "two underscores and a space": lambda n: prefixed("{letter}__", "; ", n),
    "one underscore": lambda n: prefixed("{letter}_", ";", n),
    "capitals": lambda n: prefixed("{LETTER}__", ";", n),
    "colon": lambda n: prefixed("{letter}:", ",", n),
    "colon and semicolon": lambda n: prefixed("{letter}:", ";", n),
    "ranks in words": lambda n: prefixed("{rank}__", ";", n),
    "ranks and equals": lambda n: prefixed("{rank}=", ";", n),
    "bars": lambda n: prefixed("{letter}__", "|", n),
    "commas": lambda n: prefixed("{letter}__", ",", n),
    "SILVA": lambda n: ";".join(f"D_{place}__{name}" for place, name in enumerate(("Eukaryota", *n[1:]))),
    "domain, subfamily, tribe": lambda n: (
        f"d__Eukaryota;k__{n[0]};p__{n[1]};c__{n[2]};o__{n[3]};f__{n[4]};sf__{subfamily(n[4])};t__{tribe(n[4])};g__{n[5]};s__{n[6]}"
    ),
    "names alone": ";".join,
    "a semicolon at the end": lambda n: ";".join(n) + ";",
    "names and bars": "|".join,
    "names and tabs": "\t".join,
    "names and commas": ", ".join,
    "from the root": lambda n: ";".join(("Root", *n)),
    "cellular organisms": lambda n: ";".join(("cellular organisms", "Eukaryota", *n)),
    "from the phylum": lambda n: ";".join(n[1:]),
    "from the class": lambda n: ";".join(n[2:]),
    "with a subfamily": lambda n: ";".join(with_subfamily(n)),
    "from the phylum with a subfamily": lambda n: ";".join(with_subfamily(n)[1:]),
    "with subfamily, tribe, subgenus": lambda n: ";".join(with_tribe(n)),
    "without a genus": lambda n: ";".join((*n[:5], n[6])),
    "an epithet for the species": lambda n: ";".join((*n[:6], n[6].split()[1])),
    "underscores": lambda n: ";".join(name.replace(" ", "_") for name in n),
    "mothur": lambda n: "".join(f"{name.replace(' ', '_')}(98);" for name in n),
    "SINTAX output": lambda n: prefixed("{letter}:", ",", tuple(f"{name}(0.98)" for name in n)),
    "confidence after a colon": lambda n: ";".join(f"{name}:0.98" for name in n),
    "confidence in square brackets": lambda n: ";".join(f"{name} [98.5%]" for name in n),
    "numbers of NCBI": lambda n: ";".join(numbered(n)),
    "numbers of NCBI and prefixes": lambda n: prefixed("{letter}__", ";", numbered(n)),
    "capital letters": lambda n: ";".join(n).upper(),
    "small letters": lambda n: ";".join(n).lower(),
    "capitals and prefixes": lambda n: prefixed("{letter}__", ";", tuple(map(str.upper, n))),
    "author and year": lambda n: ";".join((*n[:5], f"{n[5]} Koch, 1837", f"{n[6]} (Koch, 1837)")),
    "subgenus in the species": lambda n: ";".join((*n[:6], n[6].replace(" ", " (Aus) "))),
    "quotes": lambda n: ";".join(f'"{name}"' for name in n),
    "no-break and zero-width spaces": lambda n: ";".join(name.replace(" ", "\u00a0") + "\u200b" for name in n),
    "the family before the genus": lambda n: ";".join((*n[:5], f"{n[4].upper()}_{n[5]}", n[6])),
}
"""What stands in the column of a taxonomy file."""

LOST = {"SILVA": "kingdom", "from the phylum": "kingdom", "from the class": "kingdom phylum"} | {
    "from the phylum with a subfamily": "kingdom"
}
"""Ranks that a dialect does not tell; SILVA has a domain in their place."""

HEADERS: dict[str, Callable[[Names], str]] = {
    "SINTAX": lambda n: "ID;tax=" + prefixed("{letter}:", ",", n) + ";",
    "SINTAX of numbers": lambda n: "ID;tax=" + prefixed("{letter}:", ",", numbered(n)) + ";",
    "QIIME 2": lambda n: "ID " + prefixed("{letter}__", "; ", n),
    "one underscore": lambda n: "ID " + prefixed("{letter}_", ";", n),
    "colons": lambda n: "ID " + prefixed("{letter}:", ",", n),
    "RDP": lambda n: "ID\tRoot;" + ";".join(n),
    "IDTAXA": lambda n: "ID;Root;" + ";".join(n),
    "names alone": lambda n: "ID " + ";".join(n),
    "from the phylum with a subfamily": lambda n: "ID " + ";".join(with_subfamily(n)[1:]),
    "mothur": lambda n: "ID " + "".join(f"{name}(100);" for name in n),
    "MIDORI": lambda n: "ID###root_1;" + ";".join(numbered(n)),
    "bars": lambda n: "ID|" + prefixed("{letter}__", ";", n),
    "BOLD": lambda n: f"ABC123-12|COI-5P|None|{','.join((*n[:5], 'None', 'None', *n[5:], 'None'))}",
}
"""What stands in the header of a FASTA file."""


def lineages() -> list[Lineage]:
    return sorted({barcode.lineage for barcode in read_barcodes([LIBRARY])}, key=lambda lineage: lineage.names)


def expected(lineage: Lineage, lost: str) -> Lineage:
    return Lineage(tuple("" if rank in lost.split() else name for rank, name in zip(RANKS, lineage.names, strict=True)))


def known(lineage: Lineage, lost: str) -> Lineage:
    """The cleaned lineage without the ranks that the dialect does not tell."""
    return expected(clean_lineage(lineage)[0], lost)


@pytest.mark.parametrize("dialect", COLUMNS)
def test_columns(dialect: str) -> None:
    lost = LOST.get(dialect, "")
    for lineage in lineages():
        text = COLUMNS[dialect](lineage.names)
        assert known(parse_lineage(text), lost) == expected(lineage, lost), text


@pytest.mark.parametrize("dialect", HEADERS)
def test_headers(dialect: str) -> None:
    lost = LOST.get(dialect, "")
    for lineage in lineages():
        header = HEADERS[dialect](lineage.names)
        found = (
            parse_sintax(header) if "tax=" in header else (parse_header(header, labelled=True) or ("", Lineage()))[1]
        )
        assert known(found, lost) == expected(lineage, lost), header
