"""Write and read files."""

import pytest

from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts


@pytest.fixture
def write(tmp_path):
    def write(content, name="input"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def read(write):
    """Reads the content as a file; checks that every record is accounted for and nothing else was written."""

    def read(content, counts=None):
        path = write(content)
        counts = ReadCounts() if counts is None else counts
        barcodes = list(read_barcodes([path], counts))
        assert counts.read == len(barcodes) + counts.skipped.total()
        assert count_records([path]) in (None, counts.read)
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]
        return barcodes

    return read
