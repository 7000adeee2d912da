"""A folder of small pictures with Ray Data: four actors, one of which is killed midway.

FOVEATE_RAY_PICTURES says how many; 2000 take some minutes on two free cores.
"""

import os
import pathlib
import signal
import sys
import threading
import time

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

import foveate

ray = pytest.importorskip("ray")
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples/ray"))
import read_folder  # noqa: E402

PICTURES = int(os.environ.get("FOVEATE_RAY_PICTURES", "120"))
# The last of each twenty is no picture.
BAD = {number for number in range(PICTURES) if number % 20 == 19}
MODE = "rapid"  # one canvas of 224x224, on which a line of 200 pixels is as large as it stands
ACTORS = 4


def draw(folder):
    """Small pictures, each with a number of its own."""
    font = PIL.ImageFont.load_default(size=28)
    for number in range(PICTURES):
        path = folder / f"{number:04}.png"
        if number in BAD:
            path.write_bytes(b"\x89PNG\r\n\x1a\n, cut off")
            continue
        picture = PIL.Image.new("RGB", (220, 80), "white")
        PIL.ImageDraw.Draw(picture).text((20, 20), f"Room {number}", "black", font=font)
        picture.save(path)


def noted():
    """An actor that tells its process, so that it can be killed. Ray pickles a class of a function
    by its value: its workers do not import this file."""

    class Noted(read_folder.Reader):
        def __init__(self, mode=None):
            super().__init__(mode)
            (pathlib.Path(os.environ["FOVEATE_ACTORS"]) / str(os.getpid())).touch()

    return Noted


def one_process(folder, most=100):
    """Pictures a second of one process on a thread, over some of the folder; and the processor
    seconds of one, which other work on the machine does not add to."""
    reader = read_folder.Reader(MODE)
    files = sorted(folder.iterdir())[:most]
    began, worked = time.monotonic(), time.process_time()
    for file in files:
        reader.read(file.read_bytes())
    took, worked = time.monotonic() - began, time.process_time() - worked
    return len(files) / took, worked / len(files)


def tell(capsys, line):
    """Prints at once: the test takes minutes."""
    with capsys.disabled():
        print(f"\n{line}", end="", flush=True)


def kill(actors, told, killed):
    """Kills an actor once a quarter of the rows are there."""
    while told[0] < PICTURES // 4:
        time.sleep(0.05)
    process = int(min(actors.iterdir()).name)
    os.kill(process, signal.SIGKILL)
    killed.append(process)


def test_none_lost_none_twice(tmp_path, capsys, monkeypatch):
    folder, actors = tmp_path / "pictures", tmp_path / "actors"
    folder.mkdir()
    actors.mkdir()
    draw(folder)
    alone, cost = one_process(folder)
    tell(capsys, f"one process, one thread: {alone:.1f} a second, {cost:.3f} processor s each")
    environment = {"FOVEATE_ACTORS": str(actors), "PYTHONPATH": str(ROOT / "examples/ray")}
    # No usage is sent anywhere, and no page of Ray's is served.
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(num_cpus=2, include_dashboard=False, runtime_env={"env_vars": environment})
    ray.data.DataContext.get_current().enable_progress_bars = False
    told, killed, rows, started = [0], [], [], None
    killer = threading.Thread(target=kill, args=(actors, told, killed))
    killer.start()
    try:
        for row in read_folder.rows(str(folder), ACTORS, mode=MODE, reader=noted()):
            started = started or time.monotonic()
            rows.append(row)
            told[0] = len(rows)
            if len(rows) % max(PICTURES // 10, 1) == 0:
                after = time.monotonic() - started
                tell(capsys, f"{len(rows)} of {PICTURES}, {after:.0f} s after the first")
        took = time.monotonic() - started
    finally:
        told[0] = PICTURES
        killer.join()
        ray.shutdown()
    assert killed and len(list(actors.iterdir())) > ACTORS, "an actor was killed and replaced"
    numbers = sorted(int(pathlib.Path(row["path"]).stem) for row in rows)
    assert numbers == list(range(PICTURES)), "none lost, none twice"
    errors = {int(pathlib.Path(r["path"]).stem): r["error"] for r in rows if r["error"]}
    assert set(errors) == BAD
    assert all(error.startswith("invalid_image: ") for error in errors.values())
    read = [row for row in rows if not row["error"]]
    right = sum(row["text"] == f"Room {int(pathlib.Path(row['path']).stem)}" for row in read)
    tell(
        capsys,
        f"{PICTURES} pictures, {len(BAD)} bad ones named, {right} of {len(read)} read right;"
        f" {ACTORS} actors, one killed: {len(rows) / took:.1f} a second after the first row,"
        f" one process: {alone:.1f}",
    )


def test_rows_of_a_reader(jazz):
    reader = read_folder.Reader()
    assert "Summer Jazz Night" in reader.read(jazz.read_bytes())["text"]
    assert reader.read(b"no")["error"].startswith("invalid_image: ")
    assert isinstance(reader.model, foveate.Model)
