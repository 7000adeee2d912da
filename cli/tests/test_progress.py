"""Progress is shown on a terminal, and nothing of it where there is none."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios

from conftest import BINARY, ENVIRONMENT, ROOT, foveate

# A short answer: the weights are random, and the text of a picture would go round in circles.
READ = ("read", "--max-tokens", "40", "--schema", "tests/data/title.schema.json")
TINY = ("--model", "tests/data/tiny", "--rules", "off", "--mode", "rapid", "--json", *READ)
PICTURES = ["tests/data/tiny/picture.png"] * 12


def on_a_terminal(*arguments):
    """What a person sees of standard error."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    environment = {**ENVIRONMENT, "TERM": "xterm"}
    process = subprocess.Popen([BINARY, *arguments], cwd=ROOT, env=environment, stderr=theirs,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    os.close(theirs)
    seen = b""
    while True:
        try:
            ready, _, _ = select.select([ours], [], [], 120)
            piece = os.read(ours, 65536) if ready else b""
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    assert process.wait(60) == 0
    return seen.decode()


def test_a_terminal_shows_loading_and_how_many_are_read():
    seen = on_a_terminal(*TINY, *PICTURES)
    assert "loading tests/data/tiny" in seen
    assert "of 12 pictures" in seen


def test_nothing_is_shown_where_nobody_looks():
    said = foveate(*TINY, *PICTURES)
    assert said.returncode == 0 and said.stderr == ""
    assert len(said.stdout.splitlines()) == 12
