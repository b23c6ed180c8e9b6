"""A library grown on a made-up tree: families, genera, species and individuals with known distances."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.fitting.fit_calibration import calibrate
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.taxonomy import Lineage

BASES = np.array([1, 2, 4, 8], dtype=np.uint8)
COLUMNS = 658


def mutate(parent: NDArray[np.uint8], share: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A descendant in which about this share of the bases is drawn anew."""
    child = parent.copy()
    places = rng.random(len(parent)) < share
    child[places] = rng.choice(BASES, places.sum())
    return child


def vectors_of(columns: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Unit vectors (N, 128): one-hot bases, turned at random."""
    one_hot = (columns[:, :, None] == BASES).reshape(len(columns), -1).astype(np.float32) - 0.25 * (columns > 0).repeat(
        4, axis=1
    )
    turn = np.random.default_rng(1).normal(size=(one_hot.shape[1], 128)).astype(np.float32)
    vectors = one_hot @ turn
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def lineage(family: int, genus: int, species: int) -> Lineage:
    """Names of a place in the tree."""
    genus_name = f"Genus{family}-{genus}"
    above = ("Animalia", "Arthropoda", "Insecta", f"Order{family % 2}", f"Family{family}")
    return Lineage((*above, genus_name, f"{genus_name} species{species}"))


def grow(
    individuals: int, *, families: int = 8, genera: int = 4, species: int = 3, within: float = 0.004, seed: int = 0
) -> tuple[NDArray[np.uint8], list[Lineage]]:
    """Columns (N, C) and lineages of the leaves."""
    rng = np.random.default_rng(seed)
    root = rng.choice(BASES, COLUMNS)
    columns, lineages = [], []
    for f in range(families):
        family = mutate(root, 0.25, rng)
        for g in range(genera):
            genus = mutate(family, 0.12, rng)
            for s in range(species):
                kind = mutate(genus, 0.08, rng)
                columns += [mutate(kind, within, rng) for _ in range(individuals)]
                lineages += [lineage(f, g, s)] * individuals
    return np.array(columns), lineages


def library_of(columns: NDArray[np.uint8], lineages: list[Lineage], index: str = "flat") -> ReferenceLibrary:
    """A library in memory, ids r0, r1, ..."""
    ids = [f"r{i}" for i in range(len(lineages))]
    bins = [f"BOLD:{line.at('species')}" for line in lineages]
    return ReferenceLibrary.build(
        ids, lineages, bins, columns, vectors_of(columns), model="toy", fingerprint="toy-1", index=index
    )


@pytest.fixture(scope="session")
def tree() -> Callable[..., tuple[NDArray[np.uint8], list[Lineage]]]:
    """``tree(individuals, ...)``: see :func:`grow`."""
    return grow


@pytest.fixture(scope="session")
def make_library() -> Callable[..., ReferenceLibrary]:
    """``make_library(columns, lineages)``: see :func:`library_of`."""
    return library_of


@pytest.fixture(scope="session")
def embed_columns() -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """``embed_columns(columns)``: see :func:`vectors_of`."""
    return vectors_of


@pytest.fixture
def library() -> ReferenceLibrary:
    """288 references of 96 species, not calibrated."""
    return library_of(*grow(3))


def calibrated(references: ReferenceLibrary) -> CalibratedLibrary:
    """References with a calibration that is fitted on them."""
    return CalibratedLibrary(references, calibrate(references))


@pytest.fixture(scope="session")
def grown() -> CalibratedLibrary:
    """The same 288 references, calibrated on themselves; not to be changed."""
    return calibrated(library_of(*grow(3)))


@pytest.fixture(scope="session")
def references(grown: CalibratedLibrary) -> ReferenceLibrary:
    """The references of ``grown``; not to be changed."""
    return grown.references
