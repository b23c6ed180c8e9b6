"""Classify without the command line: calls in order, computed once, by file."""

import random
from collections import Counter
from pathlib import Path

import h5py
import pytest
from Bio.Seq import reverse_complement

from barcodeembed.classify.call import Call
from barcodeembed.errors import InputError, MismatchError, UsageError
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.workflows.calling.embedded import WITHOUT_BASES
from barcodeembed.workflows.classify import (
    classify_with,
    min_confidences,
    open_classifier,
)
from barcodeembed.workflows.embed import embed_files
from barcodeembed.workflows.embedders import open_embedder
from barcodeembed.workflows.index import IndexSettings, change_library, library_of, make_library
from barcodeembed.workflows.references.intake import read_embedded
from barcodeembed.workflows.references.library_warnings import warnings_of
from barcodeembed.workflows.tables.columns import TABLE_COLUMNS
from barcodeembed.workflows.tables.summary import CallSummary

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "data" / "library.tsv"
READS = ROOT / "data" / "reads.fasta"


def classify_files(inputs, libraries, embedder, **options):
    """The calls of some files, without vectors."""
    return (call for call, _ in classify_with(inputs, open_classifier(libraries), embedder, **options))


@pytest.fixture(scope="module")
def saved(dutch) -> Path:
    return dutch.path


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Some references, which are calibrated in a third of the time."""
    path = tmp_path / "few.tsv"
    path.write_text("".join(LIBRARY.read_text().splitlines(keepends=True)[:80]))
    return path


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
    with h5py.File(tmp_path / "refs.h5", "a") as file:
        file["obs/columns"][0] = ""  # as in files made before version 0.7
    references = read_embedded([tmp_path / "refs.h5"])
    assert (references.model, references.fingerprint) == ("kmer4", "kmer4")
    assert len({id(lineage) for lineage in references.lineages}) == len(set(references.lineages)) < 200
    bare = library_of(references, model=references.model, fingerprint=references.fingerprint)
    assert len(bare) == 282
    assert "cosine" in warnings_of(bare.references)[-1]
    bare.save(tmp_path / "bare.barcodelib")
    calls = list(classify_files([READS], [tmp_path / "bare.barcodelib"], embedder))
    assert sum(call.lineage.at("genus") != "" for call in calls) > 30
    embed_files([READS], tmp_path / "reads.h5", embedder, model="kmer4")
    assert texts(list(classify_files([tmp_path / "reads.h5"], [tmp_path / "bare.barcodelib"], None))) == texts(calls)


@pytest.mark.slow
def test_references_of_an_embedding_file_are_those_of_its_sequences(embedder, few: Path, tmp_path: Path) -> None:
    embed_files([few], tmp_path / "refs.h5", embedder, model="kmer4")
    made = [make_library([one], IndexSettings(model="kmer4")).library for one in (few, tmp_path / "refs.h5")]
    by_file = make_library([tmp_path / "refs.h5"], IndexSettings()).library
    assert (made[0].references.columns == by_file.references.columns).all()
    for number, one in enumerate((*made, by_file)):
        one.save(tmp_path / f"{number}.barcodelib")
    calls = [texts(list(classify_files([READS], [tmp_path / f"{n}.barcodelib"], embedder))) for n in range(3)]
    assert calls[0] == calls[1] == calls[2]
    with pytest.raises(MismatchError, match=r"made with model kmer4 \(kmer4\), not with kmer5"):
        make_library([tmp_path / "refs.h5"], IndexSettings(model="kmer5"))


@pytest.mark.slow
def test_an_embedding_file_is_added_as_its_sequences_are(embedder, few: Path, tmp_path: Path) -> None:
    embed_files([few], tmp_path / "refs.h5", embedder, model="kmer4")
    library = make_library([few], IndexSettings(model="kmer4")).library.references
    some = library.remove([library.ids[3]])
    changed = change_library(some, [tmp_path / "refs.h5"], [], IndexSettings()).library.references
    assert sorted(changed.ids) == sorted(library.ids)
    assert changed.has_columns


def test_another_models_vectors_are_refused(saved: Path, tmp_path: Path) -> None:
    other = open_embedder("kmer5")
    with pytest.raises(MismatchError, match=r"model kmer4 \(kmer4\), the queries with kmer5 \(kmer5\)"):
        list(classify_files([READS], [saved], other, model="kmer5"))
    embed_files([READS], tmp_path / "reads.h5", other, model="kmer5")
    with pytest.raises(MismatchError, match="kmer5"):
        list(classify_files([tmp_path / "reads.h5"], [saved], None))


def test_min_confidences() -> None:
    assert min_confidences("") == {}
    assert min_confidences("0.9")["kingdom"] == 0.9
    assert min_confidences("species=0.95, genus=0.8") == {"species": 0.95, "genus": 0.8}
    for wrong in ("high", "species=high", "species=0.9;genus=1"):
        with pytest.raises(UsageError, match="--min-confidence"):
            min_confidences(wrong)


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
