"""A server on a free port for the tests with real clients: `make test-serve` runs them."""

import os
import pathlib
import re
import signal
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLYERS = ROOT / "examples/flyers"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = os.environ.get("FOVEATE", TARGET / "release/foveate")


class Server:
    """`foveate serve` as a process."""

    def __init__(self, *options):
        command = [BINARY, "--model", ROOT / "models/nano", "serve", "--listen", "127.0.0.1:0"]
        environment = {"FOVEATE_CHECKOUT": str(ROOT), **os.environ}
        self.process = subprocess.Popen(
            [*command, *options], stderr=subprocess.PIPE, text=True, env=environment
        )
        said = self.process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, said + self.process.stderr.read()
        self.url = found[0]
        self.said = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        self.said.extend(self.process.stderr)

    def resident(self):
        """Megabytes of memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def end(self):
        """Ends it as a service manager does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture(scope="session")
def server():
    served = Server("--workers", "2")
    yield served
    assert served.end() == 0
    assert served.said == [], "nothing of a request is logged"


@pytest.fixture(scope="session")
def flyers():
    return FLYERS
