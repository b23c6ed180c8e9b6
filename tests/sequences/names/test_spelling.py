"""Words that may be Latin: they can be spoken, and end as epithets do."""

import pytest

from barcodeembed.sequences.names.spelling import may_be_latin


@pytest.mark.parametrize("word", ["bicornis", "BICORNIS", "c-album", "lynx", "rufa"])
def test_epithets_may_be_latin(word: str) -> None:
    """A quarter of the letters of lynx, and no fewer, are vowels."""
    assert may_be_latin(word)


@pytest.mark.parametrize("word", ["fox", "DHJ03", "bicornid", "strnx", "rhmnas"])
def test_codes_are_not_latin(word: str) -> None:
    assert not may_be_latin(word)
