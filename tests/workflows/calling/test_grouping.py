"""Groups of queries without a species' name: who is put into one, and what it is called."""

from base64 import b64encode

import numpy as np

from barcodeembed.classify.call import Assignment
from barcodeembed.sequences.codes import pack
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.calling.grouping import Grouping

GENUS = Lineage.from_ranks(family="Culicidae", genus="Culex")
FAMILY = Lineage.from_ranks(family="Culicidae")
ONE, OTHER = np.full((2, 658), [[1], [2]], dtype=np.uint8)
"""Two barcodes that differ in every base."""


def packed(columns: np.ndarray) -> str:
    return b64encode(pack(columns[None])[0].tobytes()).decode()


def test_groups_are_numbered_in_their_taxon_and_called_by_it(make_call) -> None:
    calls = [
        make_call("a", Assignment("new_species", GENUS), sha1="a" * 40, columns=packed(ONE)),
        make_call("a again", Assignment("new_species", GENUS), sha1="a" * 40, columns=packed(ONE)),
        make_call("b", Assignment("ambiguous", GENUS), sha1="b" * 40, columns=packed(OTHER)),
        make_call("c", Assignment("new_genus", FAMILY), sha1="c" * 40, columns=packed(ONE)),
        make_call("d", Assignment("unplaced"), sha1="d" * 40, columns=packed(ONE)),
        make_call("named", Assignment("named", GENUS), sha1="e" * 40, columns=packed(ONE)),
        make_call("without columns", Assignment("new_species", GENUS), sha1="f" * 40, columns=""),
        make_call("rejected", Assignment(), sha1="0" * 40, columns=packed(ONE), status="too_short"),
    ]
    said: list[str] = []
    grouping = Grouping(0.05, say=said.append)
    for call in calls:
        grouping.add(call)
    assert grouping.close() == 4
    assert said == ["grouping 4 sequences without a species' name, of 3 taxa ..."]
    assert [grouping.group_of(call) for call in calls] == [
        *("Culex sp. group 1", "Culex sp. group 1", "Culex sp. group 2"),
        *("Culicidae group 1", "unplaced group 1", "", "", ""),
    ]


def test_where_every_query_has_a_name_there_is_no_group(make_call) -> None:
    said: list[str] = []
    grouping = Grouping(0.05, say=said.append)
    grouping.add(make_call("named", Assignment("named", GENUS), columns=packed(ONE)))
    assert (grouping.close(), said) == (0, [])
