"""Put sequencing errors into sequences, to learn and to measure what they do to names."""

from __future__ import annotations

import numpy as np

ERROR_KINDS = {"mixed": (0.40, 0.35, 0.25), "substitutions": (1.0, 0.0, 0.0)}
"""Shares of substitutions, deletions and insertions, by name of the kind: ``mixed`` is about that of raw Nanopore
reads, ``substitutions`` that of Illumina and Sanger reads."""

_BASES = np.frombuffer(b"ACGT", dtype=np.uint8)


def with_errors(
    sequence: str, rate: float | np.ndarray, shares: tuple[float, float, float], rng: np.random.Generator
) -> tuple[str, np.ndarray]:
    """Return a copy of an upper-case sequence with errors at random places, and where each of its bases is from.

    Parameters
    ----------
    rate
        probability of an error, for all bases or for each base (length,).
    shares
        shares of substitutions (by one of the other three bases), deletions, and insertions (of one base, behind the
        place); they sum to 1.

    Returns
    -------
    copy
        the copy, as text.
    places
        int64 (length of the copy,): for each of its bases, the place in ``sequence``; an inserted base has that of the
        base before it.
    """
    bases = np.frombuffer(sequence.encode("ascii"), dtype=np.uint8).copy()
    kind = rng.choice(3, size=len(bases), p=shares)
    kind[rng.random(len(bases)) >= rate] = -1
    changed = np.flatnonzero(kind == 0)
    at = np.searchsorted(_BASES, bases[changed]) % 4
    # A base one to three letters further in a circle of four is another one. An ambiguous base becomes any of the four.
    further = rng.integers(_BASES[at] == bases[changed], 4, size=len(changed))
    bases[changed] = _BASES[(at + further) % 4]
    times = np.array([1, 0, 2])[kind]
    times[kind < 0] = 1
    origin = np.repeat(np.arange(len(bases)), times)
    copy = bases[origin]
    inserted = np.flatnonzero(np.diff(origin, prepend=-1) == 0)
    copy[inserted] = _BASES[rng.integers(0, 4, size=len(inserted))]
    return copy.tobytes().decode("ascii"), origin
