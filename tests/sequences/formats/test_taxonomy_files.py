"""Ids of a taxonomy that are not quite those of the sequences."""

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.formats.taxonomy_files import read_taxonomy

LINEAGE = "k__Animalia;p__Arthropoda;c__Insecta;o__Diptera;f__Culicidae;g__Culex;s__pipiens"


@pytest.mark.parametrize(
    ("id", "key"),
    [
        ("KX123456.1", "KX123456"),
        ("KX123456", "KX123456.1"),
        ("KX123456.2", "KX123456.1"),
        ("a", "a of Helsinki"),
        ("a b", ">a b"),
        ("NC_001566.1 Culex", "NC_001566 Culex pipiens"),
        ("a;size=3;", "a"),
        ("a", "a;size=3"),
        ("OTU_A", "otu_a"),
        ("gb|KX123456.1|", "KX123456"),
        ("gi|12|gb|KX123456.1|", "KX123456.1"),
    ],
)
def test_ids_of_a_taxonomy_may_lack_a_version_or_go_on(write, id, key):
    counts = ReadCounts()
    taxonomy = read_taxonomy(write(f"{key}\t{LINEAGE}\nother\tk__Animalia;p__Mollusca\n", "taxonomy.tsv"))
    (barcode,) = read_barcodes([write(f">{id}\nACGT\n")], counts, labelled=True, taxonomy=taxonomy)
    assert barcode.lineage.at("genus") == "Culex"
    assert [line.split(":")[0] for line in counts.remarks.lines()] == [
        "ids found in the taxonomy in another form (version, size, case, first word)"
    ]


def test_an_id_that_would_have_two_lineages_is_not_shortened(write):
    taxonomy = read_taxonomy(write(f"a 1\t{LINEAGE}\na 2\tk__Animalia;p__Mollusca\nOTU.1\t{LINEAGE}\n", "taxonomy.tsv"))
    for id in ("a", "OTU", "OTU.2", "OTU.1.1"):
        with pytest.raises(InputError, match="no sequence has its id in the taxonomy"):
            list(read_barcodes([write(f">{id}\nACGT\n")], labelled=True, taxonomy=taxonomy))
