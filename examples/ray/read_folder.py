"""Reads every picture of a folder with Ray Data: a JSON object a picture, in no order.

    pip install foveate 'ray[data]'
    python read_folder.py FOLDER > read.jsonl

FOLDER may be one of an object store (s3://...): Ray lists and fetches it. Each actor loads the
model once. One that dies is replaced, and its pictures are read again; a picture that cannot be
read is a row with its error.
"""

import argparse
import json
import sys

import ray

import foveate


class Reader:
    """An actor: a model, and batches of files to rows."""

    def __init__(self, mode=None):
        # A thread each: actors are what there is more of.
        self.model = foveate.load(threads=1, remembered_images=0, mode=mode)

    def __call__(self, batch):
        rows = [self.read(bytes(data)) for data in batch["bytes"]]
        columns = {name: [row[name] for row in rows] for name in ("text", "confidence", "error")}
        return {"path": batch["path"], **columns}

    def read(self, data):
        """A row; what is wrong with a picture is one, too."""
        try:
            reading = self.model.ocr(data, time_limit=60)
        except foveate.Error as e:
            return {"text": "", "confidence": 0.0, "error": f"{e.kind}: {e}"}
        sure = [line.region.confidence for line in reading.lines if line.region]
        mean = sum(sure) / len(sure) if sure else 0.0
        return {"text": reading.text, "confidence": mean, "error": ""}


def rows(folder, actors=4, batch=8, mode=None, reader=Reader):
    """The rows of a folder, each once, as they come."""
    # Shares of a processor: the actors', and one for those who fetch files. A task that asks for a
    # whole one, as Ray's do by default, would wait for ever where the actors hold the rest.
    share = min(1, ray.cluster_resources().get("CPU", 1) / (actors + 1))
    # The folder is listed, and each file is fetched once, when an actor has room for it. Small
    # blocks: what one actor loses is little, and none waits for another at the end.
    listed = ray.data.read_binary_files(folder, include_paths=True).input_files()
    files = ray.data.read_binary_files(
        folder,
        include_paths=True,
        num_cpus=share,
        override_num_blocks=max(len(listed) // (4 * batch), actors),
    )
    answers = files.map_batches(
        reader,
        fn_constructor_kwargs={"mode": mode},
        batch_size=batch,
        compute=ray.data.ActorPoolStrategy(size=actors),
        num_cpus=share,
    )
    return answers.iter_rows()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--actors", type=int, default=4)
    parser.add_argument("--mode", choices=["auto", "rapid", "balanced", "high"])
    asked = parser.parse_args()
    for row in rows(asked.folder, asked.actors, mode=asked.mode):
        json.dump(row, sys.stdout)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
