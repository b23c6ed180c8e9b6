"""Tokenizers: patches or k-mers at fixed barcode columns, or k-mers of the raw read.

A tokenizer turns each barcode into tokens with their true positions on the barcode. A token of columns that the read
does not cover is absent; the others keep their positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from barcodeembed.errors import UsageError
from barcodeembed.sequences.codes import COMPLEMENT, SINGLE_BASE, Codes, encode
from barcodeembed.sequences.placement.placements import Placements

UNKNOWN_ID = 1
FIRST_KMER_ID = 2
"""Id of the first k-mer in the published vocabularies: [MASK] and [UNK] come first, then all k-mers of A<C<G<T in
order."""

MAX_K = 12
"""Longest k-mer: its 4^12 ids already are a table of 17 million rows."""


@dataclass(frozen=True)
class Tokens:
    """Tokens of B barcodes, in rows of the same width L.

    Attributes
    ----------
    values
        patches: uint8 (B, L, P) base codes; k-mers: int64 (B, L) ids.
    positions
        int64 (B, L): place of each token on the barcode (for raw reads, in the read).
    mask
        bool (B, L): True for a real token, False for padding.
    """

    values: NDArray[Any]
    positions: NDArray[np.int64]
    mask: NDArray[np.bool_]

    def select(self, rows: NDArray[np.int64]) -> Tokens:
        """Return the tokens of the barcodes with these numbers only, trimmed to the longest of them."""
        width = max(int(self.mask[rows].sum(axis=1).max(initial=0)), 1)
        return Tokens(self.values[rows, :width], self.positions[rows, :width], self.mask[rows, :width])


class Tokenizer(Protocol):
    """The interface of tokenizers, as far as the model uses it. The fields of the dataclass are saved with the
    weights."""

    name: ClassVar[str]

    @property
    def n_positions(self) -> int:
        """Number of different positions."""

    @property
    def vocabulary(self) -> int:
        """Number of token ids; 0 for patches, which are projected instead of looked up."""

    @property
    def first_id(self) -> int:
        """Id of the first k-mer; smaller ids stand for no bases."""

    @property
    def patch(self) -> int:
        """Number of columns in a patch; 0 for k-mers."""

    def tokens(self, placements: Placements, sequences: Sequence[str]) -> Tokens:
        """Return the tokens of B barcodes, with the real tokens first in each row."""

    def from_columns(self, columns: Codes) -> Tokens:
        """Return every token of placed barcodes (B, C) in its place; ``mask`` is False where there is no base."""


@dataclass(frozen=True)
class PatchTokenizer:
    """Patches of ``size`` columns in codon frame. An ambiguous base costs one base, not a whole token.

    Column 0 of the Folmer region is the third base of a codon, so two empty columns stand before it: 658 + 2 columns
    are 55 patches of 12, each of four whole codons.
    """

    size: int = 12
    columns: int = 658
    lead: int = 2

    name: ClassVar[str] = "patches"
    vocabulary: ClassVar[int] = 0
    first_id: ClassVar[int] = 0

    def __post_init__(self) -> None:
        _check_whole(self, size=1, columns=1, lead=0)
        if self.size % 3:
            raise UsageError(f"a patch holds whole codons: its size must be a multiple of 3, not {self.size}")

    @property
    def patch(self) -> int:
        return self.size

    @property
    def n_positions(self) -> int:
        return -(-(self.lead + self.columns) // self.size)

    def from_columns(self, columns: Codes) -> Tokens:
        """Return every token of placed barcodes (B, C) in its place; ``mask`` is False where there is no base."""
        grid = _cut(columns, self.size, self.lead, self.n_positions)
        return Tokens(grid, _all_positions(grid), _present(grid))

    def tokens(self, placements: Placements, sequences: Sequence[str]) -> Tokens:
        return _present_first(self.from_columns(placements.columns))


@dataclass(frozen=True)
class KmerTokenizer:
    """Non-overlapping k-mers at fixed columns in codon frame: the vocabulary of the paper on barcode columns."""

    k: int = 6
    columns: int = 658
    lead: int = 2

    name: ClassVar[str] = "kmers"
    first_id: ClassVar[int] = FIRST_KMER_ID
    patch: ClassVar[int] = 0

    def __post_init__(self) -> None:
        _check_whole(self, k=1, columns=1, lead=0)
        _check_k(self.k)

    @property
    def vocabulary(self) -> int:
        return FIRST_KMER_ID + 4**self.k

    @property
    def n_positions(self) -> int:
        return -(-(self.lead + self.columns) // self.k)

    def from_columns(self, columns: Codes) -> Tokens:
        """Return every token of placed barcodes (B, C) in its place; ``mask`` is False where there is no base."""
        grid = _cut(columns, self.k, self.lead, self.n_positions)
        return Tokens(kmer_ids(grid), _all_positions(grid), _present(grid))

    def tokens(self, placements: Placements, sequences: Sequence[str]) -> Tokens:
        return _present_first(self.from_columns(placements.columns))


@dataclass(frozen=True)
class ReadTokenizer:
    """Non-overlapping k-mers from the first base of the read, as in the published models.

    Only the first ``max_length`` bases are used. A k-mer with a base other than A, C, G, T is [UNK] and takes part; the
    last, incomplete k-mer is dropped. With ``anchored``, a placed read is first turned to the forward strand and starts
    at column 0, so that strand and primers do not matter; a forward barcode that starts at or after column 0 gets
    exactly the published tokens.
    """

    k: int = 6
    max_length: int = 660
    anchored: bool = True
    first_id: int = FIRST_KMER_ID
    unknown_id: int = UNKNOWN_ID

    name: ClassVar[str] = "reads"
    patch: ClassVar[int] = 0

    def __post_init__(self) -> None:
        _check_whole(self, k=1, first_id=0, unknown_id=0)
        _check_k(self.k)
        _check_whole(self, max_length=self.k)
        if self.unknown_id >= self.vocabulary:
            raise UsageError(f"unknown_id = {self.unknown_id}: there are {self.vocabulary} tokens")

    @property
    def vocabulary(self) -> int:
        return self.first_id + 4**self.k

    @property
    def n_positions(self) -> int:
        return self.max_length // self.k

    def tokens(self, placements: Placements, sequences: Sequence[str]) -> Tokens:
        placed = zip(sequences, placements.strand, placements.start.tolist(), strict=True)
        return self._kmers([self._oriented(*read) for read in placed])

    def from_columns(self, columns: Codes) -> Tokens:
        """Return the tokens of placed barcodes (B, C), each from its own first base as for a raw read."""
        covered = columns > 0
        first = covered.argmax(axis=1)
        length = np.where(covered.any(axis=1), columns.shape[1] - covered[:, ::-1].argmax(axis=1) - first, 0)
        index = first[:, None] + np.arange(self.n_positions * self.k)
        reads = np.take_along_axis(columns, np.minimum(index, columns.shape[1] - 1), axis=1)
        grid = reads.reshape(len(columns), self.n_positions, self.k)
        mask = np.arange(self.n_positions) < (length // self.k)[:, None]
        return Tokens(kmer_ids(grid * mask[..., None], self.first_id, self.unknown_id), _all_positions(grid), mask)

    def _kmers(self, reads: list[Codes]) -> Tokens:
        grid = np.zeros((len(reads), self.n_positions, self.k), dtype=np.uint8)
        mask = np.zeros(grid.shape[:2], dtype=bool)
        for i, read in enumerate(reads):
            n = min(len(read) // self.k, self.n_positions)
            grid[i, :n] = read[: n * self.k].reshape(n, self.k)
            mask[i, :n] = True
        return Tokens(kmer_ids(grid, self.first_id, self.unknown_id), _all_positions(grid), mask)

    def _oriented(self, sequence: str, strand: str, start: int) -> Codes:
        read = encode(sequence)
        if self.anchored and strand:
            read = COMPLEMENT[read[::-1]] if strand == "-" else read
            read = read[max(-start, 0) :]
        return read


def kmer_ids(grid: Codes, first: int = FIRST_KMER_ID, unknown: int = UNKNOWN_ID) -> NDArray[np.int64]:
    """Return the ids (B, L) of k-mers (B, L, k): ``first`` + base-4 value, the most significant base first."""
    digits = SINGLE_BASE[grid].astype(np.int64)
    ids = digits @ 4 ** np.arange(grid.shape[2] - 1, -1, -1) + first
    return np.where((digits < 0).any(axis=2), unknown, ids)


def _check_whole(tokenizer: Tokenizer, **least: int) -> None:
    """Check that these fields are whole numbers of at least this size."""
    for name, smallest in least.items():
        value = getattr(tokenizer, name)
        if type(value) is not int or value < smallest:
            raise UsageError(f"{name} = {value!r}: must be a whole number, {smallest} or more")


def _check_k(k: int) -> None:
    if k > MAX_K:
        raise UsageError(f"k = {k}: must be at most {MAX_K}")


def _cut(columns: Codes, size: int, lead: int, n_tokens: int) -> Codes:
    """Return columns (B, C), with ``lead`` empty ones before them, as tokens (B, n_tokens, size); 0 where there is no
    base."""
    padded = np.zeros((len(columns), n_tokens * size), dtype=np.uint8)
    padded[:, lead : lead + columns.shape[1]] = columns
    return padded.reshape(len(columns), n_tokens, size)


def _present(grid: Codes) -> NDArray[np.bool_]:
    """Return bool (B, L): True for each token that holds at least one base."""
    return np.asarray((grid > 0).any(axis=2))


def _all_positions(grid: Codes) -> NDArray[np.int64]:
    """Return the positions (B, L) 0..L-1 of every row."""
    return np.tile(np.arange(grid.shape[1]), (len(grid), 1))


def _present_first(tokens: Tokens) -> Tokens:
    """Move the real tokens of each row to its beginning, keep their positions, and trim to the longest row."""
    width = max(int(tokens.mask.sum(axis=1).max(initial=0)), 1)
    order = np.argsort(~tokens.mask, axis=1, kind="stable")[:, :width]
    index = order.reshape(*order.shape, *[1] * (tokens.values.ndim - 2))
    values = np.take_along_axis(tokens.values, index, axis=1)
    return Tokens(values, order, np.take_along_axis(tokens.mask, order, axis=1))


TOKENIZERS: dict[str, type[PatchTokenizer] | type[KmerTokenizer] | type[ReadTokenizer]] = {
    cls.name: cls for cls in (PatchTokenizer, KmerTokenizer, ReadTokenizer)
}


def make_tokenizer(settings: dict[str, Any]) -> Tokenizer:
    """Return the tokenizer of saved settings, such as ``{"name": "patches", "size": 12}``.

    Raises
    ------
    UsageError
        for an unknown name or setting.
    """
    options = dict(settings)
    name = options.pop("name", None)
    if name not in TOKENIZERS:
        raise UsageError(f"unknown tokenizer {name!r}, choose from {', '.join(TOKENIZERS)}")
    try:
        return TOKENIZERS[name](**options)
    except TypeError as error:
        raise UsageError(f"tokenizer {name!r}: {error}") from error
