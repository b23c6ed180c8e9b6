"""Verdicts on cases made by hand: what the neighbours are decides what is said."""

import numpy as np
import pytest

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.call import VERDICTS
from barcodeembed.classify.classifier import Classifier, deepest_rank, judge
from barcodeembed.errors import MismatchError, UsageError
from barcodeembed.taxonomy import RANKS
from tests.made_up_tree import calibrated

NAN = float("nan")
HALF = np.full(7, 0.5)


@pytest.fixture
def call(grown, embed_columns):
    def one(columns: np.ndarray, **options):
        return Classifier([grown], **options).assign(embed_columns(columns[None]), columns[None])[0]

    return one


def changed(columns: np.ndarray, number: int, seed: int = 0) -> np.ndarray:
    """The barcode with this many bases replaced."""
    rng = np.random.default_rng(seed)
    out = columns.copy()
    places = rng.choice(len(out), number, replace=False)
    out[places] = [rng.choice([b for b in (1, 2, 4, 8) if b != out[p]]) for p in places]
    return out


def test_an_individual_of_a_species_of_the_library_is_named(references, call) -> None:
    found = call(changed(references.columns[10], 1))
    assert found.verdict == "named"
    assert found.lineage == references.lineage(10)
    assert found.nearest == 10
    assert found.identity == pytest.approx(657 / 658)
    assert found.overlap == 658
    assert found.n_agree == 3
    assert found.n_conflict == 0  # the other species of the genus, all among the neighbours, are 8 % away
    assert all(0.8 < p <= 1 for p in found.confidence)


def test_only_neighbours_near_enough_speak_for_a_call_or_against_it(references, make_library, embed_columns) -> None:
    """Species 1 is moved to 1 % from species 0; species 2 of the genus stays at 8 %."""
    columns = references.columns.copy()
    columns[3:6] = [changed(columns[0], 7, seed) for seed in range(3)]
    library = make_library(columns, [references.lineage(row) for row in range(len(references))])
    classifier = Classifier([calibrated(library)], min_confidence=dict.fromkeys(RANKS, 0.0))
    for known in (columns[:1], None):
        found = classifier.assign(embed_columns(columns[:1]), known, np.array([658]))[0]
        assert found.lineage == references.lineage(0)
        assert (found.n_agree, found.n_conflict) == (3, 3)


def test_a_relative_of_a_genus_is_a_new_species_of_it(references, call) -> None:
    found = call(changed(references.columns[10], 80))
    assert found.verdict == "new_species"
    assert found.lineage.at("genus") == references.lineage(10).at("genus")
    assert found.lineage.at("species") == ""
    assert found.confidence[-1] < 0.5 < found.confidence[-2]


def test_a_distant_barcode_gets_no_name_below_what_is_supported(references, call) -> None:
    # One class is all that the library has, so it is not believed as far from it as this: asked for all the same.
    above = dict.fromkeys(RANKS[:5], 0.0)
    family = call(changed(references.columns[10], 180), min_confidence=above)
    assert family.verdict in ("new_genus", "ambiguous")
    assert family.lineage.at("genus") == ""
    nothing = call(changed(references.columns[10], 450))
    assert nothing.verdict == "unplaced"
    assert nothing.lineage.at("family") == ""


def test_species_with_one_barcode_are_ambiguous(references, make_library, embed_columns) -> None:
    """Species 1 has its barcodes in common with species 0 of its genus."""
    columns = references.columns.copy()
    columns[3:6] = columns[0:3]
    library = make_library(columns, [references.lineage(row) for row in range(len(references))])
    found = Classifier([calibrated(library)]).assign(embed_columns(columns[:1]), columns[:1])[0]
    assert found.verdict == "ambiguous"
    assert set(found.candidates) == {references.lineage(0).at("species"), references.lineage(3).at("species")}
    assert found.lineage.at("genus") == references.lineage(0).at("genus")
    assert found.lineage.at("species") == ""


@pytest.mark.parametrize(("as_long", "confidence"), [(600, 0.25), (300, None)])
def test_one_record_does_not_outvote_all_others_of_a_barcode(
    references, make_library, embed_columns, as_long: int, confidence: float | None
) -> None:
    """One record of species 1 has the barcode of species 0, and is longer than its three records. Short ones have no
    vote."""
    columns = references.columns.copy()
    columns[3] = columns[0:3] = columns[0]
    columns[0:3, as_long:] = 0
    library = make_library(columns, [references.lineage(row) for row in range(len(references))])
    found = Classifier([calibrated(library)]).assign(embed_columns(columns[3:4]), columns[3:4])[0]
    assert found.nearest == 3
    if confidence is None:
        assert found.confidence[-1] > 0.25
    else:
        assert found.confidence[-1] <= confidence
        assert found.verdict == "ambiguous"
        assert set(found.candidates) == {references.lineage(row).at("species") for row in (0, 3)}


def test_the_candidate_is_the_first_of_the_names(references, make_library) -> None:
    """Species 1 has this very barcode, species 0 differs in one base but is nearer by cosine."""
    columns = references.columns.copy()
    columns[3:6] = columns[0:3] = columns[0]
    columns[0:3, 300] = 1 if columns[3, 300] != 1 else 2
    library = make_library(columns, [references.lineage(row) for row in range(len(references))])
    vector = library.stored[3:4].copy()
    library.stored[0:3] = vector
    library.stored[3:6] = 0.99 * vector + np.sqrt(1 - 0.99**2) * np.eye(1, vector.shape[1], dtype=np.float32)
    library.stored[3:6] /= np.linalg.norm(library.stored[3:6], axis=1, keepdims=True)
    names = tuple(references.lineage(row).at("species") for row in (3, 0))
    classifier = Classifier([calibrated(library)], min_confidence={"species": 1.0})
    found = classifier.assign(vector, columns[3:4])[0]
    assert found.verdict == "ambiguous"
    assert found.candidates == names


def test_an_ambiguous_call_lists_five_names(tree, make_library, embed_columns) -> None:
    """The eight species of a genus have one barcode: a cell of the table is no place for all of them."""
    columns, lineages = tree(2, families=4, genera=2, species=8)
    columns[:16] = columns[0]
    found = Classifier([calibrated(make_library(columns, lineages))]).assign(embed_columns(columns[:1]), columns[:1])[0]
    assert found.verdict == "ambiguous"
    assert len(set(found.candidates)) == 5


def test_a_fragment_is_judged_by_its_own_columns(references, call) -> None:
    piece = np.zeros_like(references.columns[10])
    piece[345:] = references.columns[10][345:]
    found = call(piece)
    assert found.overlap == 313
    assert found.identity == 1
    assert found.lineage.at("genus") == references.lineage(10).at("genus")


def test_without_columns_calls_rest_on_cosine(grown, references, embed_columns) -> None:
    found = Classifier([grown]).assign(embed_columns(references.columns[:5]), None, np.full(5, 658))
    assert [one.lineage for one in found] == [references.lineage(row) for row in range(5)]
    assert all(np.isnan(one.identity) and one.overlap == 0 for one in found)


def test_no_overlap_with_any_reference(tree, make_library, embed_columns) -> None:
    columns, lineages = tree(2)
    first, last = columns.copy(), columns.copy()
    first[:, 320:] = 0
    last[:, :320] = 0
    library = make_library(first, lineages)
    for one in Classifier([calibrated(library)]).assign(embed_columns(last[:4]), last[:4], np.full(4, 338)):
        assert one.verdict in VERDICTS
        assert one.overlap == 0


def test_min_confidence_by_rank(grown, references, call) -> None:
    query = changed(references.columns[10], 1)
    assert call(query, min_confidence={"species": 1.0}).lineage.at("species") == ""
    assert call(query, min_confidence={"family": 1.0}).lineage.at("family") == ""
    assert call(changed(references.columns[10], 80), min_confidence={"species": 0.0}).verdict == "named"
    with pytest.raises(UsageError, match="'tribe' is not a rank"):
        Classifier([grown], min_confidence={"tribe": 0.5})
    with pytest.raises(UsageError, match="not between 0 and 1"):
        Classifier([grown], min_confidence={"genus": 95})


def test_two_halves_of_a_library_name_what_the_whole_names(grown, references, embed_columns) -> None:
    halves = [CalibratedLibrary(references.select(np.arange(n, 288, 2)), grown.calibration) for n in (0, 1)]
    queries = np.array([changed(references.columns[row], 2) for row in range(0, 288, 17)])
    vectors = embed_columns(queries)
    whole, both = Classifier([grown]), Classifier(halves)
    names = [one.references.reference(found.nearest) for one in (whole, both) for found in one.assign(vectors, queries)]
    assert names[: len(queries)] == names[len(queries) :]


def test_libraries_of_two_models_are_not_searched_together(grown, references) -> None:
    other = references.select(np.arange(9))
    other.manifest["model_fingerprint"] = "toy-2"
    with pytest.raises(MismatchError, match=r"toy-1.*toy-2"):
        Classifier([grown, CalibratedLibrary(other, grown.calibration)])


def test_references_without_a_species_do_not_name_one(references, make_library, embed_columns) -> None:
    lineages = [type(line)((*line.names[:-1], "")) for line in map(references.lineage, range(len(references)))]
    library = make_library(references.columns, lineages)
    found = Classifier([calibrated(library)]).assign(embed_columns(references.columns[:1]), references.columns[:1])[0]
    assert found.verdict == "named"
    assert found.lineage == lineages[0]
    assert np.isnan(found.confidence[-1])


@pytest.mark.parametrize(
    ("confidence", "depth"),
    [
        ((0.9,) * 7, 6),
        ((0.9,) * 6 + (0.4,), 5),
        ((0.9, NAN, 0.9, 0.9, 0.9, 0.4, 0.4), 4),
        ((0.9,) * 6 + (NAN,), 5),
        ((0.4,) * 7, -1),
        ((NAN,) * 7, -1),
    ],
)
def test_deepest_rank(confidence: tuple[float, ...], depth: int) -> None:
    for stops in (np.zeros(7, dtype=bool), np.ones(7, dtype=bool)):
        assert deepest_rank(np.array(confidence), HALF, stops) == depth


def test_a_sure_name_needs_no_surer_ones_above_it_but_for_stops() -> None:
    confidence, thresholds = np.array([0.9] * 4 + [0.85, 0.83, 0.82]), np.array([0.5] * 4 + [0.9, 0.9, 0.8])
    nowhere = np.zeros(7, dtype=bool)
    assert deepest_rank(confidence, thresholds, nowhere) == 6
    assert deepest_rank(confidence[:6], thresholds[:6], nowhere[:6]) == 3
    assert deepest_rank(confidence, thresholds, np.arange(7) == 4) == 3
    assert deepest_rank(confidence, thresholds, np.arange(7) == 6) == 6


@pytest.mark.parametrize(
    ("depth", "confidence", "together", "verdict"),
    [
        (6, (0.9,) * 7, (0.9,) * 7, "named"),
        (5, (0.9,) * 6 + (0.4,), (0.9,) * 6 + (0.8,), "ambiguous"),
        (5, (0.9,) * 6 + (0.4,), (0.9,) * 6 + (0.4,), "new_species"),
        (4, (0.9,) * 5 + (0.4,) * 2, (0.9,) * 5 + (0.4,) * 2, "new_genus"),
        (4, (0.9,) * 5 + (0.4,) * 2, (0.9,) * 5 + (0.6, 0.4), "ambiguous"),
        (3, (0.9,) * 4 + (0.4,) * 3, (0.9,) * 7, "unplaced"),
        (-1, (0.4,) * 7, (0.4,) * 7, "unplaced"),
        (5, (0.9,) * 6 + (NAN,), (0.9,) * 6 + (NAN,), "named"),
    ],
)
def test_judge(depth: int, confidence: tuple[float, ...], together: tuple[float, ...], verdict: str) -> None:
    assert judge(depth, np.array(confidence), np.array(together))[0] == verdict
    assert len(confidence) == len(RANKS)


def test_vectors_of_another_model_are_refused_by_name(grown) -> None:
    classifier = Classifier([grown])
    classifier.check_model("a copy of the model", "toy-1")
    with pytest.raises(MismatchError, match=r"other \(toy-9\)"):
        classifier.check_model("other", "toy-9")
