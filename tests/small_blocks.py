"""``python -m tests.small_blocks ARGS``: the command line with blocks of which a few hundred reads make several."""

from barcodeembed.cli.entry import run
from barcodeembed.workflows import embedding

SIZE = 256

if __name__ == "__main__":
    embedding.BLOCK = SIZE
    run()
