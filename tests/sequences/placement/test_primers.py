"""Primers at the ends of reads are left out, wherever on the region they lie; animals that look like them are not."""

from pathlib import Path

import numpy as np
import pytest
from Bio.Seq import reverse_complement

from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.sequences.placement.primers import PRIMERS

LIBRARY = Path(__file__).parents[3] / "data" / "library.tsv"
FIRST = str.maketrans("RYSWKMBDHVNI", "ACCAGACAAAAA")
"""One base of those that an ambiguity code allows."""


@pytest.fixture(scope="module")
def whole() -> list[str]:
    """Barcodes of 658 bases."""
    return [b.sequence for b in read_barcodes([LIBRARY]) if len(b.sequence) == 658][:40]


def primer(name: str) -> str:
    return next(p.sequence for p in PRIMERS if p.name == name).translate(FIRST)


@pytest.mark.parametrize("name", ["LCO1490", "LepF1", "jgLCO1490", "fwhF1", "BF2"])
@pytest.mark.parametrize("late", [25, 40, 60, 250])
def test_a_stub_on_a_barcode_that_starts_late_changes_nothing(whole: list[str], name: str, late: int) -> None:
    cut = [s[late : late + 240] for s in whole]
    plain = shipped_anchor().place(cut)
    for turn in (str, reverse_complement):
        placed = shipped_anchor().place([turn(primer(name) + s) for s in cut])
        assert (placed.columns == plain.columns).all(axis=1).mean() > 0.85
        assert ((placed.columns != plain.columns).sum(axis=1) <= 5).all()
        assert all("primer" in flags for flags in placed.flags)


@pytest.mark.parametrize(("name", "site"), [("mlCOIintF", 319), ("BF2", 217), ("fwhF2", 319), ("Ill_B_F", 220)])
def test_a_primer_on_its_own_site_is_left_out(whole: list[str], name: str, site: int) -> None:
    inner = site + len(primer(name))
    reads = [primer(name) + s[inner:] + reverse_complement(primer("jgHCO2198")) for s in whole]
    placed = shipped_anchor().place(reads)
    plain = shipped_anchor().place([s[inner:] for s in whole])
    assert np.array_equal(placed.columns, plain.columns)
    assert set(placed.flags) == {"primer"}


@pytest.mark.parametrize(
    ("forward", "reverse", "begin", "end"), [("fwhF2", "fwhR2n", 345, 550), ("BF1", "BR1", 342, 559)]
)
def test_both_primers_of_a_minibarcode(whole: list[str], forward: str, reverse: str, begin: int, end: int) -> None:
    reads = [primer(forward) + s[begin:end] + reverse_complement(primer(reverse)) for s in whole]
    placed = shipped_anchor().place(reads)
    assert np.array_equal(placed.columns, shipped_anchor().place([s[begin:end] for s in whole]).columns)


def test_a_tag_before_the_primer_goes_with_it(whole: list[str]) -> None:
    reads = ["ACGAGTGC" + primer("LCO1490") + s[60:] for s in whole]
    placed = shipped_anchor().place(reads)
    assert ((placed.columns[:, :60] > 0).sum(axis=1) == 0).all()
    assert all("primer" in flags for flags in placed.flags)


@pytest.mark.parametrize(
    ("name", "site", "before"),
    [
        ("mlCOIintF", 319, "TTACGATG"),
        ("mlCOIintF", 319, "ACGAGTGCCTGAGTCAGCTC"),
        ("mlCOIintF", 319, "ACACTCTTTCCCTACACGACGCTCTTCCGATCTTTACGATG"),
        ("BF2", 217, "TTACGATG"),
        ("BF2", 217, "ACGAGTGCCTGAGTCAGCTC"),
    ],
)
def test_what_stands_before_an_inner_primer_goes_with_it(whole: list[str], name: str, site: int, before: str) -> None:
    """Tags and adapters. Bases before a primer that fit their columns by chance stay, in a few reads."""
    inner = site + len(primer(name))
    plain = [s[inner:] + reverse_complement(primer("jgHCO2198")) for s in whole]
    expected = shipped_anchor().place(plain).columns
    for turn in (str, reverse_complement):
        placed = shipped_anchor().place([turn(before + primer(name) + s) for s in plain])
        assert (placed.columns == expected).all(axis=1).mean() > 0.6
    # Without a primer at the other end, a read that begins so may be of an animal.
    begun = [s[site - 8 : 650] for s in whole]
    assert not any("primer" in flags for flags in shipped_anchor().place(begun).flags)


@pytest.mark.parametrize("begin", [0, 217, 220, 319, 322])
def test_animals_that_look_like_primers_keep_their_bases(whole: list[str], begin: int) -> None:
    """A read of 658 bases was made with outer primers; what begins elsewhere is longer than an amplicon."""
    placed = shipped_anchor().place([primer("LCO1490") + s for s in whole])
    assert (placed.columns > 0).all()
    rest = shipped_anchor().place([s[begin:] + "ACGT" * 100 for s in whole])
    assert ((rest.columns[:, begin:] > 0).sum(axis=1) >= 658 - begin - 3).all()
    assert not any("primer" in flags for flags in [*placed.flags, *rest.flags])
