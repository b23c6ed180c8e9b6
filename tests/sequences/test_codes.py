import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from barcodeembed.sequences.barcode import IUPAC, Barcode, clean
from barcodeembed.sequences.codes import COMPLEMENT, ONE_HOT, SINGLE_BASE, decode, encode, pack, single_bases, unpack

iupac = st.text(alphabet=IUPAC, min_size=1, max_size=50)


@given(iupac)
def test_decode_undoes_encode(sequence: str) -> None:
    assert decode(encode(sequence)) == sequence


@given(iupac)
def test_complement_is_biopythons(sequence: str) -> None:
    from Bio.Seq import reverse_complement

    assert decode(COMPLEMENT[encode(sequence)[::-1]]) == reverse_complement(sequence)


def test_codes_intersect_where_bases_are_compatible() -> None:
    r, a, c = encode("RAC")
    assert r & a
    assert not r & c


def test_one_hot_of_bases_and_ambiguity() -> None:
    assert ONE_HOT[encode("ACGT")].tolist() == np.eye(4).tolist()
    assert ONE_HOT[encode("R")[0]].tolist() == [0.5, 0, 0.5, 0]
    assert ONE_HOT[encode("N")[0]].sum() == 0
    assert SINGLE_BASE[encode("ACGTN")].tolist() == [0, 1, 2, 3, -1]


def test_single_bases_are_a_c_g_t_alone() -> None:
    every = np.arange(16, dtype=np.uint8)
    assert single_bases(every).tolist() == [code if code in (1, 2, 4, 8) else 0 for code in every]
    assert single_bases(every).dtype == np.uint8


def test_pack_and_unpack() -> None:
    codes = np.random.default_rng(0).integers(0, 16, (5, 658)).astype(np.uint8)
    assert pack(codes).shape == (5, 329)
    assert np.array_equal(unpack(pack(codes)), codes)


def test_cleaning() -> None:
    assert clean("ac-gU.t\r\n nRy") == ("ACGTTNRY", b"", "")
    assert clean("ACGE") == (None, b"", "E")
    assert clean("AC\u00e9") == (None, b"", "\u00e9")
    assert Barcode.from_raw("x", "MKVE*").is_dna is False
    assert Barcode.from_raw("x", "acgn").n_ambiguous == 1
    # The name that vsearch gives the same sequence.
    assert Barcode.from_raw("x", "acgu").sha1 == "2108994e17f6cca9ff2352ada92b6511db076034"
