"""Names of references as codes: one code for each name at each rank, also over several tables."""

import numpy as np

from barcodeembed.library.taxon_table import TaxonTable
from barcodeembed.taxonomy import GENUS, RANKS, SPECIES, Lineage


def named(family: str, genus: str, species: str = "") -> Lineage:
    return Lineage.from_ranks(family=family, genus=genus, species=species)


LINEAGES = [
    named("Culicidae", "Culex", "Culex pipiens"),
    named("Apidae", "Apis", "Apis mellifera"),
    named("Culicidae", "Culex"),
]


def test_what_goes_in_comes_out() -> None:
    table = TaxonTable.of(LINEAGES)
    assert [table.lineage(row) for row in range(3)] == LINEAGES
    assert table.names[GENUS] == ("", "Apis", "Culex")
    assert table.codes[:, GENUS].tolist() == [2, 1, 2]
    assert table.codes[:, SPECIES].tolist() == [2, 1, 0]
    assert table.select(np.array([2, 0])).lineage(0) == LINEAGES[2]


def test_tables_together_have_one_code_for_a_name() -> None:
    together = TaxonTable.concatenate([TaxonTable.of(LINEAGES[:1]), TaxonTable.of(LINEAGES[1:])])
    assert [together.lineage(row) for row in range(3)] == LINEAGES
    assert np.array_equal(together.codes, TaxonTable.of(LINEAGES).codes)


def test_the_parent_of_a_taxon_is_the_commonest_above_it() -> None:
    for few, many in (("Apidae", "Zygaenidae"), ("Zygaenidae", "Apidae")):
        table = TaxonTable.of([named(few, "Morus"), named(many, "Morus"), named(many, "Morus"), named("", "Culex")])
        family = table.names[RANKS.index("family")]
        parents = table.parents(GENUS)
        assert [family[parents[table.names[GENUS].index(genus)]] for genus in ("Morus", "Culex")] == [many, ""]
    assert not TaxonTable.of(LINEAGES).parents(0).any()
