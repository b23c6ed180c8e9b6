"""Lets ``python -m barcodeembed`` do what the ``barcodeembed`` command does."""

from barcodeembed.cli.entry import run

if __name__ == "__main__":
    run()
