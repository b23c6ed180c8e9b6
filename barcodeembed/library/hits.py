"""What a search finds.

Letters in shapes: Q queries, K neighbours of each, C columns of the barcode.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Hits:
    """Nearest references of Q queries, best first after re-ranking.

    Attributes
    ----------
    rows
        int64 (Q, K), row in the library; -1 where there are fewer than K, always last.
    cosine
        float32 (Q, K), inner product of unit vectors; NaN where there is no row.
    identity
        float32 (Q, K), share of equal bases over the columns that both cover; NaN where they share none.
    overlap
        int32 (Q, K), columns that both cover with an unambiguous base.
    columns
        uint8 (Q, K, C), placed bases of the references; None where identities are not known.
    """

    rows: NDArray[np.int64]
    cosine: NDArray[np.float32]
    identity: NDArray[np.float32]
    overlap: NDArray[np.int32]
    columns: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.rows)
