"""Records as they stand in a file, each with its line ends, whether the file ends with one or not."""

import pytest

from barcodeembed.errors import InputError
from barcodeembed.sequences.formats.raw import raw_records
from barcodeembed.sequences.formats.sources import open_source

DNA = "ACGTTGCATT" * 8
FILES = {
    "fasta": ("", [">a x\nAC\nGT\n", ">b\nGG\n"]),
    "fastq": ("", ["@a x\nACGT\n+\nIIII\n", "@b\nGG\n+\nII\n"]),
    "table": ("id\tsequence\n", ["a\tACGT\n", "b\tGG\n"]),
    "quoted table": ("id,note,sequence\n", ['a,"one\ntwo",ACGT\n', "b,,GG\n"]),
    "bare table": ("", [f"a\tCulex pipiens\t{DNA}\n", f"b\tCulex pipiens\t{DNA}\n"]),
}


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("kind", FILES)
def test_each_record_is_passed_on_as_it_is(write, kind, ended):
    header, records = FILES[kind]
    text = header + "".join(records)
    with open_source(write(text if ended else text.removesuffix("\n"))) as source:
        found, rows = raw_records(source)
        assert (found, list(rows)) == (header, records)


def test_a_quoted_field_that_is_not_closed_is_an_error(write):
    with open_source(write('id,note,sequence\na,"one,ACGT\nb,,GG\n')) as source:
        _, rows = raw_records(source)
        with pytest.raises(InputError, match="a quoted field is not closed"):
            list(rows)
