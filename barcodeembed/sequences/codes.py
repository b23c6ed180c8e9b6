"""Bases as numbers: a code of four bits is a set of bases (A=1, C=2, G=4, T=8).

0 means that there is no base. Two codes are compatible if their sets have a base in common, so ``a & b != 0`` compares
ambiguous bases in one instruction, and two codes fit into a byte.
"""

import numpy as np
from numpy.typing import NDArray

from barcodeembed.sequences.barcode import IUPAC

Codes = NDArray[np.uint8]

_BASE_SETS = {
    "A": "A",
    "C": "C",
    "G": "G",
    "T": "T",
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
    "N": "ACGT",
}
_BIT = {"A": 1, "C": 2, "G": 4, "T": 8}
_CODE = {letter: sum(_BIT[base] for base in bases) for letter, bases in _BASE_SETS.items()}

_CODE_OF_BYTE = np.zeros(256, dtype=np.uint8)
for _letter in IUPAC:
    _CODE_OF_BYTE[ord(_letter)] = _CODE[_letter]

LETTERS = np.full(16, ord("-"), dtype=np.uint8)
"""ASCII letter of each code; ``-`` for 0."""
for _letter, _code in _CODE.items():
    LETTERS[_code] = ord(_letter)

COMPLEMENT = np.array([int(f"{code:04b}"[::-1], 2) for code in range(16)], dtype=np.uint8)
"""Code of the complementary set of bases: the four bits in reverse order (A<->T, C<->G)."""

ONE_HOT = np.zeros((16, 4), dtype=np.float32)
"""float32 (16, 4): share of A, C, G, T in each code. N says nothing about the base, so it counts as no base."""
for _code in range(1, 15):
    _bits = np.array([_code >> i & 1 for i in range(4)], dtype=np.float32)
    ONE_HOT[_code] = _bits / _bits.sum()

SINGLE_BASE = np.full(16, -1, dtype=np.int8)
"""int8 (16,): 0, 1, 2, 3 for the codes of A, C, G, T; -1 for every other code."""
for _base in range(4):
    SINGLE_BASE[1 << _base] = _base


def single_bases(codes: Codes) -> Codes:
    """Return the codes, in any shape, with 0 for every one that is not A, C, G or T alone."""
    # Clearing the lowest bit leaves nothing of a set of one base. Faster than a table.
    return codes * ((codes & (codes - np.uint8(1))) == 0)


def encode(sequence: str) -> Codes:
    """Return the codes (length,) of an upper-case IUPAC sequence."""
    return _CODE_OF_BYTE[np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)]


def decode(codes: Codes) -> str:
    """Return the sequence of codes (length,); ``-`` where there is no base."""
    return LETTERS[codes].tobytes().decode("ascii")


def pack(codes: Codes) -> Codes:
    """Return codes (N, C), with an even C, as two to a byte (N, C / 2)."""
    return codes[:, 0::2] | np.left_shift(codes[:, 1::2], 4, dtype=np.uint8)


def unpack(packed: Codes) -> Codes:
    """Return what :func:`pack` packed: (N, C / 2) -> (N, C)."""
    codes = np.empty((packed.shape[0], packed.shape[1] * 2), dtype=np.uint8)
    codes[:, 0::2] = packed & 15
    codes[:, 1::2] = packed >> 4
    return codes
