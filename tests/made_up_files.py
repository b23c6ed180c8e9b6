"""Small files of sequences, and what becomes of them."""

import bz2
import gzip
import lzma
import random

from barcodeembed.sequences.formats.files import zstd

COMPRESS = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}

FASTQ = "@a x\nACGT\n+\nIIII\n@b\nGGCC\n+b\n@III\n"

TABLE = "processid\tgenus\tnuc\na\tCulex\tACGT\nb\tNone\tGG\n"


def pairs(barcodes):
    return [(barcode.id, barcode.sequence) for barcode in barcodes]


def random_fasta(n):
    bases = random.Random(0).choices("ACGT", k=10_000)
    return "".join(f">q{i}\n{''.join(bases[i % 9000 :][:640])}\n" for i in range(n)).encode()
