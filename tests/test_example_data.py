"""The example data is what data/README.md says it is."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

DATA = Path(__file__).parent.parent / "data"
LIBRARY_COLUMNS = "processid bin_uri kingdom phylum class order family genus species nuc marker_code"
TRUTH_COLUMNS = "id species genus family order expected modification"

Row = dict[str, str]


def read_table(name: str) -> list[Row]:
    with (DATA / name).open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def library() -> list[Row]:
    return read_table("library.tsv")


@pytest.fixture(scope="module")
def truth() -> list[Row]:
    return read_table("reads_truth.tsv")


@pytest.fixture(scope="module")
def reads() -> dict[str, str]:
    lines = (DATA / "reads.fasta").read_text().splitlines()
    return {header.removeprefix(">"): bases for header, bases in zip(lines[::2], lines[1::2], strict=True)}


@pytest.fixture(scope="module")
def readme() -> str:
    return (DATA / "README.md").read_text()


def test_columns_hold_ranks_and_sequences_only(library: list[Row], truth: list[Row]) -> None:
    assert list(library[0]) == LIBRARY_COLUMNS.split()
    assert list(truth[0]) == TRUTH_COLUMNS.split()


def test_nothing_personal() -> None:
    for name in ("library.tsv", "reads.fasta", "reads_truth.tsv"):
        assert "@" not in (DATA / name).read_text()


def test_readme_counts_the_library(library: list[Row], readme: str) -> None:
    n = {rank: len({row[rank] for row in library}) for rank in ("species", "genus", "family", "order")}
    assert (
        f"{len(library)} reference barcodes of {n['species']} species, {n['genus']} genera, "
        f"{n['family']} families, {n['order']} orders"
    ) in readme


def test_readme_counts_the_reads(reads: dict[str, str], truth: list[Row], readme: str) -> None:
    assert f"{len(reads)} reads to classify" in readme
    for column in ("expected", "modification"):
        for value, number in Counter(row[column] for row in truth).items():
            assert f"| `{value}` | {number} |" in readme


def test_readme_counts_the_doubtful_labels(library: list[Row], readme: str) -> None:
    species, bins = defaultdict(set), defaultdict(set)
    for row in library:
        species[row["bin_uri"]].add(row["species"])
        bins[row["species"]].add(row["bin_uri"])
    assert sorted(len(names) for names in species.values())[-4:] == [1, 2, 2, 2]
    assert "3 BINs of the library hold 2 species" in readme
    assert f"{sum(len(uris) > 1 for uris in bins.values())} species span 2 BINs or more" in readme


def test_library_rows_are_complete(library: list[Row]) -> None:
    for row in library:
        assert all(row.values())
        assert row["kingdom"] == "Animalia"
        assert row["marker_code"] == "COI-5P"
        assert row["bin_uri"].startswith("BOLD:")
        assert row["species"].split()[0] == row["genus"]


def test_library_sequences(library: list[Row]) -> None:
    sequences = [row["nuc"] for row in library]
    assert set("".join(sequences)) == set("ACGT")
    assert (min(map(len, sequences)), max(map(len, sequences))) == (538, 659)
    assert len(set(sequences)) == len(sequences)


def test_each_genus_has_two_species_and_each_species_at_most_four_barcodes(library: list[Row]) -> None:
    genera = Counter(genus for genus, _ in {(row["genus"], row["species"]) for row in library})
    assert min(genera.values()) >= 2
    assert set(Counter(row["species"] for row in library).values()) == {1, 2, 3, 4}


def test_truth_follows_the_reads(reads: dict[str, str], truth: list[Row]) -> None:
    assert [row["id"] for row in truth] == list(reads)


def test_ids_are_used_once(library: list[Row], truth: list[Row]) -> None:
    ids = [row["processid"] for row in library] + [row["id"] for row in truth]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("expected", "known", "unknown"),
    [
        ("seen_species", ["species", "genus", "family", "order"], []),
        ("unseen_species", ["genus", "family", "order"], ["species"]),
        ("unseen_genus", ["family", "order"], ["species", "genus"]),
    ],
)
def test_seen_and_unseen_are_so(
    library: list[Row], truth: list[Row], expected: str, known: list[str], unknown: list[str]
) -> None:
    for row in (row for row in truth if row["expected"] == expected):
        assert all(any(row[rank] == other[rank] for other in library) for rank in known)
        assert not any(row[rank] == other[rank] for other in library for rank in unknown)


def test_no_read_is_in_the_library(library: list[Row], reads: dict[str, str], truth: list[Row]) -> None:
    for row in (row for row in truth if row["expected"] != "reject"):
        bases = reads[row["id"]]
        if row["modification"] == "reverse_complement":
            bases = bases[::-1].translate(str.maketrans("ACGT", "TGCA"))
        assert not any(bases in other["nuc"] or other["nuc"] in bases for other in library)


def test_leray_reads_have_313_bases(reads: dict[str, str], truth: list[Row]) -> None:
    for row in truth:
        if row["modification"] == "leray_313":
            assert len(reads[row["id"]]) == 313


def test_rejects_are_what_their_ids_say(reads: dict[str, str], truth: list[Row]) -> None:
    rejects = [row for row in truth if row["expected"] == "reject"]
    assert [row["id"] for row in rejects] == ["not_coi_1", "too_ambiguous_1", "too_short_1"]
    assert not any(row[rank] for row in rejects for rank in ("species", "genus", "family", "order"))
    assert len(reads["too_short_1"]) == 40
    assert reads["too_ambiguous_1"].count("N") * 2 == len(reads["too_ambiguous_1"])
    assert len(reads["not_coi_1"]) == 658


def test_files_are_small() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir() if path.is_file()) < 500_000
