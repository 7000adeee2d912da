"""The `curl` lines of the README."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT

README = (ROOT / "serve/README.md").read_text()
[LINES] = [block for block in re.findall(r"```sh\n(.*?)```", README, re.S) if "curl" in block]


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_the_lines_of_the_readme(server):
    # --fail: an error of the server is one of the command, and the first ends the lot.
    lines = "set -euo pipefail\n" + LINES.replace("curl ", "curl --fail -S ")
    environment = {**os.environ, "URL": server.url}
    ran = subprocess.run(["bash", "-c", lines], cwd=ROOT, env=environment, capture_output=True)
    said = ran.stdout.decode()
    assert ran.returncode == 0, ran.stderr.decode() + said
    for found in ("Summer Jazz Night", "DTSTART:20270612T200000", "SUMMARY:Jam",
                  '"chat.completion"', '"owned_by":"foveate"', "foveate_requests_total"):
        assert found in said
