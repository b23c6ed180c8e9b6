"""A library that can name queries: its references, and the calibration that turns neighbours into probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from barcodeembed.classify.calibration import Calibration
from barcodeembed.library.library_files import CALIBRATION, load_library, save_library
from barcodeembed.library.reference_library import ReferenceLibrary


@dataclass
class CalibratedLibrary:
    """References and the calibration that was fitted on them (:mod:`barcodeembed.classify.fitting.fit_calibration`)."""

    references: ReferenceLibrary
    calibration: Calibration

    def __len__(self) -> int:
        return len(self.references)

    @classmethod
    def open(cls, directory: Path) -> CalibratedLibrary:
        """Open a library on disk. Its vectors and columns are mapped into memory, not read.

        Raises
        ------
        InputError
            if the directory does not exist, is not a library, has another format, or was cut off or changed.
        """
        return cls(load_library(directory), Calibration.load(directory / CALIBRATION))

    def save(self, directory: Path, *, force: bool = False) -> None:
        """Write the library beside ``directory`` and move it there when it is complete.

        Raises
        ------
        UsageError
            if ``directory`` exists and ``force`` is not given, or if it is something else than a library.
        """
        save_library(self.references, directory, self.calibration.to_dict(), force=force)
