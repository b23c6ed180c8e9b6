"""Index without the command line: references kept and dropped, fragments of them, a library that grows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.calibration import Calibration
from barcodeembed.errors import InputError
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows import index
from barcodeembed.workflows.index import grow_library, library_of, recalibrate
from barcodeembed.workflows.references.fragments import cut_fragments
from barcodeembed.workflows.references.intake import References, read_references
from barcodeembed.workflows.references.library_warnings import warnings_of
from barcodeembed.workflows.references.report import Reading, lost_lines

LIBRARY = Path(__file__).parents[2] / "data" / "library.tsv"


@pytest.fixture(scope="module")
def references(embedder):
    return read_references([LIBRARY], embedder, model="kmer4")


@pytest.fixture(scope="module")
def library(dutch):
    return CalibratedLibrary.open(dutch.path)


def table(path: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    lines = ["id\tfamily\tgenus\tspecies\tsequence", *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_every_record_is_kept_or_dropped_for_a_reason(tmp_path: Path, embedder, some: list[str]) -> None:
    path = table(
        tmp_path / "refs.tsv",
        [
            ("a", "Culicidae", "Culex", "Culex pipiens", some[0]),
            ("b", "Culicidae", "Culex", "Culex sp. 12", some[1]),
            ("a", "Culicidae", "Culex", "Culex modestus", some[2]),
            ("c", "", "", "uncultured insect", some[3]),
            ("d", "Culicidae", "Culex", "Culex pipiens", "ACGT"),
            ("e", "Muscidae", "Culex", "Culex pipiens", some[0]),
        ],
    )
    found = read_references([path], embedder, reading=Reading(interim="drop", allow_losses=True))
    assert found.ids == ["a", "b", "e"]
    assert found.lineages[1] == Lineage.from_ranks(family="Culicidae", genus="Culex")
    report = found.report
    assert report.dropped == {"repeated_id": 1, "no_name": 1, "too_short": 1}
    assert report.read == report.kept + report.dropped.total() == 6
    assert report.identical == 1
    assert report.cleaned["open_nomenclature"] == 1
    assert report.named["species"] == 2
    assert report.taxa["family"] == 2
    assert [conflict.name for conflict in report.conflicts] == ["Culex"]
    assert np.array_equal(found.vectors[0], found.vectors[2])
    kept = read_references([path], embedder, reading=Reading(allow_losses=True))
    assert kept.lineages[1].at("species") == "Culex sp. 12"
    assert kept.report.cleaned["interim"] == 1
    assert next(lost_lines(kept.report)).startswith(
        "1 of 6 records is dropped (repeated_id), the first 'a': an earlier"
    )


def test_losses_of_more_than_half_are_refused(tmp_path: Path, embedder, some: list[str]) -> None:
    path = tmp_path / "refs.fasta"
    path.write_text("".join(f">Sample {n};tax=g:Culex;\n{barcode}\n" for n, barcode in enumerate(some)))
    with pytest.raises(InputError, match=r"5 of 6 .* \(repeated_id\), the first 'Sample': .*--whole-h"):
        read_references([path], embedder)
    assert len(read_references([path], embedder, reading=Reading(allow_losses=True))) == 1
    assert len(read_references([path], embedder, reading=Reading(whole_headers=True))) == 6


def test_ids_that_a_taxonomy_lacks_are_counted_as_that(tmp_path: Path, embedder, some: list[str]) -> None:
    (tmp_path / "x.fasta").write_text("".join(f">{id}\n{some[0]}\n" for id in "abc"))
    name = Lineage.from_ranks(genus="Culex")
    found = read_references([tmp_path / "x.fasta"], embedder, taxonomy={"a": name, "b": name})
    assert found.report.dropped == {"not_in_taxonomy": 1}


def test_input_without_names_is_refused(tmp_path: Path, embedder, some: list[str]) -> None:
    (tmp_path / "plain.fasta").write_text(f">a\n{some[0]}\n")
    with pytest.raises(
        InputError,
        match=r"not one of 1 records .* \(1 no_name\); no name was found in the first, 'a': references need names",
    ):
        read_references([tmp_path / "plain.fasta"], embedder)


def test_of_a_table_without_names_the_columns_are_listed(tmp_path: Path, embedder, some: list[str]) -> None:
    (tmp_path / "plain.tsv").write_text(f"id\tsequence\tpond\na\t{some[0]}\tnorth\n")
    with pytest.raises(
        InputError, match=r"found in the first, 'a row with the columns id, sequence, pond': references"
    ):
        read_references([tmp_path / "plain.tsv"], embedder)
    name = Lineage.from_ranks(genus="Culex")
    assert len(read_references([tmp_path / "plain.tsv"], embedder, taxonomy={"a": name})) == 1


def test_names_may_come_from_a_taxonomy(tmp_path: Path, embedder, some: list[str]) -> None:
    (tmp_path / "plain.fasta").write_text(f">a\n{some[0]}\n")
    name = Lineage.from_ranks(genus="Culex", species="Culex pipiens")
    assert read_references([tmp_path / "plain.fasta"], embedder, taxonomy={"a": name}).lineages == [name]


def test_wrong_sintax_separators_are_refused(tmp_path: Path, embedder, some: list[str]) -> None:
    (tmp_path / "x.fasta").write_text(f">a;tax=k:Animalia;p:Arthropoda;\n{some[0]}\n")
    with pytest.raises(InputError, match="with commas"):
        read_references([tmp_path / "x.fasta"], embedder)


def test_fragments_are_pieces_of_their_references(references, embedder) -> None:
    pieces = cut_fragments(references.columns, embedder, n=40)
    assert set(pieces) == {130, 200, 313}
    starts = set()
    for length, piece in pieces.items():
        assert len(piece.rows) == len(piece.columns) == len(piece.vectors) > 30
        covered = piece.columns > 0
        assert covered.sum(axis=1).max() <= length
        same = piece.columns == references.columns[piece.rows]
        assert (same | ~covered).mean() > 0.999
        starts |= set(covered.argmax(axis=1).tolist())
    assert len(starts) > 60


def test_names_are_not_held_twice_while_a_library_is_calibrated(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[References] = []
    held: list[int] = []

    def reading(*given, **options) -> References:
        read.append(read_references(*given, **options))
        return read[-1]

    def calibrating(*given) -> Calibration:
        held.append(len(read[0].ids) + len(read[0].lineages) + len(read[0].bins))
        return Calibration.default()

    monkeypatch.setattr(index, "read_references", reading)
    monkeypatch.setattr(index, "calibrate", calibrating)
    made = index.make_library([LIBRARY], index.IndexSettings(model="kmer4"))
    assert held == [0]
    assert len(made.library.references.ids) == made.report.kept == 282


def test_the_library_says_what_it_is(library) -> None:
    assert library.references.manifest["source"] == "Naturalis"
    assert library.references.manifest["licence"] == "Apache-2.0"
    assert library.references.manifest["counts"]["kept"] == 282
    assert set(library.calibration.facts["examples"]) == {"130", "200", "313", "658"}
    assert warnings_of(library.references) == []


def test_warnings_of_a_poor_library(references) -> None:
    names = {}
    for kind, keep in (("one", 7), ("no species", 6)):
        lineages = [Lineage((*line.names[:keep], *("",) * (7 - keep))) for line in references.lineages[:1] * 3]
        few = type(references)(
            ["a", "b", "c"], lineages, [""] * 3, references.columns[:3], references.vectors[:3], references.report
        )
        names[kind] = warnings_of(library_of(few, model="kmer4", fingerprint="kmer4").references)
    assert "is the only species" in names["one"][0]
    assert "no reference has a species" in names["no species"][0]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "NLACA011-15 is far from the rest of its taxon: no query gets a name from it; barcodeembed audit lists it"),
        (2, "2 references are far from the rest of their taxon, such as NLACA011-15: no query gets a name from them; "),
    ],
)
def test_what_is_another_organism_is_told(library, number: int, said: str) -> None:
    far = np.arange(len(library.references)) < number
    (line,) = warnings_of(replace(library.references, aliens=far))
    assert line.startswith(said)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "1 of 4 references has no family: no query can get one from it"),
        (2, "2 of 4 references have no family: no query can get one from them"),
    ],
)
def test_a_rank_that_references_lack_is_told(references, number: int, said: str) -> None:
    names = references.lineages[0].names
    kept = [Lineage(names if i >= number else (*names[:4], "", "", "")) for i in range(4)]
    few = type(references)(
        list("abcd"), kept, [""] * 4, references.columns[:4], references.vectors[:4], references.report
    )
    assert said in warnings_of(library_of(few, model="kmer4", fingerprint="kmer4").references)


@pytest.mark.slow
def test_a_library_grows_and_is_calibrated_anew(references, library, embedder) -> None:
    kept = [i for i in range(len(references)) if i % 3]
    half = type(references)(
        [references.ids[i] for i in kept],
        [references.lineages[i] for i in kept],
        [references.bins[i] for i in kept],
        references.columns[kept],
        references.vectors[kept],
        references.report,
        model="kmer4",
        fingerprint="kmer4",
    )
    small = library_of(half, model="kmer4", fingerprint="kmer4")
    rest = sorted(set(range(len(references))) - set(kept))
    more = type(references)(
        [references.ids[i] for i in rest],
        [references.lineages[i] for i in rest],
        [references.bins[i] for i in rest],
        references.columns[rest],
        references.vectors[rest],
        references.report,
        model="kmer4",
        fingerprint="kmer4",
    )
    grown = recalibrate(grow_library(small.references, more), embedder)
    assert sorted(grown.references.ids) == sorted(library.references.ids)
    assert grown.calibration != small.calibration
    assert grown.calibration.facts["fitted_on"] == "282 references"


def test_a_rank_with_a_single_taxon_keeps_the_models_that_ship(references, library) -> None:
    """All references are animals: nothing here shows what is none."""
    shipped = Calibration.default().models
    assert (
        library.calibration.models["identity", 658, "kingdom"].logistic == shipped["identity", 658, "kingdom"].logistic
    )
    assert library.calibration.models["identity", 658, "genus"].logistic != shipped["identity", 658, "genus"].logistic
    assert library.calibration.fitted_lengths == [130, 200, 313, 658]
