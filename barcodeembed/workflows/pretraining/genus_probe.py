"""Test the encoder while it trains: does the nearest neighbour name the genus of a species that it does not have?

A fixed sample of a labelled file is used: species whose genus has others are queries, all other species are references.
Vectors are mean token vectors, compared by cosine both as they are and whitened on the references. No label reaches the
training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcodeembed.errors import InputError
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.batches import in_blocks
from barcodeembed.sequences.codes import Codes
from barcodeembed.sequences.placement.anchor import Anchor

MAX_REFERENCES = 2_000
MAX_QUERIES = 500

_MIN_COLUMNS = 200
_WEAKEST = 1e-6
"""Whitening drops directions with less than this share of the largest variance, which hold only noise."""

Embed = Callable[[Codes], NDArray[np.float32]]


@dataclass(frozen=True)
class GenusProbe:
    """References and queries of the probe: placed barcodes (N, C), and the genus of each."""

    references: Codes
    reference_genera: NDArray[np.str_]
    queries: Codes
    query_genera: NDArray[np.str_]

    @classmethod
    def of(cls, barcodes: Iterable[Barcode], anchor: Anchor) -> GenusProbe:
        """Make a probe of one barcode for each species (the one with the smallest hash); every third species is a
        query.

        Raises
        ------
        InputError
            if no genus has two species.
        """
        species = _one_a_species(barcodes, anchor)
        # Chosen by hash, so that the choice does not depend on the order of the file.
        ranked = sorted(species, key=lambda name: _hash(name[1]))
        by_genus: dict[str, list[tuple[str, str]]] = {}
        for name in ranked:
            by_genus.setdefault(name[0], []).append(name)
        queries = [name for name in ranked if name in by_genus[name[0]][: len(by_genus[name[0]]) // 3 or 1]]
        queries = [name for name in queries if len(by_genus[name[0]]) > 1][:MAX_QUERIES]
        if not queries:
            raise InputError("the probe needs genera with two species or more, by name")
        asked = set(queries)
        wanted = {genus for genus, _ in queries}
        # Species that can answer a query come first: without them the sample would ask what nobody can know.
        references = sorted((name for name in ranked if name not in asked), key=lambda name: name[0] not in wanted)
        references = references[:MAX_REFERENCES]
        return cls(
            np.stack([species[name] for name in references]),
            np.array([genus for genus, _ in references]),
            np.stack([species[name] for name in queries]),
            np.array([genus for genus, _ in queries]),
        )

    def score(self, embed: Embed) -> dict[str, float]:
        """Return the share of queries whose nearest reference is of their genus, by plain and by whitened vectors."""
        references, queries = (vectors.astype(np.float64) for vectors in (embed(self.references), embed(self.queries)))
        whitened = whiten(references, queries)
        return {
            "probe_genus": self._accuracy(*whitened),
            "probe_genus_plain": self._accuracy(references, queries),
        }

    def _accuracy(self, references: NDArray[np.float64], queries: NDArray[np.float64]) -> float:
        nearest = (unit(queries) @ unit(references).T).argmax(axis=1)
        return float((self.reference_genera[nearest] == self.query_genera).mean())


def whiten(
    references: NDArray[np.float64], queries: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both sets without the mean of the references, with every direction of the references' variance scaled to
    1."""
    mean = references.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov(references.T))
    kept = variances > _WEAKEST * variances[-1]
    turn = directions[:, kept] / np.sqrt(variances[kept])
    return (references - mean) @ turn, (queries - mean) @ turn


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the vectors scaled to unit length; zero vectors stay zero."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _one_a_species(barcodes: Iterable[Barcode], anchor: Anchor) -> dict[tuple[str, str], Codes]:
    """Return for each (genus, species) the columns of its barcode with the smallest hash, of those that are named and
    placed."""
    chosen: dict[tuple[str, str], tuple[int, str]] = {}
    for barcode in barcodes:
        name = (barcode.lineage.at("genus"), barcode.lineage.at("species"))
        if all(name):
            chosen[name] = min(chosen.get(name, (1 << 64, "")), (_hash(barcode.sequence), barcode.sequence))
    columns: dict[tuple[str, str], Codes] = {}
    for block in in_blocks(chosen.items(), 256):
        placements = anchor.place([sequence for _, (_, sequence) in block])
        for (name, _), placed, row in zip(block, placements.placed, placements.columns, strict=True):
            if placed and (row > 0).sum() >= _MIN_COLUMNS:
                columns[name] = row
    return columns


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
