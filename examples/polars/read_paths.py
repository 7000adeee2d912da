"""A column of paths to columns of what stands on the pictures: python read_paths.py PICTURE..."""

import sys

import polars as pl

import foveate

MODEL = foveate.load()
ROW = pl.Struct({"title": pl.String, "starts": pl.String, "venue": pl.String, "error": pl.String})


def event(path):
    try:
        read = MODEL.event(path)
    except foveate.Error as e:
        return {"error": f"{e.kind}: {e}"}
    return {"title": read.title, "starts": read.starts, "venue": read.venue, "error": read.problem}


def events(paths: pl.Series) -> pl.Series:
    return pl.Series([event(path) for path in paths], dtype=ROW)


def read(paths):
    column = pl.col("path").map_batches(events, return_dtype=ROW).alias("event")
    return pl.DataFrame({"path": paths}).with_columns(column).unnest("event")


if __name__ == "__main__":
    print(read(sys.argv[1:]))
