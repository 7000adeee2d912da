"""Where a script computes, and in which number format."""

import time

import torch

# Gradients hold numbers too small for the exponent (denormals), which Intel's processors compute
# far more slowly: without this flag encoder steps took 4.4 to 4.6 s there instead of 1.7 to 2.1
# (training/LOG.md). It is set before the first parallel work, because threads inherit it.
torch.set_flush_denormal(True)


def add_device(parser):
    """Adds `--device` to a script's options."""
    parser.add_argument(
        "--device", default="auto", help="auto (CUDA where there is a GPU), cpu, cuda or cuda:N"
    )


def chosen(name):
    """The device of a `--device` option. A GPU that is asked for and missing is an error."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise SystemExit(f"--device {name}: PyTorch found no CUDA GPU; use --device cpu or auto")
    return device


def fastest(device, times=3):
    """The number format in which convolutions run fastest on `device`: bfloat16 on GPUs and on
    processors with units for it, else float32 (a Xeon without its tile units: training/LOG.md)."""
    if torch.device(device).type != "cpu":
        return torch.bfloat16
    return min((torch.bfloat16, torch.float32), key=lambda dtype: seconds(dtype, times))


@torch.no_grad()
def seconds(dtype, times):
    """Seconds that `times` 3x3 convolutions of the encoder's stem take on the CPU in `dtype`."""
    image = torch.channels_last
    conv = torch.nn.Conv2d(64, 64, 3, padding=1).to(dtype).to(memory_format=image)
    x = torch.zeros(2, 64, 112, 112, dtype=dtype).contiguous(memory_format=image)
    conv(x)
    began = time.perf_counter()
    for _ in range(times):
        conv(x)
    return time.perf_counter() - began
