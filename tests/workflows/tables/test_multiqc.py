"""What MultiQC gets of samples."""

import json

from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.samples.tally import SampleTally, TaxonKey
from barcodeembed.workflows.tables.multiqc import general_statistics, taxon_bars
from barcodeembed.workflows.tables.summary import Outcomes


def test_names_of_any_rank_are_not_taken_for_the_verdict() -> None:
    column = json.loads(general_statistics({"A": Outcomes()}))["headers"]["named"]
    assert (column["title"], "with a name of any rank" in column["description"]) == ("% with a name", True)


def test_numbered_groups_are_with_their_taxon_in_the_bars() -> None:
    tally = SampleTally()
    insect = Lineage.from_ranks(kingdom="Animalia", phylum="Arthropoda", **{"class": "Insecta"})
    fly = Lineage.from_ranks(phylum="Arthropoda", order="Diptera", genus="Culex")
    for number in range(1, 40):
        key = TaxonKey(insect, "unplaced", f"Insecta group {number}")
        tally.add(key, [("A", 2), ("B", 1)], feature=str(number), id=str(number), confidence=0.5)
    tally.add(TaxonKey(fly, "new_species", "Culex sp. group 1"), [("B", 5)], feature="f", id="f", confidence=0.9)
    header, *rows = [line for line in taxon_bars(tally, "order").splitlines() if not line.startswith("#")]
    assert header == "Sample\tInsecta\tDiptera\tother taxa\trejected"
    assert rows == ['"A"\t78\t0\t0\t0', '"B"\t39\t5\t0\t0']
