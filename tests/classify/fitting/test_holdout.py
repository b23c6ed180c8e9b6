"""References hidden and looked up: what is hidden is not found, and what is alone sees nothing else."""

import numpy as np
import pytest

from barcodeembed.classify.fitting import holdout
from barcodeembed.classify.fitting.holdout import (
    HIDDEN,
    PRIOR,
    Examples,
    Queries,
    _sample,
    look_up,
    look_up_alone,
    true_taxa,
)
from barcodeembed.taxonomy import RANKS


def whole(library) -> Queries:
    return Queries(np.arange(len(library)), library.columns, library.stored)


def test_the_prior_is_a_share_of_all_queries() -> None:
    assert set(PRIOR) == set(HIDDEN)
    assert sum(PRIOR.values()) == pytest.approx(1)


def test_hidden_taxa_are_not_among_the_neighbours(library) -> None:
    examples = {one.kind: one for one in look_up(library, true_taxa(library), whole(library), np.random.default_rng(0))}
    assert set(examples) == {"known", "new_species", "new_genus", "new_family", "new_order"}
    right = {kind: (one.evidence.candidates == one.truth).mean(axis=0) for kind, one in examples.items()}
    for kind, hidden in HIDDEN.items():
        if kind in examples and hidden:
            assert right[kind][RANKS.index(hidden)] == 0
    assert right["known"][RANKS.index("species")] > 0.95
    assert right["new_species"][RANKS.index("genus")] > 0.9
    assert right["new_genus"][RANKS.index("family")] > 0.9
    assert right["new_order"][RANKS.index("class")] == 1


@pytest.mark.parametrize("rank", ["order", "family", "species"])
def test_alone_only_one_taxon_of_the_rank_is_found(library, rank: str) -> None:
    column = RANKS.index(rank)
    for one in look_up_alone(library, true_taxa(library), whole(library), rank, np.random.default_rng(0)):
        assert not one.evidence.others[:, :, column].any()
        assert (one.evidence.candidates[:, column] > 0).all()
        hidden = HIDDEN[one.kind]
        lacking = hidden is not None and RANKS.index(hidden) <= column
        assert ((one.evidence.candidates[:, column] == one.truth[:, column]) == (not lacking)).all()
        if hidden == rank:
            assert (one.evidence.candidates[:, column - 1] == one.truth[:, column - 1]).all()


def test_phyla_can_be_hidden_where_no_kingdom_is_named(tree, make_library) -> None:
    columns, lineages = tree(2)
    renamed = [type(line)(("", f"Phylum{n % 3}", *line.names[2:])) for n, line in enumerate(lineages)]
    library = make_library(columns, renamed)
    assert "new_phylum" in {
        one.kind for one in look_up(library, true_taxa(library), whole(library), np.random.default_rng(0))
    }


def test_genera_can_be_hidden_where_no_family_is_named(tree, make_library) -> None:
    """As in tables of genus and species: all genera count as of one family, and each of them gives examples."""
    columns, lineages = tree(2, families=3, genera=4)
    bare = [type(line)(("", "", "", "", "", *line.names[5:])) for line in lineages]
    examples = kinds(make_library(columns, bare))
    assert set(examples) == {"known", "new_species", "new_genus"}
    genera = examples["new_genus"].truth[:, RANKS.index("genus")]
    assert len(np.unique(genera)) == len({line.names[5] for line in bare}) > 4


def test_a_barcode_of_several_species_has_no_right_species(tree, make_library) -> None:
    columns, lineages = tree(3)
    columns = columns.copy()
    columns[3] = columns[0]  # of the next species of the genus
    library = make_library(columns, lineages)
    truth, codes = true_taxa(library), library.taxa.codes
    assert codes[0, -1] != codes[3, -1]
    assert truth[[0, 3], -1].tolist() == [0, 0]
    assert np.array_equal(truth[:, :-1], codes[:, :-1])
    assert np.array_equal(np.delete(truth, [0, 3], axis=0), np.delete(codes, [0, 3], axis=0))
    known = kinds(library)["known"]
    assert (known.truth[:, -1] == 0).sum() == 2
    library.aliens = np.arange(len(library)) == 3  # it is not of the species that it is named as
    assert np.array_equal(true_taxa(library), codes)


def test_a_barcode_that_a_species_has_twice_has_a_right_species(tree, make_library) -> None:
    columns, lineages = tree(3)
    columns = columns.copy()
    columns[1] = columns[0]
    library = make_library(columns, lineages)
    assert np.array_equal(true_taxa(library), library.taxa.codes)


@pytest.fixture
def rich(tree, make_library):
    """256 references: eight of each of eight species of four genera."""
    return make_library(*tree(8, families=2, genera=2, species=8))


def kinds(library) -> dict[str, Examples]:
    return {one.kind: one for one in look_up(library, true_taxa(library), whole(library), np.random.default_rng(0))}


def most_of_one(examples: Examples, rank: str) -> int:
    """How many examples the commonest taxon of a rank gives."""
    return int(np.bincount(examples.truth[:, RANKS.index(rank)]).max())


def test_no_taxon_gives_many_examples(rich) -> None:
    """A large genus would decide for all others."""
    examples = kinds(rich)
    assert most_of_one(examples["known"], "species") == 5
    assert most_of_one(examples["new_species"], "species") == 2
    assert most_of_one(examples["new_species"], "genus") == 4
    assert most_of_one(examples["new_genus"], "genus") == 2


def test_a_large_library_uses_a_quarter_of_the_examples(rich, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holdout, "EXAMPLES", dict.fromkeys(HIDDEN, 40))
    assert len(kinds(rich)["known"].truth) == 40
    monkeypatch.setattr(holdout, "LARGE", 255)
    assert len(kinds(rich)["known"].truth) == 10


def test_alone_a_quarter_of_the_examples_is_used(rich, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is such a set of examples for each rank."""
    monkeypatch.setattr(holdout, "EXAMPLES", dict.fromkeys(HIDDEN, 40))
    (known,) = (
        one
        for one in look_up_alone(rich, true_taxa(rich), whole(rich), "order", np.random.default_rng(0))
        if one.kind == "known"
    )
    assert len(known.truth) == 10


def test_an_alien_is_no_example_of_its_name(rich) -> None:
    column = RANKS.index("species")
    code = rich.taxa.codes[0, column]
    assert code in kinds(rich)["known"].truth[:, column]
    rich.aliens = rich.taxa.codes[:, column] == code
    assert code not in kinds(rich)["known"].truth[:, column]


def test_other_names_at_a_few_references_change_few_of_the_examples() -> None:
    species = np.repeat(np.arange(1, 8001), 3)
    codes = np.stack([np.ones_like(species)] * 5 + [(species + 9) // 10, species], axis=1).astype(np.int32)
    changed = codes.copy()
    changed[np.random.default_rng(1).permutation(len(codes))[:240], -1] = 0
    drawn, again = (_sample(own, own, "known", np.random.default_rng(0), 1) for own in (codes, changed))
    assert len(drawn) == len(again) == 8000
    assert len(np.intersect1d(drawn, again)) > 7800
