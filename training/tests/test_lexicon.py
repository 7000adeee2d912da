"""`lexicon.py`: words from lists; what ships is sorted as the reader searches it."""

from pathlib import Path

from lexicon import lexicon

SHIPS = Path(__file__).resolve().parents[2] / "models" / "nano" / "lexicon.txt"


def test_words_are_small_once_and_sorted_by_bytes():
    words = lexicon(["Zoo\ncafé\nBob's\n\n", "zoo\ncaf\ndon't\n"])
    assert words.decode() == "caf\ncafé\ndon't\nzoo\n"


def test_what_ships_is_sorted():
    lines = SHIPS.read_bytes().splitlines()
    assert len(lines) > 70_000
    assert lines == sorted(set(lines))
    assert not [line for line in lines if line.decode() != line.decode().lower().strip()]
