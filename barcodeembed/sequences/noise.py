"""Sequencing errors put into sequences, to learn and to measure what they do to names."""

from __future__ import annotations

import numpy as np

ERROR_KINDS = {"mixed": (0.40, 0.35, 0.25), "substitutions": (1.0, 0.0, 0.0)}
"""Shares of substitutions, deletions and insertions by the name of the kind: about those of raw Nanopore reads, and
those of Illumina and Sanger reads."""

_BASES = np.frombuffer(b"ACGT", dtype=np.uint8)


def with_errors(
    sequence: str, rate: float | np.ndarray, shares: tuple[float, float, float], rng: np.random.Generator
) -> tuple[str, np.ndarray]:
    """A copy of an upper-case sequence with errors at random places, and where each of its bases comes from.

    Parameters
    ----------
    rate
        probability of an error, of all bases or of each base (length,).
    shares
        of substitutions (by one of the other three bases), deletions, and insertions (of one base, behind the place).

    Returns
    -------
    str, int64 (length of the copy,)
        the copy, and for each of its bases the place in ``sequence``; an inserted one has that of the base before it.
    """
    bases = np.frombuffer(sequence.encode("ascii"), dtype=np.uint8).copy()
    kind = rng.choice(3, size=len(bases), p=shares)
    kind[rng.random(len(bases)) >= rate] = -1
    changed = np.flatnonzero(kind == 0)
    at = np.searchsorted(_BASES, bases[changed]) % 4
    # One to three letters further in the circle of four: never the same one. What is none of the four becomes any.
    further = rng.integers(_BASES[at] == bases[changed], 4, size=len(changed))
    bases[changed] = _BASES[(at + further) % 4]
    times = np.array([1, 0, 2])[kind]
    times[kind < 0] = 1
    origin = np.repeat(np.arange(len(bases)), times)
    copy = bases[origin]
    inserted = np.flatnonzero(np.diff(origin, prepend=-1) == 0)
    copy[inserted] = _BASES[rng.integers(0, 4, size=len(inserted))]
    return copy.tobytes().decode("ascii"), origin
