"""The C interface with a C compiler and under valgrind: `make test-ways` runs these."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARIES = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
ENVIRONMENT = {
    "FOVEATE_CHECKOUT": str(ROOT), **os.environ, "LD_LIBRARY_PATH": str(LIBRARIES),
}
FLYER = ROOT / "examples/flyers/jazz.png"
NANO = ROOT / "models/nano"

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")


def compiled(source, folder, *flags):
    program = folder / source.stem
    strict = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-g"]
    include = ["-I", ROOT / "capi/include"]
    subprocess.run(["cc", *strict, "-o", program, source, *include, *flags], check=True)
    return program


SHARED = ["-L", LIBRARIES, "-lfoveate_c", "-lpthread"]
# What `rustc --print native-static-libs` says of it on Linux.
STATIC = [LIBRARIES / "libfoveate_c.a", "-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl"]


def ran(program, *arguments, before=()):
    command = [*before, program, *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def told_by(said):
    """What the example printed, by its name."""
    told = dict(line.split(": ", 1) for line in said.splitlines() if ": {" in line)
    return {name: json.loads(text) for name, text in told.items()}


def checked(said):
    told = told_by(said)
    assert told["event"]["title"] == "Summer Jazz Night"
    assert "DTSTART:20270612T200000" in told["event"]["ics"]
    assert told["read"]["value"] == {"title": "Summer Jazz Night"}
    assert [field["path"] for field in told["read"]["fields"]] == ["/title"]
    # The last of the two readings was cancelled by another thread after its first piece; it may
    # have written some more by then.
    assert told["ocr"]["stop"] in ("cancelled", "end")
    assert "Summer Jazz Night" in said


def test_the_example(tmp_path):
    program = compiled(ROOT / "examples/c/flyer.c", tmp_path, *SHARED)
    checked(ran(program, NANO, FLYER).stdout)
    command = [program, NANO, "/no.png"]
    lost = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert lost.returncode == 1
    assert "/no.png" in lost.stderr and "(5)" in lost.stderr


def test_refusals(tmp_path):
    ran(compiled(ROOT / "capi/tests/refusals.c", tmp_path, *SHARED), NANO)


def test_the_static_library(tmp_path):
    ran(compiled(ROOT / "capi/tests/refusals.c", tmp_path, *STATIC), NANO)


@pytest.mark.skipif(not shutil.which("c++"), reason="no C++ compiler")
def test_the_header_is_one_of_cpp_too(tmp_path):
    source = tmp_path / "header.cpp"
    source.write_text("#include <foveate.h>\nint main() { return *foveate_version() == 0; }\n")
    program = tmp_path / "header"
    flags = ["-Wall", "-Werror", "-I", ROOT / "capi/include"]
    subprocess.run(["c++", *flags, "-o", program, source, *SHARED], check=True)
    ran(program)


@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind")
@pytest.mark.parametrize("source", ["capi/tests/refusals.c", "examples/c/flyer.c"])
def test_nothing_leaks(tmp_path, source):
    """Memory errors and lost blocks are failures; see `valgrind.supp` for what is passed over."""
    program = compiled(ROOT / source, tmp_path, *SHARED)
    valgrind = [
        "valgrind", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite",
        "--show-leak-kinds=definite", f"--suppressions={ROOT / 'capi/tests/valgrind.supp'}",
    ]
    # A small picture: under valgrind an encoder takes minutes.
    small = tmp_path / "small.png"
    with Image.open(FLYER) as flyer:
        flyer.convert("RGB").crop((0, 300, 1000, 1000)).resize((400, 280)).save(small)
    arguments = [NANO] if "refusals" in source else [NANO, small]
    said = ran(program, *arguments, before=valgrind)
    print(said.stderr)
    if "flyer" in source:
        told = told_by(said.stdout)
        assert "DTSTART:20270612T200000" in told["event"]["ics"]
        assert told["ocr"]["stop"] in ("cancelled", "end")
