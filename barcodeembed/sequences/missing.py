"""The words that programs write where there is no value."""

from __future__ import annotations

MISSING = frozenset({"", "none", "na", "nan"})
"""What Python, R and pandas write, in lower case. Readers of one format add the words of that format; texts that say in
words that there is no *name* are in :mod:`barcodeembed.sequences.names.no_names`."""
