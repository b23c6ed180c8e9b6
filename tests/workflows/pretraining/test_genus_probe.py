"""The probe asks for the genus of species that the references do not have."""

from pathlib import Path

import numpy as np
import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.codes import ONE_HOT, Codes
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.pretraining.genus_probe import GenusProbe, whiten

LIBRARY = Path(__file__).parents[3] / "data" / "library.tsv"


@pytest.fixture(scope="module")
def labelled() -> list[Barcode]:
    return list(read_barcodes([LIBRARY]))


def one_hot(columns: Codes) -> np.ndarray:
    return ONE_HOT[columns[:, ::4]].reshape(len(columns), -1)


def test_query_species_are_not_among_the_references(labelled: list[Barcode]) -> None:
    probe = GenusProbe.of(labelled, shipped_anchor())
    assert len(probe.queries) > 5
    assert set(probe.query_genera) <= set(probe.reference_genera)
    lineage = {tuple(shipped_anchor().place([b.sequence]).columns[0]): b.lineage.at("species") for b in labelled}
    species = [{lineage[tuple(row)] for row in rows} for rows in (probe.queries, probe.references)]
    assert not species[0] & species[1]


def test_the_sample_does_not_depend_on_the_order_of_the_file(labelled: list[Barcode]) -> None:
    first, second = (GenusProbe.of(part, shipped_anchor()) for part in (labelled, labelled[::-1]))
    assert np.array_equal(first.queries, second.queries)
    assert np.array_equal(first.references, second.references)


def test_bases_name_more_genera_than_nothing_does(labelled: list[Barcode]) -> None:
    probe = GenusProbe.of(labelled, shipped_anchor())
    informed = probe.score(one_hot)
    blind = probe.score(lambda columns: np.random.default_rng(1).random((len(columns), 16), dtype=np.float32))
    assert informed["probe_genus_plain"] > 0.4 > blind["probe_genus_plain"]
    assert informed["probe_genus"] > blind["probe_genus"]


def test_whitened_references_have_unit_variance() -> None:
    random = np.random.default_rng(1)
    references = random.normal(size=(200, 6)) @ random.normal(size=(6, 6))
    references = np.hstack([references, references[:, :1]])  # one direction says nothing new
    white, _ = whiten(references, references[:3])
    assert white.shape[1] == 6
    assert np.allclose(np.cov(white.T), np.eye(6))


def test_a_file_without_two_species_of_a_genus(barcodes: list[str]) -> None:
    labelled = [Barcode("x", barcodes[0], Lineage.from_ranks(genus="Aus", species="Aus bus"))]
    with pytest.raises(InputError, match="two species"):
        GenusProbe.of(labelled, shipped_anchor())
