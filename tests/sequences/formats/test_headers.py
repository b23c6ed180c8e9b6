"""Ids: what of a header or a row is the id."""

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.readers import read_barcodes


@pytest.mark.parametrize(
    ("behind", "ids"),
    {
        ";KX1 ;KX2": "KX1 KX2",
        ";KX123456.1 ;NC_001566.1": "KX123456.1 NC_001566.1",
        "|KX123456|Finland ,KX123457": "KX123456 KX123457",
        ";NLACA001-15 ;NLACA002-15": "NLACA001-15 NLACA002-15",
    }.items(),
)
def test_an_accession_behind_the_name_is_the_id(write, behind, ids):
    path = write("".join(f">Culex pipiens{end}\nACGT\n" for end in behind.split()))
    for labelled in (True, False):
        found = list(read_barcodes([path], labelled=labelled))
        assert [barcode.id for barcode in found] == ids.split()
        assert [barcode.lineage.at("species") for barcode in found] == ["Culex pipiens" if labelled else ""] * 2


@pytest.mark.parametrize("end", [";size=3", ";BOLD:AAA1234", " COI-5P", ";12", ";2019", " COX1 gene"])
def test_what_is_no_id_behind_a_name_makes_none(write, end):
    path = write(f">Culex pipiens{end}\nAC\n>Culex pipiens{end}\nAC\n")
    found = list(read_barcodes([path], labelled=True))
    assert [barcode.id for barcode in found] == [f"Culex pipiens{end}", f"Culex pipiens{end}.2"]
    assert {barcode.lineage.at("species") for barcode in found} == {"Culex pipiens"}


@pytest.mark.parametrize("header", ["Culex pipiens; CO1", "Culex pipiens;COI2"])
def test_a_marker_behind_a_name_is_no_id(write, header):
    assert next(read_barcodes([write(f">{header}\nACGT\n")])).id != header.split(";")[1].strip()


@pytest.mark.parametrize("header", ["Consensus sequence;AB1", "Sample water;AB12", "Apis COI;KX1", "otu culex;KX1"])
def test_the_id_of_other_headers_stays_the_first_word(write, header):
    assert next(read_barcodes([write(f">{header}\nACGT\n")])).id == header.split()[0]


@pytest.mark.parametrize("behind", ["", " Culex pipiens", ";tax=k:Animalia,p:Arthropoda;"])
def test_a_bin_is_no_id_of_several_references(write, behind):
    bins = ["BOLD:AAA1234", "BOLD:AAA1234", "BOLD:ACG1235"]
    found = list(read_barcodes([write("".join(f">{bin}{behind}\nACGT\n" for bin in bins))], labelled=True))
    assert [barcode.id for barcode in found] == ["BOLD:AAA1234", "BOLD:AAA1234.2", "BOLD:ACG1235"]
    assert [barcode.bin for barcode in found] == bins


def test_ids_that_crabs_makes(write):
    headers = ("CRABS_3:Culex sp. A", "CRABS_4:Osmia bicornis", "CRABS_5:Apis_mellifera")
    found = list(read_barcodes([write("".join(f">{header}\nACGT\n" for header in headers))], labelled=True))
    assert [barcode.id for barcode in found] == ["CRABS_3", "CRABS_4", "CRABS_5:Apis_mellifera"]
    assert [barcode.lineage.at("species") for barcode in found] == ["Culex sp. A", "Osmia bicornis", "Apis mellifera"]


def test_whole_headers(write):
    path = write(">Voucher 1 (reversed)\nAC\n>Voucher  2 tax\nAC\n>Sample 3;tax=g:Culex;\nAC\n>ID4 Culex pipiens\nAC\n")
    ids = [barcode.id for barcode in read_barcodes([path], whole_headers=True)]
    assert ids == ["Voucher 1 (reversed)", "Voucher 2 tax", "Sample 3", "ID4 Culex pipiens"]
    found = list(read_barcodes([path], whole_headers=True, labelled=True))
    assert [barcode.id for barcode in found] == ids
    assert found[3].lineage.at("species") == "Culex pipiens"


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("start", ["a;tax=", "a tax="])
def test_a_lineage_that_is_not_sintax_behind_tax(write, start, labelled):
    header = f">{start}k__Animalia;p__Arthropoda;c__Insecta;o__Diptera;f__Culicidae;g__Culex;s__Culex pipiens"
    (barcode,) = read_barcodes([write(f"{header}\nACGT\n")], labelled=labelled)
    assert (barcode.id, barcode.lineage.at("order"), barcode.lineage.at("species")) == ("a", "Diptera", "Culex pipiens")


def test_a_bin_in_the_header_of_a_reference(write):
    path = write(">ABCDE001-10|Culex pipiens|COI-5P|BOLD:AAA1234\nACGT\n")
    bins = [next(iter(read_barcodes([path], labelled=labelled))).bin for labelled in (True, False)]
    assert bins == ["BOLD:AAA1234", ""]


@pytest.mark.parametrize("missing", ["NA", "None", "nan"])
def test_a_missing_value_in_a_header_of_bold_is_no_marker(write, missing):
    text = f">ABCDE001-10|{missing}|BOLD:AAA1234|Canada\nACGT\n>ABCDE002-10|Culex pipiens|{missing}\nACGT\n"
    assert len(list(read_barcodes([write(text)]))) == 2


@pytest.mark.parametrize(("without", "found"), [(1, True), (9, True), (10, False)])
def test_ten_records_whose_sequence_stands_in_the_header_are_no_chance(write, without, found):
    path = write("".join(f">r{n} {'ACGT' * 15}\n" for n in range(without)) + ">last\nACGT\n")
    if found:
        assert [one.sequence for one in read_barcodes([path])] == [""] * without + ["ACGT"]
    else:
        with pytest.raises(InputError, match="record 1: the sequence stands in the header line"):
            list(read_barcodes([path]))
