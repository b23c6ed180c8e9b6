"""Evidence: identities among neighbours, how crowded their places are, and the features of a candidate."""

import numpy as np
import pytest

from barcodeembed.classify.candidates import gather
from barcodeembed.classify.features import COSINE_FEATURES, FEATURES
from barcodeembed.classify.neighbours import AROUND, Neighbours, crowding
from barcodeembed.library.hits import Hits
from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.identity import identity, identity_between
from barcodeembed.taxonomy import RANKS

FAMILY, GENUS, SPECIES = (RANKS.index(rank) for rank in ("family", "genus", "species"))
NOTHING_BETWEEN = np.full((1, 4, 4), np.nan, dtype=np.float32)


def hits_of(distances: list[float], cosines: list[float]) -> Hits:
    """Neighbours of one query, over 600 columns."""
    share = 1 - np.array([distances], dtype=np.float32)
    rows = np.arange(len(distances))[None]
    return Hits(rows, np.array([cosines], dtype=np.float32), share, np.full(share.shape, 600, dtype=np.int32))


def codes_of(genera: list[int], species: list[int]) -> np.ndarray:
    """Taxa of neighbours (1, K, R) of one family."""
    codes = np.ones((1, len(genera), len(RANKS)), dtype=np.int32)
    codes[0, :, GENUS], codes[0, :, SPECIES] = genera, species
    return codes


def feature(features: np.ndarray, rank: int, name: str) -> float:
    return float(features[0, rank, FEATURES.index(name)])


def test_identities_between_references_are_those_of_the_query_columns() -> None:
    rng = np.random.default_rng(0)
    references = rng.choice(encode("ACGTN"), size=(3, 5, 100))
    references[0, 2, :] = 0
    queries = rng.choice(encode("ACGT"), size=(3, 100))
    queries[:, :40] = 0
    queries[1, 40:60] = encode("N")
    between = identity_between(queries, references, 1)
    for query, own in zip(queries, references, strict=True):
        known = np.isin(query, encode("ACGT"))
        expected = np.stack([identity(np.where(known, one, 0)[None], own[None])[0][0] for one in own])
        assert np.allclose(between[(queries == query).all(axis=1)][0], expected, equal_nan=True)
    assert np.isnan(between[0, 2]).all()
    few = identity_between(queries[1:2], references[1:2], 35)
    assert np.isnan(few).any()
    assert np.array_equal(few, np.where(np.isnan(few), np.nan, between[1:2]), equal_nan=True)


def test_identities_of_a_query_without_a_base_are_not_known() -> None:
    references = np.full((1, 2, 10), encode("A"))
    assert np.isnan(identity_between(np.zeros((1, 10), dtype=np.uint8), references, 1)).all()


def test_crowding_counts_the_nearest_of_other_species() -> None:
    between = np.array(
        [[[1.0, 0.99, 0.9, 0.8], [0.99, 1.0, 0.7, np.nan], [0.9, 0.7, 1.0, 0.6], [0.8, np.nan, 0.6, 1.0]]]
    )
    found = crowding(between.astype(np.float32), np.array([[1, 1, 2, 3]], dtype=np.int32))
    assert np.allclose(found, [[0.85, 0.7, 2.2 / 3, 0.7]])
    # Without names every other one counts; where all are of one species, none does.
    assert crowding(between.astype(np.float32), np.zeros((1, 4), dtype=np.int32))[0, 1] == pytest.approx(0.845)
    assert np.isnan(crowding(between.astype(np.float32), np.ones((1, 4), dtype=np.int32))).all()


def test_crowding_looks_at_so_many_and_no_more() -> None:
    between = np.full((1, AROUND + 3, AROUND + 3), 0.5, dtype=np.float32)
    between[0, 0, 1 : AROUND + 1] = 0.9
    assert crowding(between, np.arange(1, AROUND + 4)[None].astype(np.int32))[0, 0] == pytest.approx(0.9)


def test_of_two_genera_equally_near_the_less_crowded_one_is_likelier() -> None:
    """Genus 1 has a reference that is near all others, genus 2 one that stands apart."""
    hits = hits_of([0.1, 0.1, 0.12, 0.12], [0.8, 0.8, 0.7, 0.7])
    codes = codes_of([1, 2, 3, 4], [1, 2, 3, 4])
    between = np.full((1, 4, 4), 0.85, dtype=np.float32)
    between[0, 0, 1:] = between[0, 1:, 0] = 0.9
    evidence = gather(hits, codes, between)
    assert evidence.candidates[0, GENUS] == 2
    assert evidence.candidates[0, SPECIES] == 2
    assert feature(evidence.features, GENUS, "lead") == pytest.approx(0.9 - (0.85 + 0.85 + 0.9) / 3, abs=1e-6)
    assert gather(hits, codes, NOTHING_BETWEEN).candidates[0, GENUS] == 1


def test_a_reference_whose_place_is_not_known_gains_nothing_by_it() -> None:
    """The last one shares no columns with the others, and is farther from the query."""
    between = np.full((1, 4, 4), 0.9, dtype=np.float32)
    between[0, 3, :3] = between[0, :3, 3] = np.nan
    evidence = gather(
        hits_of([0.0, 0.1, 0.1, 0.2], [0.9, 0.7, 0.7, 0.6]), codes_of([1, 2, 3, 4], [1, 2, 3, 4]), between
    )
    assert evidence.candidates[0, GENUS] == 1
    assert feature(evidence.features, GENUS, "lead") == pytest.approx(0.3, abs=0.01)


def test_genera_that_share_a_barcode_tie_whatever_their_number_of_individuals() -> None:
    codes = codes_of([1, 1, 1, 2], [1, 1, 1, 2])
    between = np.ones((1, 4, 4), dtype=np.float32)
    between[0, 3, :3] = between[0, :3, 3] = 0.99
    evidence = gather(hits_of([0.0] * 4, [0.9] * 4), codes, between)
    assert evidence.ties[0, :, GENUS].all()


def test_between_species_identity_decides_and_cosine_breaks_ties() -> None:
    codes = codes_of([1] * 4, [1, 2, 3, 3])
    assert (
        gather(hits_of([0.01, 0.03, 0.2, 0.2], [0.8, 0.99, 0.5, 0.5]), codes, NOTHING_BETWEEN).candidates[0, SPECIES]
        == 1
    )
    assert (
        gather(hits_of([0.01, 0.01, 0.2, 0.2], [0.8, 0.9, 0.5, 0.5]), codes, NOTHING_BETWEEN).candidates[0, SPECIES]
        == 2
    )


def test_a_species_with_one_more_different_base_ties_and_one_with_three_more_does_not() -> None:
    hits = hits_of([6 / 600, 7 / 600, 9 / 600, 60 / 600], [0.9] * 4)
    ties = gather(hits, codes_of([1] * 4, [1, 2, 3, 4]), NOTHING_BETWEEN).ties
    assert ties[0, :, SPECIES].tolist() == [True, True, False, False]


def test_a_genus_ties_if_its_score_is_at_most_two_hundredths_lower() -> None:
    hits = hits_of([0.05] * 4, [0.9, 0.89, 0.85, 0.5])
    ties = gather(hits, codes_of([1, 2, 3, 4], [1, 2, 3, 4]), NOTHING_BETWEEN).ties
    assert ties[0, :, GENUS].tolist() == [True, True, False, False]


@pytest.mark.parametrize(("farthest", "taken"), [(0.02, 0.1), (0.15, 0.15)])
def test_without_another_taxon_one_is_taken_to_be_as_far_as_the_farthest_and_a_tenth(
    farthest: float, taken: float
) -> None:
    hits = hits_of([0.02, 0.02, 0.02, farthest], [0.9] * 4)
    features = gather(hits, codes_of([1] * 4, [1] * 4), NOTHING_BETWEEN).features
    assert feature(features, FAMILY, "gap") == pytest.approx(taken - 0.02, abs=1e-6)


def test_what_ties_is_of_the_candidate_one_rank_up() -> None:
    """Genus 2 of another family is as near as genera 1 and 3: the family can't tell, but it is no genus of family 1."""
    codes = codes_of([1, 1, 2, 3], [1, 1, 2, 3])
    codes[0, 2, FAMILY] = 2
    ties = gather(hits_of([0.05] * 4, [0.9] * 4), codes, NOTHING_BETWEEN).ties
    assert ties[0, :, FAMILY].all()
    assert ties[0, :, GENUS].tolist() == [True, True, False, True]


def test_missing_neighbours_change_no_figure() -> None:
    codes = codes_of([1, 1, 2, 2], [1, 2, 3, 4])
    hits = hits_of([0.05, 0.06, 0.1, 0.12], [0.9, 0.8, 0.6, 0.5])
    between = np.full((1, 4, 4), 0.9, dtype=np.float32)
    padded = Hits(
        np.pad(hits.rows, ((0, 0), (0, 3)), constant_values=-1),
        np.pad(hits.cosine, ((0, 0), (0, 3)), constant_values=np.nan),
        np.pad(hits.identity, ((0, 0), (0, 3)), constant_values=np.nan),
        np.pad(hits.overlap, ((0, 0), (0, 3))),
    )
    more = np.pad(codes, ((0, 0), (0, 3), (0, 0)))
    wide = np.pad(between, ((0, 0), (0, 3), (0, 3)), constant_values=np.nan)
    assert np.allclose(gather(padded, more, wide).features, gather(hits, codes, between).features)
    blind = np.full_like(wide, np.nan)
    assert np.allclose(gather(padded, more, blind).features, gather(hits, codes, NOTHING_BETWEEN).features)


def test_relatives_are_of_another_taxon_one_rank_down() -> None:
    hits = hits_of([0.06, 0.07, 0.09, 0.10], [0.9, 0.8, 0.7, 0.6])
    between = np.ones((1, 4, 4), dtype=np.float32) * 0.88
    between[0, 0, 1] = between[0, 1, 0] = 0.99
    between[0, 0, 2] = between[0, 2, 0] = 0.92
    of_its_species = gather(hits, codes_of([1, 1, 1, 2], [1, 1, 2, 3]), between).features
    assert feature(of_its_species, GENUS, "has_relatives") == 1
    assert feature(of_its_species, GENUS, "ratio_to_relatives") == pytest.approx(0.06 / 0.08, rel=1e-4)
    assert feature(of_its_species, FAMILY, "ratio_to_relatives") == pytest.approx(0.06 / 0.12, rel=1e-4)
    for species in ([1, 1, 1, 3], [1, 0, 0, 3]):
        alone = gather(hits, codes_of([1, 1, 1, 2], species), between).features
        assert feature(alone, GENUS, "has_relatives") == 0
        assert feature(alone, GENUS, "ratio_to_relatives") == 1


def test_near_neighbours_support_a_candidate_more_than_far_ones() -> None:
    codes = codes_of([1, 1, 2, 2], [1, 2, 3, 4])
    near = gather(hits_of([0.05] * 4, [0.9, 0.9, 0.8, 0.8]), codes, NOTHING_BETWEEN).features
    even = gather(hits_of([0.05] * 4, [0.9, 0.9, 0.9, 0.9]), codes, NOTHING_BETWEEN).features
    assert feature(even, GENUS, "log_support") == pytest.approx(np.log(0.5), abs=0.01)
    assert feature(near, GENUS, "log_support") == pytest.approx(np.log(1 / (1 + np.exp(-2))), abs=0.01)
    assert feature(near, GENUS, "nearness") == pytest.approx(0.85)


def test_species_are_judged_by_distances_and_cosines_alone() -> None:
    between = np.full((1, 4, 4), 0.9, dtype=np.float32)
    found = gather(hits_of([0.02, 0.03, 0.05, 0.06], [0.95, 0.9, 0.8, 0.7]), codes_of([1] * 4, [1, 2, 2, 3]), between)
    names = {"has_relatives", "ratio_to_relatives", "lead", "lead_squared", "log_support", "nearness"}
    for name in FEATURES:
        assert (feature(found.features, SPECIES, name) == 0) == (name in names), name


def test_without_columns_only_cosines_are_known() -> None:
    hits = hits_of([0.1] * 4, [0.9, 0.8, 0.7, 0.6])
    blind = Hits(hits.rows, hits.cosine, np.full_like(hits.identity, np.nan), np.zeros_like(hits.overlap))
    features = gather(blind, codes_of([1, 1, 2, 2], [1, 2, 3, 4]), NOTHING_BETWEEN).features
    assert not features[:, :, : COSINE_FEATURES.start].any()
    assert features[0, GENUS, COSINE_FEATURES].all()


@pytest.mark.parametrize(("overlap", "counts"), [(30, False), (60, True)])
def test_identity_counts_from_fifty_columns_in_common(overlap: int, counts: bool) -> None:
    """Thirty columns of a conserved stretch are equal in animals of other orders (``MIN_OVERLAP``)."""
    hits = hits_of([0.0, 0.0, 0.1, 0.1], [0.9, 0.8, 0.7, 0.6])
    short = Hits(hits.rows, hits.cosine, hits.identity, np.full_like(hits.overlap, overlap))
    near = Neighbours.of(short, codes_of([1, 1, 2, 2], [1, 1, 2, 2]), NOTHING_BETWEEN)
    assert near.by_identity.tolist() == [counts]


def test_the_gap_in_cosine_is_how_much_less_it_is_to_another_taxon() -> None:
    hits = hits_of([0.0, 0.0, 0.1, 0.1], [0.9, 0.8, 0.7, 0.6])
    found = gather(hits, codes_of([1, 1, 2, 2], [1, 1, 2, 2]), NOTHING_BETWEEN)
    assert feature(found.features, GENUS, "cosine") == pytest.approx(0.9)
    assert feature(found.features, GENUS, "cosine_gap") == pytest.approx(0.2)


def test_the_ratio_of_distances_is_at_most_three() -> None:
    """A query at 12 % from its candidate, which is at 1 % from the next genus: ten times as far says no more."""
    codes = codes_of([1, 2, 1, 1], [1, 2, 3, 4])
    between = np.full((1, 4, 4), 0.99, dtype=np.float32)
    evidence = gather(hits_of([0.12, 0.121, 0.2, 0.2], [0.8, 0.7, 0.6, 0.6]), codes, between)
    assert feature(evidence.features, GENUS, "ratio") == 3


def test_how_near_the_nearest_is_counts_references_with_names_only() -> None:
    """An alien has no names: that a query is equal to it does not tell what the query is."""
    codes = codes_of([0, 1, 1, 1], [0, 1, 2, 3])
    codes[0, 0] = 0
    evidence = gather(hits_of([0.0, 0.3, 0.4, 0.4], [1.0, 0.8, 0.7, 0.7]), codes, NOTHING_BETWEEN)
    assert evidence.best_identity[0] == pytest.approx(0.7)


def test_a_neighbour_without_a_family_may_still_give_the_genus() -> None:
    """The best neighbour has a family and no genus, the next one a genus and no family: they do not contradict."""
    codes = codes_of([0, 2, 3, 3], [0, 1, 2, 3])
    codes[0, :, FAMILY] = [1, 0, 4, 4]
    evidence = gather(hits_of([0.01, 0.02, 0.2, 0.2], [0.9, 0.89, 0.5, 0.5]), codes, NOTHING_BETWEEN)
    assert evidence.candidates[0, [FAMILY, GENUS, SPECIES]].tolist() == [1, 2, 1]


def test_a_taxon_ties_with_all_its_neighbours() -> None:
    """One reference of species 2 is as near as the candidate, the other is not."""
    hits = hits_of([0.0, 0.001, 0.05, 0.05], [0.9, 0.9, 0.8, 0.8])
    evidence = gather(hits, codes_of([1, 1, 1, 1], [1, 2, 2, 3]), NOTHING_BETWEEN)
    assert evidence.ties[0, :, SPECIES].tolist() == [True, True, True, False]


def test_the_nearest_reference_is_that_of_the_deepest_candidate() -> None:
    """The first neighbour fits best above species, by its cosine; the second is equal to the query."""
    evidence = gather(
        hits_of([0.02, 0.0, 0.2, 0.2], [0.95, 0.9, 0.5, 0.5]), codes_of([1, 1, 2, 2], [1, 2, 3, 4]), NOTHING_BETWEEN
    )
    assert evidence.candidates[0, SPECIES] == 2
    assert evidence.nearest[0] == 1


def test_a_neighbour_without_a_name_is_not_counted_as_support_of_others() -> None:
    """Two of four neighbours have no genus; the other two are of the candidate, so nothing speaks against it."""
    hits = hits_of([0.0, 0.0, 0.05, 0.05], [0.9, 0.9, 0.9, 0.9])
    evidence = gather(hits, codes_of([1, 1, 0, 0], [1, 1, 0, 0]), NOTHING_BETWEEN)
    assert feature(evidence.features, GENUS, "log_support") == pytest.approx(np.log(1.001))


def test_a_rank_at_which_the_best_neighbour_has_no_name_has_no_candidate() -> None:
    """The nearest neighbour has a genus and a species but no family, and the others are of family 1."""
    codes = codes_of([1, 2, 3, 4], [1, 2, 3, 4])
    codes[0, 0, FAMILY] = 0
    evidence = gather(hits_of([0.01, 0.05, 0.05, 0.05], [0.9, 0.6, 0.6, 0.6]), codes, NOTHING_BETWEEN)
    assert (evidence.candidates[0, FAMILY], evidence.candidates[0, GENUS]) == (0, 1)
    assert not evidence.members[0, :, FAMILY].any()
    assert not evidence.others[0, :, FAMILY].any()


def test_the_nearest_is_that_of_the_deepest_candidate_even_if_it_is_a_kingdom() -> None:
    codes = np.zeros((1, 4, len(RANKS)), dtype=np.int32)
    codes[0, 2, 0] = 1
    evidence = gather(hits_of([0.01, 0.05, 0.06, 0.07], [0.9, 0.8, 0.7, 0.6]), codes, NOTHING_BETWEEN)
    assert evidence.nearest.tolist() == [2]
    nameless = gather(hits_of([0.01, 0.05, 0.06, 0.07], [0.9, 0.8, 0.7, 0.6]), 0 * codes, NOTHING_BETWEEN)
    assert nameless.nearest.tolist() == [0]
