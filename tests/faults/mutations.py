"""Damage to files, drawn by a seed: what a disk, a network or a hand may do to them."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

HOSTILE_NUMBERS = (b"0", b"-1", b"1e999", b"NaN", b"Infinity", b"99999999999999999999", b"2147483648", b"null")
HOSTILE_VALUES: tuple[Any, ...] = (None, -1, 0, 1.5, 1e308, 2**40, 2**70, True, "", "x" * 5000, [], {}, [[]], "\0")


def flip(data: bytearray, chance: random.Random) -> None:
    """One to eight bits."""
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def cut(data: bytearray, chance: random.Random) -> None:
    """The end is missing."""
    del data[chance.randrange(len(data)) :]


def lose(data: bytearray, chance: random.Random) -> None:
    """A stretch is missing."""
    start = chance.randrange(len(data))
    del data[start : start + chance.randint(1, 600)]


def repeat(data: bytearray, chance: random.Random) -> None:
    """A stretch comes twice."""
    start = chance.randrange(len(data))
    data[start:start] = data[start : start + chance.randint(1, 600)]


def scribble(data: bytearray, chance: random.Random) -> None:
    """A stretch is other bytes."""
    start = chance.randrange(len(data))
    n = min(chance.randint(1, 200), len(data) - start)
    data[start : start + n] = chance.randbytes(n)


def blank(data: bytearray, chance: random.Random) -> None:
    """A sector of zeros, or of 255."""
    start = chance.randrange(len(data))
    n = min(chance.choice([8, 64, 512]), len(data) - start)
    data[start : start + n] = chance.choice([b"\0", b"\xff"]) * n


def insert(data: bytearray, chance: random.Random) -> None:
    """Characters that mean something to somebody."""
    sign = [
        b"\0",
        b"\n",
        b"\r",
        b"\t",
        b">",
        b"@",
        b'"',
        b"\x1b[2J",
        "\u202e".encode(),
        b"\xff\xfe",
        b"=1+1",
        b",",
        b"{",
    ]
    place = chance.randrange(len(data))
    data[place:place] = chance.choice(sign) * chance.choice([1, 1, 1, 3, 300])


def renumber(data: bytearray, chance: random.Random) -> None:
    """A number in a text is another one."""
    found = list(re.finditer(rb"\d+", bytes(data[: 1 << 16])))
    if found:
        one = chance.choice(found)
        data[one.start() : one.end()] = chance.choice(HOSTILE_NUMBERS)


ANY: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(flip, flip, cut, lose, repeat, scribble, blank, insert, renumber),
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The same file, damaged in one to three ways."""
    result = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        if result:
            chance.choice(ANY)(result, chance)
    return bytes(result)


def mutated_json(text: bytes, chance: random.Random) -> bytes:
    """JSON that can be read and says something else: one value replaced or taken away, or nested without end."""
    content = json.loads(text)
    if chance.random() < 0.05:
        return b"[" * 100_000 + b"]" * 100_000
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], (dict, list)):
                walk(node[key])

    walk(content)
    for _ in range(chance.choice([1, 1, 2])):
        node, key = chance.choice(places)
        if chance.random() < 0.2 and isinstance(node, dict):
            node.pop(key, None)
        else:
            node[key] = chance.choice(HOSTILE_VALUES)
    return json.dumps(content).encode()
