"""What a replica takes: processor seconds a picture, and memory. README.md plans with these.

    python serve/deploy/measure.py [--model models/nano] [--workers 2] [--pictures 24]

Processor time is counted, not time on the clock, so that other work on the machine matters little.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
FLYERS = ["jazz.png", "lecture.png", "market.png", "market-photo.jpg"]


def started(asked):
    """A server on a free port, and its address. It remembers no picture."""
    command = [
        os.environ.get("FOVEATE", TARGET / "release/foveate"), "--model", ROOT / asked.model,
        "serve", "--listen", "127.0.0.1:0", "--workers", str(asked.workers), "--remember", "0",
        "--deadline", "600",
    ]
    environment = {"FOVEATE_CHECKOUT": str(ROOT), **os.environ}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    address = re.search(r"http://[\d.:]+", process.stderr.readline())[0]
    return process, address


def seconds(process):
    """Processor seconds so far, of the user and of the system."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(process, name):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024


def ask(address, path, number):
    picture = (ROOT / "examples/flyers" / FLYERS[number % len(FLYERS)]).read_bytes()
    media = "image/jpeg" if FLYERS[number % len(FLYERS)].endswith("jpg") else "image/png"
    request = urllib.request.Request(address + path, picture, {"Content-Type": media})
    with urllib.request.urlopen(request, timeout=600) as answer:
        answer.read()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="models/nano")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=24)
    asked = parser.parse_args()
    process, address = started(asked)
    try:
        measure(process, address, asked)
    finally:
        process.terminate()
        process.wait()


def measure(process, address, asked):
    print(f"{asked.model}, {asked.workers} workers")
    print(f"loaded: {seconds(process):.2f} processor s, {megabytes(process, 'VmRSS'):.0f} MiB")
    for path in ("/v1/ocr", "/v1/events?today=2027-01-01"):
        before = seconds(process)
        with concurrent.futures.ThreadPoolExecutor(asked.workers) as pool:
            list(pool.map(lambda n: ask(address, path, n), range(asked.pictures)))
        each = (seconds(process) - before) / asked.pictures
        print(f"{path}: {each:.2f} processor s a picture, {1 / each:.2f} a second a core")
    print(f"at most: {megabytes(process, 'VmHWM'):.0f} MiB")


if __name__ == "__main__":
    main()
