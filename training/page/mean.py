"""The weighted mean of two runs' factors (`page.safetensors`, `turns.safetensors`), for serving.

    python -m page.mean FIRST SECOND --share 0.7 --out FILE   (in training/; 0.7 of SECOND)

Runs of which one began with the other lie near each other, so that means of them are as good or
better (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
"""

import argparse

from safetensors import safe_open
from safetensors.torch import save_file

from .tasks import known_names


def mean(first, second, share):
    """Tensors of a file and `share` of another's, and the second one's metadata; of runs of all
    rows with the names that training asks by."""
    with safe_open(first, "pt") as a, safe_open(second, "pt") as b:
        if set(a.keys()) != set(b.keys()):
            raise ValueError(f"{first} and {second} hold other tensors")
        tensors = {}
        for key in b.keys():
            x, y = a.get_tensor(key).float(), b.get_tensor(key).float()
            tensors[key] = ((1 - share) * x + share * y).half().contiguous()
        names = {"taught": known_names()} if "place" in tensors else {}
        return tensors, b.metadata() | names


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first")
    parser.add_argument("second")
    parser.add_argument("--share", type=float, default=0.5, help="of the second")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    tensors, metadata = mean(args.first, args.second, args.share)
    save_file(tensors, args.out, metadata)


if __name__ == "__main__":
    main()
