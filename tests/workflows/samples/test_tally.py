"""Sums by taxon, by feature and by sample."""

from pathlib import Path

import pytest

from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.samples.exports import Matrix, phyloseq_tables, write_anndata, write_biom
from barcodeembed.workflows.samples.tally import SampleTally, TaxonKey, taxon_rows

BEES = ("Animalia", "Arthropoda", "Insecta", "Hymenoptera", "Andrenidae", "Andrena")
FULVA = TaxonKey(Lineage((*BEES, "Andrena fulva")))
NEW = TaxonKey(Lineage((*BEES, "")), "new_species")
GENUS = TaxonKey(Lineage((*BEES[:5], "", "")), "new_genus")


@pytest.fixture
def tally() -> SampleTally:
    """Two samples: a named species in both, twice in one; a new species, a new genus, rejected reads."""
    tally = SampleTally(keep_features=True)
    tally.add(FULVA, [("A", 3)], feature="sha-1", id="r1", confidence=0.99)
    tally.add(NEW, [("A", 2), ("B", 5)], feature="sha-2", id="r2", confidence=0.9)
    tally.add(FULVA, [("B", 1)], feature="sha-1", id="r7", confidence=0.99)
    tally.add(FULVA, [("B", 4)], feature="sha-3", id="r1", confidence=0.98)
    tally.add(GENUS, [("B", 1)], feature="sha-4", id="r4", confidence=0.8)
    tally.reject([("C", 2)])
    return tally


def table(tally: SampleTally, rank: str | None = None) -> dict[str, list[int]]:
    header, *rows = taxon_rows(tally, rank)
    assert header[-4:] == ["total", "A", "B", "C"]
    return {row[0]: [int(cell) for cell in row[-4:]] for row in rows}


def test_each_call_counts_once_as_deep_as_it_is_named(tally: SampleTally) -> None:
    assert table(tally) == {
        "new genus of Andrenidae": [1, 0, 1, 0],
        "new species of Andrena": [7, 2, 5, 0],
        "Andrena fulva": [8, 3, 5, 0],
        "rejected": [2, 0, 0, 2],
    }


def test_at_a_rank_what_is_named_there_is_one_row(tally: SampleTally) -> None:
    assert table(tally, "genus") == {
        "new genus of Andrenidae": [1, 0, 1, 0],
        "Andrena": [15, 5, 10, 0],
        "rejected": [2, 0, 0, 2],
    }


def test_what_no_sample_has_is_no_row_and_no_feature(tally: SampleTally) -> None:
    before = list(taxon_rows(tally)), Matrix.of(tally)
    absent = TaxonKey(Lineage((*BEES, "Andrena cineraria")))
    tally.add(absent, (), feature="sha-5", id="r5", confidence=0.99)
    assert list(taxon_rows(tally)) == before[0]
    assert Matrix.of(tally).ids == before[1].ids
    tally.add(absent, [("A", 1)], feature="sha-5", id="r9", confidence=0.99)
    assert Matrix.of(tally).ids == [*before[1].ids[:-1], "r9", "rejected"]


@pytest.mark.parametrize("rank", [None, "kingdom", "family", "species"])
def test_columns_add_up_to_the_reads(tally: SampleTally, rank: str | None) -> None:
    assert [sum(column) for column in zip(*table(tally, rank).values(), strict=True)] == [18, 5, 11, 2]


def test_groups_have_rows_of_their_own() -> None:
    tally = SampleTally()
    for group in ("Andrena sp. group 1", "Andrena sp. group 2"):
        key = TaxonKey(NEW.lineage, NEW.verdict, group)
        tally.add(key, [("A", 2)], feature=group, id=group, confidence=0.9)
    assert [row[0] for row in taxon_rows(tally)] == ["taxon", "Andrena sp. group 1", "Andrena sp. group 2", "rejected"]


def test_a_feature_is_a_distinct_sequence(tally: SampleTally) -> None:
    matrix = Matrix.of(tally)
    assert matrix.ids == ["r1", "r2", "sha-3", "r4", "rejected"]
    assert matrix.counts.toarray().tolist() == [[3, 1, 0], [2, 5, 0], [0, 4, 0], [0, 1, 0], [0, 0, 2]]


def test_biom_is_read_back_with_lineages(tally: SampleTally, tmp_path: Path) -> None:
    biom = pytest.importorskip("biom")
    for name in ("a.biom", "b.biom"):
        write_biom(tmp_path / name, Matrix.of(tally))
    table = biom.load_table(str(tmp_path / "a.biom"))
    assert table.get_value_by_ids("r2", "B") == 5
    assert table.sum() == 18
    assert list(table.metadata("r1", "observation")["taxonomy"])[-1] == "s__Andrena fulva"


def test_phyloseq_tables_have_the_same_rows(tally: SampleTally) -> None:
    tables = {
        name: [line.rstrip("\n").split("\t") for line in lines] for name, lines in phyloseq_tables(Matrix.of(tally))
    }
    assert tables["otu_table.tsv"][1] == ["r1", "3", "1", "0"]
    assert [row[0] for row in tables["otu_table.tsv"][1:]] == [row[0] for row in tables["tax_table.tsv"][1:]]
    assert tables["otu_table.tsv"][0][1:] == [row[0] for row in tables["sample_table.tsv"][1:]]
    assert tables["sample_table.tsv"][2] == ["B", "11", "4"]


SITES = {"site": {"A": "bog", "C": "007"}, "date": {"D": "2026"}}


def test_samples_are_described_in_every_format(tally: SampleTally, tmp_path: Path) -> None:
    biom, anndata = pytest.importorskip("biom"), pytest.importorskip("anndata")
    matrix = Matrix.of(tally, SITES)
    lines = [line.rstrip("\n").split("\t") for line in dict(phyloseq_tables(matrix))["sample_table.tsv"]]
    assert lines[0] == ["sample", "reads", "features", "site"]
    assert [line[3] for line in lines[1:]] == ["bog", "", "007"]
    write_biom(tmp_path / "a.biom", matrix)
    read = biom.load_table(str(tmp_path / "a.biom"))
    assert [read.metadata(sample)["site"] for sample in "ABC"] == ["bog", "", "007"]
    write_anndata(tmp_path / "a.h5ad", matrix)
    assert anndata.read_h5ad(tmp_path / "a.h5ad").obs["site"].tolist() == ["bog", "", "007"]


def test_anndata_has_samples_for_rows(tally: SampleTally, tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata")
    write_anndata(tmp_path / "samples.h5ad", Matrix.of(tally))
    read = anndata.read_h5ad(tmp_path / "samples.h5ad")
    assert read.obs_names.tolist() == ["A", "B", "C"]
    assert read[:, "r2"].X.toarray().ravel().tolist() == [2, 5, 0]
    assert read.var.loc["r1", "species"] == "Andrena fulva"


def test_a_group_with_two_verdicts_is_one_row() -> None:
    tally = SampleTally()
    group, lineage = "Andrena sp. group 1", NEW.lineage
    tally.add(TaxonKey(lineage, "ambiguous", group), [("A", 2), ("B", 1)], feature="1", id="a", confidence=0.5)
    tally.add(TaxonKey(lineage, "new_species", group), [("B", 4)], feature="2", id="b", confidence=0.5)
    tally.add(TaxonKey(lineage, "ambiguous"), [("C", 3)], feature="3", id="c", confidence=0.5)
    assert table(tally) == {
        "ambiguous in Andrena": [3, 0, 0, 3],
        group: [7, 2, 5, 0],
        "rejected": [0, 0, 0, 0],
    }
    assert next(row[1] for row in taxon_rows(tally) if row[0] == group) == "new_species"
    assert table(tally)[group] == [7, 2, 5, 0]  # asking changes nothing


def test_groups_stand_in_the_order_of_their_numbers() -> None:
    tally = SampleTally()
    groups = [f"Andrena sp. group {number}" for number in (10, 2, 1)]
    for group, verdict in zip(groups, ("ambiguous", "new_species", "ambiguous"), strict=True):
        tally.add(TaxonKey(NEW.lineage, verdict, group), [("A", 1)], feature=group, id=group, confidence=0.5)
    tally.add(TaxonKey(NEW.lineage, "new_species"), [("A", 1)], feature="no bases", id="b", confidence=0.5)
    assert [row[0] for row in taxon_rows(tally)][1:-1] == ["new species of Andrena", *groups[::-1]]
