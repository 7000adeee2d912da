"""The training loop and its learning-rate schedule, as every trainer uses them."""

import os
import signal
import time
from dataclasses import dataclass

import torch

import checkpoint

FLOOR = 0.05  # of the base rate, where every fall ends


@dataclass(frozen=True)
class Schedule:
    """Factors of the base learning rate, and when a run ends.

    The rate rises over `warmup` steps, stays, and falls to 5%: over the last `tail` of `steps`, or
    over the last `fall` of `minutes`. A run that is resumed rises again over `resume` steps,
    because its rate may have fallen, or its model grown, since.
    """

    warmup: int = 200
    steps: int = 0  # of all runs together; 0: no end
    tail: float = 0.25  # of `steps`
    minutes: float = float("inf")  # of this run
    fall: float = 0.0  # minutes; 0: no fall
    resume: int = 100

    def factor(self, step, taken, minutes):
        """Before step `step` of all, of which this run took `taken` in `minutes`. -> 0..1"""
        rise = min(1.0, (step + 1) / self.warmup) * min(1.0, (taken + 1) / max(1, self.resume))
        return rise * self.by_steps(step) * self.by_minutes(minutes)

    def by_steps(self, step):
        if not self.steps:
            return 1.0
        return max(FLOOR, min(1.0, (self.steps - step) / (self.steps * self.tail)))

    def by_minutes(self, minutes):
        if not self.fall:
            return 1.0
        return max(FLOOR, min(1.0, (self.minutes - minutes) / self.fall))

    def is_over(self, step, minutes):
        return minutes >= self.minutes or (self.steps > 0 and step >= self.steps)


def add_schedule(parser, lr):
    """Adds the options of a run's length, rate and checkpoints."""
    parser.add_argument("--lr", type=float, default=lr, help="base learning rate")
    parser.add_argument(
        "--steps", "--total", type=int, default=0, help="end at this step; 0: never"
    )
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so many")
    parser.add_argument(
        "--fall", type=float, default=0, help="last minutes, in which the rate falls to 5%%"
    )
    parser.add_argument(
        "--save-every", type=float, default=5, help="minutes between checkpoints of the run"
    )
    parser.add_argument("--log-every", type=int, default=25, help="steps between printed lines")


class Stopping:
    """Within it, SIGTERM and SIGINT are noted, so that a run that is stopped saves what it has."""

    def __enter__(self):
        self.asked = False
        of = (signal.SIGTERM, signal.SIGINT)
        self.before = {s: signal.signal(s, self.ask) for s in of}
        return self

    def __exit__(self, *_):
        for s, handler in self.before.items():
            signal.signal(s, handler)

    def ask(self, *_):
        self.asked = True


@dataclass
class Run:
    """What a training run moves and where it is saved."""

    masters: object  # optim.Masters
    saver: checkpoint.Saver
    schedule: Schedule
    step: int = 0  # of all runs so far
    log_every: int = 25
    eval_every: int = 0  # steps; 0: never
    ema: float = 0.998  # how much of the average a step keeps


def start(folder, name, masters, config, args, device, **more):
    """The run in `folder`, resumed if it has a checkpoint `name`; `args` as `add_schedule` has. A
    new run begins with the weights of the checkpoint `args.start`, if there is one."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    schedule = Schedule(steps=args.steps, minutes=args.minutes, fall=args.fall)
    saver = checkpoint.Saver(path, masters, config, args.save_every)
    step = checkpoint.resume(path, masters, device, getattr(args, "start", None))
    return Run(masters, saver, schedule, step, args.log_every, **more)


class Clock:
    """Minutes of a run, and seconds a step since the last line was printed."""

    def __init__(self):
        self.began = self.shown = time.monotonic()

    def minutes(self):
        return (time.monotonic() - self.began) / 60

    def lap(self, steps):
        now = time.monotonic()
        shown, self.shown = self.shown, now
        return (now - shown) / steps


def train(run, batches, losses, report, evaluate=None):
    """Steps until the schedule ends them, and saves. -> the step it came to

    losses(batch, taken): scalars, the first of which is minimised, in step `taken` of this run.
    report(means, norm, seconds): the line printed every `log_every` steps, of the mean losses, the
    last gradient norm and the seconds a step. evaluate(step): called every `eval_every` steps with
    the averaged weights in the model. A run stopped by a signal saves and exits with status 1.
    """
    with Stopping() as stopping:
        steps(run, batches, losses, report, evaluate, stopping)
        run.saver.save(run.step)
    if stopping.asked:
        raise SystemExit(f"stopped at step {run.step}; the same command goes on from there")
    return run.step


def steps(run, batches, losses, report, evaluate, stopping):
    """`train`'s steps, with what is printed, measured and saved on the way."""
    clock, taken, sums = Clock(), 0, 0
    while not (stopping.asked or run.schedule.is_over(run.step, clock.minutes())):
        out = losses(next(batches), taken)
        out[0].backward()
        factor = run.schedule.factor(run.step, taken, clock.minutes())
        norm = run.masters.step(factor, ema=run.ema)
        run.step, taken = run.step + 1, taken + 1
        sums = sums + torch.stack([x.detach().float() for x in out])
        if taken % run.log_every == 0:
            means = (sums / run.log_every).tolist()
            print(run.step, report(means, norm, clock.lap(run.log_every)), flush=True)
            sums = 0
        if run.eval_every and taken % run.eval_every == 0 and evaluate:
            averaged(run.masters, lambda: evaluate(run.step))
        if run.saver.due():
            run.saver.save(run.step)


@torch.no_grad()
def averaged(masters, look):
    """Calls `look` while the averaged weights are in the model."""
    masters.publish(masters.ema)
    look()
    masters.publish(masters.masters)
