"""A library that can call queries: references, and what probabilities their neighbours are worth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from barcodeembed.classify.calibration import Calibration
from barcodeembed.library.library_files import CALIBRATION, load_library, save_library
from barcodeembed.library.reference_library import ReferenceLibrary


@dataclass
class CalibratedLibrary:
    """References and the calibration that was fitted on them (:mod:`barcodeembed.classify.fit_calibration`)."""

    references: ReferenceLibrary
    calibration: Calibration

    def __len__(self) -> int:
        return len(self.references)

    @classmethod
    def open(cls, directory: Path) -> CalibratedLibrary:
        """Open a library on disk; its vectors and columns are mapped, not read.

        Raises
        ------
        InputError
            if it is not there, not a library, of another format, cut off or changed.
        """
        return cls(load_library(directory), Calibration.load(directory / CALIBRATION))

    def save(self, directory: Path, *, force: bool = False) -> None:
        """Write the library, beside ``directory`` first.

        Raises
        ------
        UsageError
            if ``directory`` exists and ``force`` is not given, or it is no library.
        """
        save_library(self.references, directory, self.calibration.to_dict(), force=force)
