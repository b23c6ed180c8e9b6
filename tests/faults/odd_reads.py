"""Makes reads that are legal and biologically odd, by a seed: gaps, parts, joins, adapters, other genes, noise."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

BASES = "ACGT"
AMBIGUOUS = "RYSWKMBDHVN"
MATES = str.maketrans("ACGTRYSWKMBDHVNacgtryswkmbdhvn", "TGCAYRSWMKVHDBNtgcayrswmkvhdbn")
FOLMER = ("GGTCAACAAATCATAAAGATATTGG", "TAAACTTCAGGGTGACCAAAAAATCA")
OTHERS = (
    *("GGWACWGGWTGAACWGTWTAYCCYCC", "TANACYTCNGGRTGNCCRAARAAYCA", "GGIACIGGITGAACIGTITAYCCICC"),
    *("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", "ACACTCTTTCCCTACACGACGCTCTTCCGATCT", "CTGTCTCTTATACACATCT"),
    *("TTTCTGTTGGTGCTGATATTGC", "ATCTCTCTCAACAACAACAACGGAGGAGGAGGAAAAGAGAGAGAT"),
)
"""Primers and adapters in wide use: mini-barcodes, Illumina, Nextera, Nanopore, PacBio."""

Make = Callable[["Maker", random.Random], str]


@dataclass(frozen=True)
class Maker:
    """Makes reads from real barcodes."""

    barcodes: Sequence[str]

    def barcode(self, chance: random.Random) -> str:
        return chance.choice(self.barcodes)

    def part(self, chance: random.Random, least: int = 1) -> str:
        """A stretch of a barcode, on either strand."""
        read = self.barcode(chance)
        length = chance.randint(min(least, len(read)), len(read))
        begin = chance.randint(0, len(read) - length)
        return turned(read[begin : begin + length], chance)


def reverse_complement(read: str) -> str:
    return read.translate(MATES)[::-1]


def turned(read: str, chance: random.Random) -> str:
    """The same read, or the other strand."""
    return reverse_complement(read) if chance.random() < 0.3 else read


def noise(chance: random.Random, length: int, letters: str = BASES) -> str:
    return "".join(chance.choices(letters, k=length))


def some(chance: random.Random, most: int) -> int:
    """A length from 1 to ``most``; as likely a short as a long one."""
    return min(most, max(1, int(most ** chance.random())))


def inserted(maker: Maker, chance: random.Random, piece: Callable[[int], str], most: int) -> str:
    """A part of a barcode with one to three pieces put between its bases, or in the place of some."""
    read = maker.part(chance, 30)
    for _ in range(chance.choice([1, 1, 2, 3])):
        place, length = chance.randint(0, len(read)), some(chance, most)
        lost = length if chance.random() < 0.5 else 0
        read = read[:place] + piece(length) + read[place + lost :]
    return read


def clean_read(maker: Maker, chance: random.Random) -> str:
    return maker.part(chance, 150)


def short_read(maker: Maker, chance: random.Random) -> str:
    return maker.part(chance)[: some(chance, 150)]


def with_n(maker: Maker, chance: random.Random) -> str:
    return inserted(maker, chance, lambda length: "N" * length, 400)


def with_gaps(maker: Maker, chance: random.Random) -> str:
    return inserted(maker, chance, lambda length: chance.choice("-.?~*") * length, 400)


def with_codes(maker: Maker, chance: random.Random) -> str:
    return inserted(maker, chance, lambda length: noise(chance, length, AMBIGUOUS), 80)


def with_noise(maker: Maker, chance: random.Random) -> str:
    return inserted(maker, chance, lambda length: noise(chance, length), 300)


def with_low_complexity(maker: Maker, chance: random.Random) -> str:
    unit = noise(chance, chance.randint(1, 4))
    return inserted(maker, chance, lambda length: (unit * length)[:length], 300)


def scattered_codes(maker: Maker, chance: random.Random) -> str:
    share = chance.random() ** 3
    letters = chance.choice([AMBIGUOUS, "N", BASES, "acgt", "RYN"])
    return "".join(chance.choice(letters) if chance.random() < share else base for base in maker.part(chance, 80))


def errors(maker: Maker, chance: random.Random) -> str:
    """As a bad sequencer reads it, with up to a third of the bases wrong, missing or too many."""
    share, read = chance.random() / 3, []
    for base in maker.part(chance, 80):
        if chance.random() > share:
            read.append(base)
        else:
            read.append(chance.choice(["", base + chance.choice(BASES), chance.choice(BASES)]))
    return "".join(read)


def missing_parts(maker: Maker, chance: random.Random) -> str:
    read = maker.barcode(chance)
    for _ in range(chance.randint(1, 6)):
        begin = chance.randint(0, len(read))
        read = read[:begin] + read[begin + some(chance, 200) :]
    return read


def joined(maker: Maker, chance: random.Random) -> str:
    """Two to five parts of one or of several barcodes, in any order and on any strand, with something between."""
    source = [maker.barcode(chance)] if chance.random() < 0.5 else maker.barcodes
    few = Maker(source)
    glue = chance.choice(["", "N" * some(chance, 60), noise(chance, some(chance, 60)), chance.choice(OTHERS)])
    return glue.join(few.part(chance) for _ in range(chance.randint(2, 5)))


def pair(maker: Maker, chance: random.Random) -> str:
    """Both ends of an amplicon joined by N, and perhaps an end that belongs to nothing."""
    read, length = maker.barcode(chance), chance.randint(20, 300)
    glue = "N" * chance.choice([1, 7, 8, 9, 10, 10, 10, 50, 400])
    second = read[-length:] if chance.random() < 0.7 else noise(chance, some(chance, 80))
    begin = chance.choice([0, 0, 70])
    return turned(read[begin : begin + chance.randint(20, 300)] + glue + second, chance)


def shuffled(maker: Maker, chance: random.Random) -> str:
    read, size = maker.barcode(chance), some(chance, 300)
    pieces = [turned(read[i : i + size], chance) for i in range(0, len(read), size)]
    chance.shuffle(pieces)
    return "".join(pieces)


def reversed_only(maker: Maker, chance: random.Random) -> str:
    read = maker.part(chance, 50)
    return chance.choice([read[::-1], read.translate(MATES)])


def palindrome(maker: Maker, chance: random.Random) -> str:
    read = maker.part(chance, 20)
    middle = noise(chance, chance.choice([0, 0, 1, 10, 60]))
    return read + middle + reverse_complement(read[chance.choice([0, 0, some(chance, 100)]) :])


def concatemer(maker: Maker, chance: random.Random) -> str:
    unit = maker.part(chance, 1)
    between = chance.choice(["", OTHERS[-1], noise(chance, some(chance, 50)), "N" * some(chance, 30)])
    times = chance.randint(2, 8)
    return between.join(turned(unit, chance) for _ in range(min(times, max(1, 20_000 // len(unit)))))


def with_primers(maker: Maker, chance: random.Random) -> str:
    ends = (*FOLMER, *OTHERS)
    left = chance.choice([FOLMER[0], *ends, "", noise(chance, some(chance, 30)) + FOLMER[0]])
    right = chance.choice([reverse_complement(FOLMER[1]), *ends, ""])
    cut = chance.choice([0, 0, some(chance, 20)])
    return turned((left + maker.part(chance, 100) + right)[cut:], chance)


def primers_only(maker: Maker, chance: random.Random) -> str:
    return "".join(turned(chance.choice((*FOLMER, *OTHERS)), chance) for _ in range(chance.randint(1, 8)))


def mitogenome(maker: Maker, chance: random.Random) -> str:
    """A barcode somewhere in thousands of other bases, perhaps across the place where a circle was cut."""
    letters = chance.choice([BASES, "AATTATCG", "AAAT"])
    read = noise(chance, chance.choice([3000, 4095, 4096, 4097, 8000, 15_000]), letters)
    place = chance.choice([0, len(read), chance.randint(0, len(read)), 4096 - chance.randint(0, 700)])
    whole = read[:place] + turned(maker.barcode(chance), chance) + read[place:]
    turn = chance.choice([0, place + chance.randint(0, 600)])
    return turned(whole[turn:] + whole[:turn], chance)


def two_barcodes(maker: Maker, chance: random.Random) -> str:
    between = noise(chance, chance.choice([0, 100, 600, 5000]))
    return turned(maker.barcode(chance), chance) + between + turned(maker.barcode(chance), chance)


def random_dna(maker: Maker, chance: random.Random) -> str:
    return noise(chance, some(chance, 20_000), chance.choice([BASES, "AT", "GC", "AAATTTCG"]))


def repeats(maker: Maker, chance: random.Random) -> str:
    unit, length = noise(chance, some(chance, 40), BASES + "N"), some(chance, 20_000)
    return (unit * (length // len(unit) + 1))[:length]


def only_unknown(maker: Maker, chance: random.Random) -> str:
    return noise(chance, some(chance, 20_000), chance.choice(["N", "n", AMBIGUOUS, "-", ".", "?", "*", "I", "-N", "U"]))


def protein(maker: Maker, chance: random.Random) -> str:
    return noise(
        chance, some(chance, 2000), chance.choice(["ACDEFGHIKLMNPQRSTVWY", "ACDGHKMNRSTVWY", "GAST", "ACGTNX"])
    )


def empty(maker: Maker, chance: random.Random) -> str:
    return chance.choice(["", "", "-", "A", "N", "ACGT", " ", "n-"])


def edges(maker: Maker, chance: random.Random) -> str:
    """The begin, the end or the middle of a barcode alone, with a long flank that is not of it."""
    read, size = maker.barcode(chance), chance.choice([1, 24, 25, 26, 60, 99, 100, 101, 119, 120, 121, 200])
    part = chance.choice([read[:size], read[-size:], read[300 : 300 + size]])
    flank = noise(chance, chance.choice([1, 24, 25, 99, 100, 101, 700, 4100]))
    return turned(chance.choice([flank + part, part + flank, flank + part + flank[::-1]]), chance)


def mixed_case(maker: Maker, chance: random.Random) -> str:
    read = maker.part(chance, 60)
    style = chance.choice([str.lower, str.swapcase, lambda text: text.replace("T", "U").replace("A", "a")])
    return str(style(read))


def changed_once_more(maker: Maker, chance: random.Random) -> str:
    """Two odd things at once."""
    first = chance.choice(SIMPLE)(maker, chance)[:12_000]
    return chance.choice(SIMPLE)(Maker([first or "A"]), chance)[:20_000]


SIMPLE: tuple[Make, ...] = (
    *(short_read, with_n, with_gaps, with_codes, with_noise, with_low_complexity, scattered_codes, errors),
    *(missing_parts, joined, pair, shuffled, reversed_only, palindrome, concatemer, with_primers, edges, mixed_case),
)
ALL: tuple[Make, ...] = (
    *(clean_read, clean_read, *SIMPLE, primers_only, mitogenome, two_barcodes, random_dna, repeats),
    *(only_unknown, protein, empty, changed_once_more, changed_once_more, changed_once_more),
)
