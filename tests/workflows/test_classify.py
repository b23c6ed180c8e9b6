"""Index and classify without the command line: references kept and dropped, calls in order, computed once, by file."""

import random
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pytest
from Bio.Seq import reverse_complement

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.calibration import Calibration
from barcodeembed.classify.call import Call
from barcodeembed.embeddings.reader import are_embedding_files
from barcodeembed.errors import InputError, MismatchError, UsageError
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.calling.embedded import WITHOUT_BASES
from barcodeembed.workflows.classify import (
    classify_with,
    min_confidences,
    open_classifier,
)
from barcodeembed.workflows.embed import embed_files
from barcodeembed.workflows.embedders import open_embedder
from barcodeembed.workflows.index import (
    grow_library,
    library_of,
    read_ids,
    recalibrate,
)
from barcodeembed.workflows.references.fragments import cut_fragments
from barcodeembed.workflows.references.intake import read_embedded, read_references
from barcodeembed.workflows.references.library_warnings import warnings_of
from barcodeembed.workflows.references.report import Reading, lost_lines
from barcodeembed.workflows.tables.columns import TABLE_COLUMNS
from barcodeembed.workflows.tables.summary import CallSummary

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "data" / "library.tsv"
READS = ROOT / "data" / "reads.fasta"


def classify_files(inputs, libraries, embedder, **options):
    """The calls of some files, without vectors."""
    return (call for call, _ in classify_with(inputs, open_classifier(libraries), embedder, **options))


@pytest.fixture(scope="module")
def embedder():
    return open_embedder("kmer4")


@pytest.fixture(scope="module")
def references(embedder):
    return read_references([LIBRARY], embedder, model="kmer4")


@pytest.fixture(scope="module")
def library(dutch):
    return CalibratedLibrary.open(dutch.path)


@pytest.fixture(scope="module")
def saved(dutch) -> Path:
    return dutch.path


def table(path: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    lines = ["id\tfamily\tgenus\tspecies\tsequence", *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def some(library_sequences: list[str]) -> list[str]:
    return library_sequences[:6]


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


def test_one_call_for_each_read_in_order(saved: Path, embedder) -> None:
    calls = list(classify_files([READS], [saved], embedder))
    assert [call.id for call in calls] == [barcode.id for barcode in read_barcodes([READS])]
    statuses = Counter(call.status for call in calls)
    assert statuses == {"ok": 95, "not_coi": 1, "too_ambiguous": 1, "too_short": 1}
    for call in calls:
        found = call.assignment
        assert (found.verdict != "") == (call.status == "ok")
        assert (call.nearest is not None) == (call.status == "ok")
        assert bool(found.candidates) == (found.verdict == "ambiguous")


def test_known_species_are_named_and_new_ones_are_not(saved: Path, embedder) -> None:
    truth = {}
    for line in (ROOT / "data" / "reads_truth.tsv").read_text().splitlines()[1:]:
        id, species, *_, expected, _ = line.split("\t")
        truth[id] = species, expected
    right = Counter()
    for call in classify_files([READS], [saved], embedder):
        species, expected = truth[call.id]
        given = call.assignment.lineage.at("species")
        right[expected, "named" if given else "blank", given == species] += 1
    assert right["seen_species", "named", True] >= 42
    assert right["seen_species", "named", False] <= 1
    assert right["unseen_species", "named", False] + right["unseen_genus", "named", False] <= 3


def test_strand_and_batch_do_not_matter(saved: Path, embedder, tmp_path: Path) -> None:
    records = [(barcode.id, barcode.sequence) for barcode in read_barcodes([READS])]
    turned = tmp_path / "turned.fasta"
    turned.write_text("".join(f">{id}\n{reverse_complement(sequence)}\n" for id, sequence in reversed(records)))
    forward = [call.assignment for call in classify_files([READS], [saved], embedder)]
    reverse = [call.assignment for call in classify_files([turned], [saved], embedder)]
    assert repr(forward) == repr(reverse[::-1])


def test_identical_queries_are_computed_once(saved: Path, tmp_path: Path, some: list[str]) -> None:
    class Counting(type(open_embedder("kmer4"))):
        n = 0

        def embed(self, placements, sequences):
            self.n += len(placements)
            return super().embed(placements, sequences)

    rng = random.Random(0)
    path = tmp_path / "many.fasta"
    path.write_text("".join(f">q{i}\n{rng.choice(some)}\n" for i in range(700)))
    counting = Counting(4)
    rows = list(classify_with([path], open_classifier([saved]), counting))
    assert counting.n == len(some)
    assert sum(vector is not None for _, vector in rows) == len(some)
    assert len({call.nearest.id for call, _ in rows}) <= len(some)
    assert len(rows) == 700


def test_equal_reads_of_other_qualities_are_called_by_their_own(saved: Path, embedder, tmp_path: Path, some) -> None:
    wrong = [*some[0]]
    places = range(30, 600, 50)
    for place in places:
        wrong[place] = "A" if wrong[place] != "A" else "C"
    low = ["#" if place in places else "I" for place in range(len(wrong))]
    records = [f"@q{i}\n{''.join(wrong)}\n+\n{''.join(q)}\n" for i, q in enumerate([["I"] * len(wrong), low])]
    exact = [f"@e{i}\n{some[1]}\n+\n{q * len(some[1])}\n" for i, q in enumerate("I5")]
    found = []
    for number, order in enumerate([records + exact, records[::-1] + exact[::-1]]):
        path = tmp_path / f"{number}.fastq"
        path.write_text("".join(order))
        calls = classify_files([path], [saved], embedder)
        found.append({call.id: [call.probability["species"], call.assignment.expected_errors] for call in calls})
    assert found[0] == found[1]
    assert found[0]["q0"][0] != found[0]["q1"][0]
    assert found[0]["e0"][0] == found[0]["e1"][0]


def texts(calls: list[Call]) -> list[list[str]]:
    """The calls as the native table has them, but for the sample, which is named after the file."""
    return [[column.text(call) for column in TABLE_COLUMNS if column.name != "sample"] for call in calls]


def test_an_embedding_file_is_called_as_its_sequences_are(saved: Path, embedder, tmp_path: Path) -> None:
    embed_files([READS], tmp_path / "reads.h5", embedder, model="kmer4")
    from_file = list(classify_files([tmp_path / "reads.h5"], [saved], None))
    assert texts(from_file) == texts(list(classify_files([READS], [saved], embedder)))


def test_an_embedding_file_without_bases_is_called_by_cosine_and_says_so(saved: Path, embedder, tmp_path: Path) -> None:
    embed_files([READS], tmp_path / "reads.h5", embedder, model="kmer4")
    with h5py.File(tmp_path / "reads.h5", "a") as file:
        del file["obs/columns"]
    counts = ReadCounts()
    calls = [c for c, _ in classify_with([tmp_path / "reads.h5"], open_classifier([saved]), None, counts=counts)]
    assert list(counts.remarks.lines()) == [f"{WITHOUT_BASES}: 95, the first in {tmp_path / 'reads.h5'}"]
    summary = CallSummary()
    for call in calls:
        summary.add(call)
    assert summary.to_dict()["without_bases"] == 95
    by_bases = list(classify_files([READS], [saved], embedder))
    both = [(a.lineage, b.lineage) for a, b in zip(calls, by_bases, strict=True) if b.verdict == "named"]
    agree = [a.at("genus") == b.at("genus") for a, b in both if a.at("genus")]
    assert len(agree) > 20
    assert all(agree)


def test_bases_of_another_width_are_refused(saved: Path, embedder, tmp_path: Path) -> None:
    embed_files([READS], tmp_path / "reads.h5", embedder, model="kmer4")
    with h5py.File(tmp_path / "reads.h5", "a") as file:
        file["obs/columns"][0] = "AAAA"
    with pytest.raises(InputError, match="not on 658 barcode columns"):
        list(classify_files([tmp_path / "reads.h5"], [saved], None))


def test_an_embedding_file_as_references(embedder, tmp_path: Path) -> None:
    embed_files([LIBRARY], tmp_path / "refs.h5", embedder, model="kmer4")
    references = read_embedded([tmp_path / "refs.h5"])
    assert (references.model, references.fingerprint) == ("kmer4", "kmer4")
    bare = library_of(references, model=references.model, fingerprint=references.fingerprint)
    assert len(bare) == 282
    assert "cosine" in warnings_of(bare.references)[-1]
    bare.save(tmp_path / "bare.barcodelib")
    calls = list(classify_files([READS], [tmp_path / "bare.barcodelib"], embedder))
    assert sum(call.lineage.at("genus") != "" for call in calls) > 30
    embed_files([READS], tmp_path / "reads.h5", embedder, model="kmer4")
    assert texts(list(classify_files([tmp_path / "reads.h5"], [tmp_path / "bare.barcodelib"], None))) == texts(calls)


def test_another_models_vectors_are_refused(saved: Path, tmp_path: Path) -> None:
    other = open_embedder("kmer5")
    with pytest.raises(MismatchError, match=r"model kmer4 \(kmer4\), the queries with kmer5 \(kmer5\)"):
        list(classify_files([READS], [saved], other, model="kmer5"))
    embed_files([READS], tmp_path / "reads.h5", other, model="kmer5")
    with pytest.raises(MismatchError, match="kmer5"):
        list(classify_files([tmp_path / "reads.h5"], [saved], None))


@pytest.mark.slow
def test_a_library_grows_and_is_calibrated_anew(references, library, embedder) -> None:
    index = [i for i in range(len(references)) if i % 3]
    half = type(references)(
        [references.ids[i] for i in index],
        [references.lineages[i] for i in index],
        [references.bins[i] for i in index],
        references.columns[index],
        references.vectors[index],
        references.report,
        model="kmer4",
        fingerprint="kmer4",
    )
    small = library_of(half, model="kmer4", fingerprint="kmer4")
    rest = sorted(set(range(len(references))) - set(index))
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


def test_min_confidences() -> None:
    assert min_confidences("") == {}
    assert min_confidences("0.9")["kingdom"] == 0.9
    assert min_confidences("species=0.95, genus=0.8") == {"species": 0.95, "genus": 0.8}
    for wrong in ("high", "species=high", "species=0.9;genus=1"):
        with pytest.raises(UsageError, match="--min-confidence"):
            min_confidences(wrong)


def test_ids_to_remove(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("a\n\nb \n")
    assert read_ids(["x", f"@{tmp_path / 'ids.txt'}"]) == ["x", "a", "b"]
    (tmp_path / "ids.txt").write_text("\n")
    with pytest.raises(InputError, match="no id"):
        read_ids([f"@{tmp_path / 'ids.txt'}"])


def test_inputs_of_two_kinds() -> None:
    assert are_embedding_files(["a.h5", "b.H5AD"])
    assert not are_embedding_files(["-", "b.fasta"])
    with pytest.raises(UsageError, match="of one kind"):
        are_embedding_files(["a.h5", "b.fasta"])


def test_a_barcode_that_the_library_has_is_not_called_new(saved: Path, embedder) -> None:
    calls = [call.assignment for call in classify_files([LIBRARY], [saved], embedder)]
    identical = Counter(call.verdict for call in calls if call.identity == 1.0)
    assert identical.total() == len(calls) == 282
    assert identical["named"] > 200
    assert not identical["new_species"]
    assert not identical["new_genus"]
    assert all(call.candidates for call in calls if call.verdict == "ambiguous")


def test_the_same_library_twice_is_refused(saved: Path) -> None:
    with pytest.raises(UsageError, match="twice"):
        open_classifier([saved, saved.parent / "." / saved.name])


def test_a_rank_with_a_single_taxon_keeps_the_models_that_ship(references, library) -> None:
    """All references are animals: nothing here shows what is none."""
    shipped = Calibration.default().models
    assert (
        library.calibration.models["identity", 658, "kingdom"].logistic == shipped["identity", 658, "kingdom"].logistic
    )
    assert library.calibration.models["identity", 658, "genus"].logistic != shipped["identity", 658, "genus"].logistic
    assert library.calibration.fitted_lengths == [130, 200, 313, 658]
