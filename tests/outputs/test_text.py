"""Text of unknown origin, shown on a terminal or written to a table."""

import pytest

from barcodeembed.outputs.text import harmless, one_line


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x00", "\x7f", "\x9b", "\u202e", "\u2066", "\u200f", "\u061c"])
def test_signs_that_a_terminal_obeys_are_replaced(sign: str) -> None:
    assert harmless(f"Culex{sign}pipiens") == one_line(f"Culex{sign}pipiens") == "Culex\ufffdpipiens"


def test_names_in_any_script_stay_as_they_are() -> None:
    name = "Müller's Ångström—Ζεύς 蚊 'quoted'"
    assert harmless(name) == one_line(name) == name


@pytest.mark.parametrize("end", ["\n", "\r\n", "\t", "\x0b", "\x85", "\u2028", "\n\n\u2029"])
def test_a_message_stays_one_line(end: str) -> None:
    assert one_line(f"one{end}two") == "one two"
    assert len(harmless("a\tb\nc")) == 5  # tables have rules of their own for these
