"""The pretrained decoder at fewer bits, measured.

    python -m compress table --gguf FILE --page FILE --out FOLDER [--tokens 20000 --pages 64]
    python -m compress errors ...           (of single matrices, real and random)
    python -m compress sensitivity ...      (each matrix alone at 2 bits)
    python -m compress mixed ... [--bits 3.5]     (choices.json, and its row of the table)
    python -m compress recover ... --row NAME [--minutes 10]    (resumed where it was left)
    python -m compress export ... --row NAME      (files of palettes, and of the update)
    python -m compress show ...             (the table in Markdown)
    python -m compress html ... [--times FILE]    (compress.html)

in training/. All go on where they were left: a row that is there is not measured again.
`--times` are the lines of runtime/kernels' example `operations`, on one thread. With `--decode`,
what a token takes beyond its matrices is part of the tokens a second of `show`.
"""

import argparse
import json
import sys
from pathlib import Path

from . import errors, feedback, html, recover, sensitivity, stored, table
from .choose import choose, loss, options
from .model import Model, read_update
from .text import dev_pages, measured


class Run:
    """What the commands share."""

    def __init__(self, args):
        self.args, self.out = args, args.out
        self.rows, self.choices = self.out / "table.jsonl", self.out / "choices.json"
        self.sensitivities = self.out / "sensitivities.jsonl"
        self.model = Model(args.gguf)
        self.page, self.held = read_update(self.model, args.page), None

    def measured(self):
        windows = measured(self.model.tokenizer, self.args.tokens)
        return windows, dev_pages(self.model, self.args.pages)

    def add(self, row):
        table.add(self.rows, row | {"tokens": self.args.tokens, "pages": self.args.pages})

    def have(self, name):
        return any(r["method"] == name for r in table.read(self.rows))

    def grams(self, name):
        """Of the shipped decoder's inputs, where a row's errors are handed on; else `None`."""
        if not name.endswith(table.FEEDBACK):
            return None
        if self.held is None:
            for m in self.model.matrices:
                self.model.ship(m)
            self.held = feedback.grams(self.model, self.page, 4 * self.args.calibration)
        return self.held

    def measure(self, names):
        """The rows that are not there yet."""
        windows, dev = self.measured()
        for name in names:
            if not self.have(name):
                grams, chosen = self.grams(name), self.chosen(name)
                self.add(table.row(self.model, self.page, windows, dev, name, chosen, grams))

    def folder(self, name):
        return self.out / name.replace(" ", "-").replace(",", "")

    def chosen(self, name):
        """{matrix: choice} of a row of the table."""
        name = name.removesuffix(table.FEEDBACK)
        mixed = json.loads(self.choices.read_text()) if self.choices.exists() else {}
        return mixed[name]["chosen"] if name in mixed else table.choice_of(self.model, name)


def every(run):
    run.measure(run.args.only.split(";") if run.args.only else table.ROWS)


def single(run):
    files = {m.name: m.file for m in run.model.matrices}
    real = {name: run.model.value(files[name]) for name in errors.REAL}
    errors.show(errors.random_matrices() | real)


def sensitivities(run):
    sensitivity.measure(run.model, run.page, run.args.calibration, run.sensitivities)


def predicted(run):
    """{matrix: options} of what was measured."""
    rows = sensitivity.read(run.sensitivities)
    missing = [m.name for m in run.model.matrices if m.name not in rows]
    if missing:
        raise SystemExit(f"{len(missing)} matrices have no sensitivity, first {missing[0]}: run "
                         "`python -m compress sensitivity` to its end")  # fmt: skip
    known = {m.name: options(m, sensitivity.losses(rows[m.name])) for m in run.model.matrices}
    embedding = run.model.matrices[0]
    known[embedding.name].append((embedding.shipped, 0.0, table.SHIPPED))
    return known


def mixed(run):
    kinds = {"2 and 4": ("palette 2 16", "palette 4 16"), "2, 3 and 4": sensitivity.CHOICES}
    held = json.loads(run.choices.read_text()) if run.choices.exists() else {}
    # The embedding stays, and is not of the budget.
    first, *others = run.model.matrices
    budget = run.args.bits * sum(m.weights for m in others) / 8 + first.shipped
    for kind, allowed in kinds.items():
        name = f"mixed {kind}, {run.args.bits:g} bits{table.KEPT}"
        known = {k: [r for r in rows if r[2] in allowed] for k, rows in predicted(run).items()}
        known[first.name] = [(first.shipped, 0.0, table.SHIPPED)]
        chosen = choose(known, budget)
        held[name] = {"chosen": chosen, "predicted loss": loss(known, chosen)}
        print(name, "predicted", held[name]["predicted loss"], flush=True)
    run.choices.write_text(json.dumps(held, indent=1))
    run.measure([name + end for name in held for end in ("", table.FEEDBACK)])


def recovery(run):
    name, args = run.args.row, run.args
    chosen, grams = run.chosen(name), run.grams(name)
    student = run.model
    inputs = run.grams(table.FEEDBACK)
    teacher = Model(args.gguf)
    teacher.net.place.copy_(student.net.place)
    table.put(student, chosen, grams)
    factors = recover.start(student, inputs)
    windows, dev = run.measured()
    total, _ = table.size_of(student, chosen)
    total += sum(2 * t.numel() for pair in factors.values() for t in pair)
    bits = 8 * total / sum(m.weights for m in student.matrices)
    size = {"bytes": total, "bits": round(bits, 3)}
    folder = run.folder(name)
    steps = [(f"{name} + start of recovery", 0.0), (f"{name} + recovery", args.minutes)]
    for label, minutes in steps:
        if run.have(label):
            continue
        told = {}
        if minutes:
            factors, told = recover.train(
                teacher, student, run.page, factors, folder, minutes, args.steps)  # fmt: skip
        given = {n: tuple(t.bfloat16() for t in pair) for n, pair in factors.items()}
        told |= table.scores(student, run.page, windows, dev, given)
        run.add({"method": label} | size | told)


def export(run):
    name, folder = run.args.row, run.folder(run.args.row)
    folder.mkdir(parents=True, exist_ok=True)
    stored.write_palettes(run.model, run.chosen(name), run.grams(name), folder / stored.PALETTES)
    recovered = folder / "recovery.safetensors"
    if recovered.exists():
        stored.with_recovery(run.args.page, recovered, folder / "page.safetensors")


def show(run):
    rows = table.read(run.rows)
    times = html.times_of(run.args.times)
    rates = {}
    for r in rows:
        name = r["method"].split(" + ")[0]
        rate = html.rate(run.model, run.chosen(name), times, run.args.decode)
        if rate and " + " not in r["method"]:
            rates[r["method"]] = f"{rate:.0f}"
    print(table.markdown(rows, rates))


def page(run):
    shipped = next((r for r in table.read(run.rows) if r["method"] == table.SHIPPED), {})
    chosen = json.loads(run.choices.read_text())
    first = next(iter(chosen.values()))["chosen"]
    text = html.page(run.model, predicted(run), html.times_of(run.args.times), first, shipped)
    (run.out / "compress.html").write_text(text, encoding="utf-8")


COMMANDS = {
    "table": every, "errors": single, "sensitivity": sensitivities, "mixed": mixed,
    "recover": recovery, "export": export, "show": show, "html": page,
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(
        prog="compress", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=COMMANDS)
    parser.add_argument("--gguf", required=True)
    parser.add_argument("--page", required=True, help="page.safetensors")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=20_000, help="of the perplexity")
    parser.add_argument("--pages", type=int, default=64, help="of the answers")
    parser.add_argument("--calibration", type=int, default=1024, help="tokens")
    parser.add_argument("--only", default="", help="rows of the table, by semicolons")
    parser.add_argument("--bits", type=float, default=3.5, help="budget, a weight")
    parser.add_argument("--row", default="round 2 32", help="what is recovered")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--steps", type=int, default=0, help="stop there, for tests")
    parser.add_argument("--times", default="", help="lines of the example `operations`")
    parser.add_argument("--decode", type=float, default=0.0,
                        help="tokens/s as shipped, of the example `checkpoint`")  # fmt: skip
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    COMMANDS[args.what](Run(args))


if __name__ == "__main__":
    sys.exit(main())
