"""The profile of a barcode region: how often each base occurs in each column, and where this was learnt.

A profile is a small text file: ``#`` lines with its provenance as JSON, then one line a column with the weighted
frequencies of A, C, G and T.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.errors import InputError, reason_of
from barcodeembed.outputs.staging import write_text
from barcodeembed.sequences.codes import ONE_HOT, Codes

PSEUDOCOUNT = 0.02
"""Weight of the background frequencies in each column, so that a base that was never seen costs about 5.7 bits, not
infinitely many."""


@dataclass(frozen=True)
class Profile:
    """Base frequencies in each column of one marker.

    Attributes
    ----------
    frequencies
        float32 (C, 4): frequencies of A, C, G, T in each column; each row sums to one.
    frame
        column of the first base of the first complete codon.
    provenance
        name, source, number of sequences and command: what is needed to make it again.
    """

    frequencies: NDArray[np.float32]
    frame: int
    provenance: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the profile."""
        return str(self.provenance["name"])

    @property
    def digest(self) -> str:
        """SHA-256 of the frequencies. Profiles with different digests place reads differently."""
        return hashlib.sha256(np.round(self.frequencies, 4).tobytes() + bytes([self.frame])).hexdigest()

    @property
    def columns(self) -> int:
        """Number of columns C of the region."""
        return len(self.frequencies)

    def log_odds(self) -> NDArray[np.float32]:
        """Score table (C, 16) in bits: log2(frequency / background) of every code in every column.

        The background is the mean composition of the profile itself, so that a read earns nothing by being rich in A
        and T. An ambiguity code scores the mean of its bases; N and "no base" score 0.
        """
        background = self.frequencies.mean(axis=0)
        smoothed = (self.frequencies + PSEUDOCOUNT * background) / (1 + PSEUDOCOUNT)
        return (np.log2(smoothed / background) @ ONE_HOT.T).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write the profile as text."""
        header = {**self.provenance, "frame": self.frame}
        lines = [f"# {line}" for line in json.dumps(header, indent=1, sort_keys=True).splitlines()]
        lines.append("A\tC\tG\tT")
        lines += ["\t".join(f"{f:.5f}" for f in row) for row in self.frequencies]
        write_text(path, "\n".join(lines) + "\n")

    @classmethod
    def load(cls, path: Path) -> Profile:
        """Read a profile.

        Raises
        ------
        InputError
            if the file is not a profile.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
            header = json.loads("".join(line[1:] for line in lines if line.startswith("#")))
            rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
            frequencies = np.array(rows[1:], dtype=np.float32)
            if frequencies.ndim != 2 or frequencies.shape[1] != len(rows[0]) or rows[0] != list("ACGT"):
                raise ValueError("the columns are not A, C, G, T")
            return cls(frequencies / frequencies.sum(axis=1, keepdims=True), int(header.pop("frame")), header)
        except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(f"not a barcode profile ({reason_of(error)})", path=path) from error


def shipped_profile(name: str = "coi-folmer") -> Profile:
    """Return the profile of that name inside the package.

    Raises
    ------
    InputError
        if there is no such profile.
    """
    file = resources.files("barcodeembed.sequences.placement") / f"{name}.profile.tsv"
    if not file.is_file():
        raise InputError(f"no barcode profile is called {name!r}")
    with resources.as_file(file) as path:
        return Profile.load(path)


def weighted_frequencies(batches: Iterable[Codes], columns: int) -> NDArray[np.float32]:
    """Return the base frequencies (C, 4) of aligned codes, with sequences weighted by position (Henikoff & Henikoff
    1994).

    A base that few sequences share weighs more, so that ten thousand flies do not outweigh one annelid. ``batches`` is
    a list of (n, C) arrays, which is read twice.
    """
    batches = list(batches)
    counts = np.zeros((columns, 4), dtype=np.float64)
    for codes in batches:
        counts += ONE_HOT[codes].sum(axis=0)
    kinds = np.maximum((counts > 0).sum(axis=1, keepdims=True), 1)
    share = np.divide(1.0, kinds * counts, out=np.zeros_like(counts), where=counts > 0)
    weighted = np.zeros((columns, 4), dtype=np.float64)
    for codes in batches:
        one_hot = ONE_HOT[codes].astype(np.float64)
        covered = np.maximum(one_hot.sum(axis=(1, 2)), 1)
        weights = np.einsum("ncb,cb->n", one_hot, share) / covered
        weighted += np.einsum("ncb,n->cb", one_hot, weights)
    return (weighted / np.maximum(weighted.sum(axis=1, keepdims=True), 1e-12)).astype(np.float32)
