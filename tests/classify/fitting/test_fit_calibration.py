"""Fitting a calibration: leaving out, thresholds, and what little libraries get."""

from types import SimpleNamespace

import numpy as np
import pytest

from barcodeembed.classify.calibration import BANDS, BASES, Calibration, RankModel
from barcodeembed.classify.candidates import evidence_of
from barcodeembed.classify.features import FEATURES
from barcodeembed.classify.fitting import fit_calibration
from barcodeembed.classify.fitting.fit_calibration import (
    calibrate,
    cautious,
    choose_threshold,
    fit_with_noisy,
    lone_ranks,
)
from barcodeembed.classify.fitting.holdout import Examples, Queries, look_up, true_taxa
from barcodeembed.classify.logistic import Logistic
from barcodeembed.library.library_set import LibrarySet
from barcodeembed.taxonomy import RANKS, SPECIES


def expected_error(p: np.ndarray, right: np.ndarray) -> float:
    place = np.minimum((p * 10).astype(int), 9)
    return sum(abs((p - right)[place == b].sum()) for b in range(10)) / len(p)


def test_probabilities_hold_on_queries_never_seen(tree, make_library, embed_columns) -> None:
    """Individuals of species of the library, and of a third as many that it lacks: a calibration error below 0.05."""
    columns, lineages = tree(4, species=4, families=10, within=0.02, seed=3)
    new = np.array([line.at("species").endswith("species3") for line in lineages])
    query = new | (np.arange(len(lineages)) % 4 == 0)
    library = make_library(columns[~query], [line for line, q in zip(lineages, query, strict=True) if not q])
    calibration = calibrate(library)
    searched = LibrarySet([library])
    rows = np.flatnonzero(query)
    hits = searched.search(embed_columns(columns[rows]), columns[rows], 64)
    evidence = evidence_of(searched, hits, columns[rows])
    confidence, together = calibration.confidence(evidence)
    assert (np.diff(confidence, axis=1) <= 1e-12).all()
    assert (together >= confidence).all()
    weight = np.where(new[rows], 1, 7)  # 160 of new species, 120 of known ones
    for rank in ("family", "genus", "species"):
        column = RANKS.index(rank)
        names = np.array(library.taxa.names[column], dtype=object)[evidence.candidates[:, column]]
        right = names == [lineages[row].at(rank) for row in rows]
        repeated = np.repeat(np.arange(len(rows)), weight)
        assert expected_error(confidence[repeated, column], right[repeated]) < 0.05


def test_one_individual_a_species_falls_back_to_the_default(tree, make_library) -> None:
    library = make_library(*tree(1))
    fitted = calibrate(library)
    assert "known" not in fitted.facts["examples"]["658"]
    whole = Queries(np.arange(len(library)), library.columns, library.stored)
    assert "known" not in {one.kind for one in look_up(library, true_taxa(library), whole, np.random.default_rng(0))}
    shipped = Calibration.shipped_for(lone_ranks(library.taxa.codes), "toy-1")
    for band in BANDS[:-1]:
        for rank in RANKS:
            key = ("identity", band, rank)
            assert fitted.models[key] == shipped[key]


def test_a_few_species_with_two_individuals_do_not_say_how_near_the_known_are(tree, make_library) -> None:
    """Ten examples of known species leave the models that ship (``MIN_KNOWN``)."""
    columns, lineages = tree(2)
    kept = [row for row in range(len(lineages)) if row % 2 == 0 or row < 10]
    library = make_library(columns[kept], [lineages[row] for row in kept])
    fitted = calibrate(library)
    assert fitted.facts["examples"]["658"]["known"] == 10
    assert fitted.models == Calibration.shipped_for(lone_ranks(library.taxa.codes), "toy-1")


def test_ranks_with_one_taxon_below_each_parent_are_lone(library, tree, make_library) -> None:
    codes = library.taxa.codes
    assert lone_ranks(codes) == ["phylum", "class"]
    one_order = codes[:, RANKS.index("order")] == 1
    assert lone_ranks(codes[one_order]) == ["phylum", "class", "order"]
    one_genus = codes[:, RANKS.index("genus")] == 1
    assert lone_ranks(codes[one_genus]) == ["phylum", "class", "order", "family", "genus"]
    stray = one_order | (np.arange(len(codes)) == np.flatnonzero(~one_order)[0])
    assert lone_ranks(codes[stray]) == ["phylum", "class", "order"]
    # One order of each of two classes does not show what another order of these classes is like.
    two_classes = codes.copy()
    two_classes[:, RANKS.index("class")] = two_classes[:, RANKS.index("order")]
    assert lone_ranks(two_classes) == ["phylum", "order"]


@pytest.mark.parametrize(("others", "is_lone"), [(10, True), (25, False)])
def test_ten_references_of_other_orders_do_not_show_what_these_look_like(others: int, is_lone: bool) -> None:
    codes = np.ones((400, len(RANKS)), dtype=np.int32)
    codes[:others, RANKS.index("order") :] = 2
    assert ("order" in lone_ranks(codes)) == is_lone


@pytest.mark.parametrize("fingerprint", ["toy-1", "of the default"])
def test_a_library_of_one_order_doubts_the_order_of_what_is_far(library, fingerprint: str) -> None:
    """At 21 % from the nearest reference, the order of the only references is not to be believed."""
    small = library.select(np.flatnonzero(library.taxa.codes[:, RANKS.index("order")] == 1))
    small.manifest["model_fingerprint"] = fingerprint
    if fingerprint != "toy-1":
        small.manifest["model_fingerprint"] = Calibration.default().facts["model_fingerprint"]
    calibration = calibrate(small)
    assert calibration.facts["lone_ranks"] == ["phylum", "class", "order"]
    searched = LibrarySet([small])
    near, far = small.columns[0].copy(), small.columns[0].copy()
    near[::300] = 1
    far[::5] = np.where(far[::5] == 1, 2, 1)
    vectors = np.stack([small.stored[0], -small.stored.mean(axis=0)])
    found = searched.compare(*small.search(vectors.astype(np.float32), 64), np.stack([near, far]))
    confidence, _ = calibration.confidence(evidence_of(searched, found, np.stack([near, far])))
    order = RANKS.index("order")
    assert confidence[0, order] > 0.95
    assert confidence[1, order] < 0.7
    assert confidence[1, order] <= confidence[1, order - 1] <= confidence[1, order - 2]


@pytest.mark.parametrize("known", [True, False])
def test_the_cosine_takes_part_at_a_lone_rank_if_the_encoder_is_the_one_it_was_fitted_with(known: bool) -> None:
    fingerprint = Calibration.default().facts["model_fingerprint"] if known else "another encoder"
    models = Calibration.shipped_for(["order"], fingerprint)
    assert any(models["identity", 658, "order"].logistic.weights[BASES["cosine"]]) == known
    assert models["identity", 658, "genus"] == Calibration.default().models["identity", 658, "genus"]


def test_a_library_learns_what_orders_that_it_lacks_look_like(library) -> None:
    fitted = calibrate(library)
    assert fitted.facts["examples"]["658"]["new_order"] > 20
    order = fitted.models["identity", 658, "order"]
    assert order.wrong > 20
    assert order.rates["new_order_right"] == 0
    assert order.rates["known_right"] > 0.95


def test_one_species_only_and_one_reference_only(library) -> None:
    for rows in (np.arange(3), np.array([5])):
        small = library.select(rows)
        calibration = calibrate(small)
        searched = LibrarySet([small])
        evidence = evidence_of(searched, searched.search(small.stored, small.columns, 64), small.columns)
        confidence, _ = calibration.confidence(evidence)
        assert np.isfinite(confidence).all()
        assert (confidence[:, SPECIES] > 0.5).all()


@pytest.mark.parametrize(
    ("rank", "least", "most"), [("species", 0.0, 0.02), ("genus", 0.01, 0.05), ("family", 0.01, 0.05), ("order", 0, 0)]
)
def test_wrong_names_that_a_threshold_may_give(
    library, monkeypatch: pytest.MonkeyPatch, rank: str, least: float, most: float
) -> None:
    """Of queries of missing taxa 2 % for species, with a margin; 1 to 5 % for genus and family; none above."""
    allowed: list[float] = []

    def chosen(
        p: np.ndarray, right: np.ndarray, known: np.ndarray, weight: np.ndarray, share: float, most: float
    ) -> float:
        allowed.append(share)
        if rank == "species":
            assert share == pytest.approx(cautious(0.02, weight[~known]))
        return choose_threshold(p, right, known, weight, share, most)

    monkeypatch.setattr(fit_calibration, "choose_threshold", chosen)
    whole = Queries(np.arange(len(library)), library.columns, library.stored)
    examples = list(look_up(library, true_taxa(library), whole, np.random.default_rng(0)))
    prior = Calibration.default().models["identity", BANDS[-1], rank].logistic
    fit_calibration.fit_rank(examples, "identity", rank, prior)
    (share,) = allowed
    assert least <= share <= most


def test_an_example_with_errors_counts_half() -> None:
    """300 examples whose candidate is right and 600 like them, but with errors, whose candidate is wrong: even odds."""
    none = np.zeros((900, len(FEATURES)))
    candidates, truth = np.full((600, len(RANKS)), 2), np.ones((600, len(RANKS)), dtype=np.int32)
    features = np.zeros((600, len(RANKS), len(FEATURES)))
    noisy = Examples("known", SimpleNamespace(candidates=candidates, features=features), truth, np.ones(600))
    prior = Logistic(0.0, (0.0,) * len(FEATURES))
    clean = none[:300], np.ones(300, dtype=bool), np.ones(300)
    both = fit_with_noisy(clean, [noisy], "identity", "species", prior)
    assert both(none[:1])[0] == pytest.approx(0.5, abs=0.01)
    # The cosine alone does not tell errors from mutations, so they take no part in what rests on it.
    cosines = none[:300, BASES["cosine"]], *clean[1:]
    prior = Logistic(0.0, (0.0,) * cosines[0].shape[1])
    alone = fit_with_noisy(cosines, [noisy], "cosine", "species", prior)
    assert alone == fit_with_noisy(cosines, [], "cosine", "species", prior)


def test_a_rank_at_which_nothing_is_wrong_keeps_the_model_that_ships() -> None:
    """The library does not show what is of another taxon of that rank."""
    candidates = np.ones((100, len(RANKS)), dtype=np.int32)
    features = np.random.default_rng(0).normal(size=(100, len(RANKS), len(FEATURES)))
    evidence = SimpleNamespace(candidates=candidates, features=features)
    prior = Calibration.default().models["identity", 658, "order"].logistic
    example = Examples("known", evidence, candidates, np.ones(100))
    assert fit_calibration.fit_rank([example], "identity", "order", prior) == RankModel(prior)


@pytest.mark.parametrize(("distance", "wrong", "allowed"), [(0.02, 3, 0.03), (0.04, 3, 0.01), (0.02, 10, 0.05)])
def test_as_many_wrong_genera_are_allowed_as_the_customary_rule_gives(
    monkeypatch: pytest.MonkeyPatch, distance: float, wrong: int, allowed: float
) -> None:
    """Of 100 examples of new species the names of some are wrong, at 98 or 96 % identity: the rule says 97 %."""
    candidates, truth = np.ones((2, 100, len(RANKS)), dtype=np.int32)
    candidates[:wrong] = 2
    features = np.zeros((100, len(RANKS), len(FEATURES)))
    features[:wrong, :, FEATURES.index("distance")] = distance
    example = Examples("new_species", SimpleNamespace(candidates=candidates, features=features), truth, np.ones(100))
    shares: list[tuple[float, float]] = []
    monkeypatch.setattr(fit_calibration, "choose_threshold", lambda *given: shares.append(given[-2:]) or 0.8)
    fit_calibration.fit_rank([example], "identity", "genus", Logistic(0.0, (0.0,) * len(FEATURES)))
    assert shares == [(pytest.approx(allowed), fit_calibration.HIGHEST_OF_GENUS)]


class TestThreshold:
    known = np.arange(1100) < 100
    even = np.ones(1100)

    def test_keeps_the_budget_of_false_names(self) -> None:
        p = np.concatenate([np.full(100, 0.99), np.linspace(0, 0.9, 1000)])
        threshold = choose_threshold(p, self.known, self.known, self.even, cautious(0.02, self.even[~self.known]))
        false = (p >= threshold)[~self.known].mean()
        assert 0.01 < false < 0.02

    def test_few_examples_allow_less_and_very_few_nothing(self) -> None:
        assert cautious(0.02, np.ones(100_000)) == pytest.approx(0.02, abs=0.001)
        assert 0.01 < cautious(0.02, np.ones(1000)) < 0.015
        # One example that weighs as much as all others says as little as two.
        assert cautious(0.02, np.array([1000.0] + [1.0] * 1000)) == 0
        assert cautious(0.02, np.ones(0)) == 0

    def test_false_names_of_rare_kinds_of_queries_weigh_little(self) -> None:
        """Half of the examples are of new genera, all called wrongly with 0.7; a tenth of the queries are."""
        p = np.concatenate([np.full(100, 0.99), np.full(500, 0.7), np.full(500, 0.1)])
        rare = np.concatenate([np.ones(100), np.full(500, 0.1), np.full(500, 0.9)])
        assert choose_threshold(p, self.known, self.known, rare, 0.05) > 0.7
        assert choose_threshold(p, self.known, self.known, rare, 0.2) == 0.5
        assert choose_threshold(p, self.known, self.known, self.even, 0.2) > 0.7

    def test_does_not_throw_the_right_names_away(self) -> None:
        p = np.concatenate([np.linspace(0.6, 0.9, 100), np.linspace(0, 1, 1000)])
        assert choose_threshold(p, self.known, self.known, self.even, 0.02) == 0.8

    def test_leaves_nine_tenths_of_the_right_names(self) -> None:
        p = np.concatenate([np.linspace(0.8, 0.9, 100), np.linspace(0, 1, 1000)])
        threshold = choose_threshold(p, self.known, self.known, self.even, 0.0)
        assert threshold == pytest.approx(0.81, abs=0.002)
        assert (p >= threshold)[self.known].mean() >= 0.9

    def test_names_what_is_right_nine_times_in_ten(self) -> None:
        p = np.concatenate([np.full(100, 0.99), np.linspace(0, 1, 1000)])
        assert choose_threshold(p, self.known, self.known, self.even, 0.005) == 0.9
        assert choose_threshold(p, self.known, self.known, self.even, 0.005, most=0.87) == 0.87

    def test_names_only_what_is_likelier_than_not(self) -> None:
        p = np.concatenate([np.full(100, 0.99), np.full(1000, 0.01)])
        assert choose_threshold(p, self.known, self.known, self.even, 0.02) == 0.5

    def test_without_examples_of_what_the_library_lacks(self) -> None:
        one = np.ones(1, dtype=bool)
        assert choose_threshold(np.array([0.9]), one, one, np.ones(1), 0.02) == 0.8


@pytest.mark.parametrize(("rank", "highest"), [("genus", 0.87), ("family", 0.9), ("order", 0.9)])
def test_a_candidate_that_is_nearly_sure_is_always_named(rank: str, highest: float) -> None:
    """All candidates have the same probability, and of new species one in ten is wrong: no threshold tells them apart.
    Genera are named from 0.87 on, because models that know reads with errors are more cautious there."""
    candidates, truth = np.ones((2, 200, len(RANKS)), dtype=np.int32)
    candidates[:20] = 2
    evidence = SimpleNamespace(candidates=candidates, features=np.zeros((200, len(RANKS), len(FEATURES))))
    new = Examples("new_species", evidence, truth, np.full(200, 0.001))
    right = SimpleNamespace(candidates=truth, features=evidence.features)
    known = Examples("known", right, truth, np.full(200, 1.0))
    model = fit_calibration.fit_rank([known, new], "identity", rank, Logistic(4.0, (0.0,) * len(FEATURES)))
    assert model.logistic(evidence.features[:1, 0])[0] > 0.9
    assert model.threshold == highest
