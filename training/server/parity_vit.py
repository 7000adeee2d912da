"""Whether the full-size encoder says what open_clip and transformers say, from a file on.

    cd training && python -m server.parity_vit openclip DIR     (or: dinov2)

Random weights, in three processes one after another, since each holds 4 GB of them: the other
package's model writes its state dict and its answer; ours reads the file by name, answers, and is
exported; ONNX Runtime runs the graph. Needs open_clip_torch or transformers; 8 GB of memory, 9 of
disk.
"""

import os
import subprocess
import sys
import time

import numpy as np
import torch
from safetensors.torch import save_file

from .export_vit import config_for, export_vit
from .vit import Vit
from .vit_names import Tensors, load_into

SIDE = 224
# Of features of about 1 after 40 layers in float32; rounding differs by the order of the sums.
TOLERANCE = 1e-3


def theirs(family):
    """The other package's encoder, and how it gives features of the patches."""
    if family == "openclip":
        from open_clip.transformer import VisionTransformer

        model = VisionTransformer(
            image_size=SIDE, patch_size=14, width=1408, layers=40, heads=16, mlp_ratio=4.3637,
            output_dim=1024, output_tokens=True,
        )  # fmt: skip
        return model, lambda x: model(x)[1]
    from transformers import Dinov2Config, Dinov2Model

    # facebook/dinov2-giant's config.json; its 37x37 positions are resized to the view's 16x16.
    sizes = Dinov2Config(
        hidden_size=1536, num_hidden_layers=40, num_attention_heads=24, mlp_ratio=4, image_size=518,
        patch_size=14, use_swiglu_ffn=True,
    )  # fmt: skip
    model = Dinov2Model(sizes)
    return model, lambda x: model(x).last_hidden_state[:, 1:]


def pixels():
    return torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def write_theirs(family, folder):
    torch.manual_seed(0)
    model, features = theirs(family)
    for p in model.eval().parameters():
        if p.ndim == 1:  # norms, biases and scales: at 1 and 0 they would hide mistakes
            p.add_(torch.randn_like(p) * 0.1)
    np.save(os.path.join(folder, "theirs.npy"), features(pixels()).numpy())
    tensors = {name: x.contiguous() for name, x in model.state_dict().items()}
    save_file(tensors, os.path.join(folder, "checkpoint.safetensors"))
    print(f"{family}: {sum(p.numel() for p in model.parameters()):,} parameters")


@torch.no_grad()
def write_ours(family, folder):
    vit = Vit(config_for(family, SIDE)).eval()
    load_into(vit, Tensors(os.path.join(folder, "checkpoint.safetensors")))
    start = time.time()
    np.save(os.path.join(folder, "ours.npy"), vit(pixels()).numpy())
    print(f"PyTorch: {time.time() - start:.1f} s a view of {SIDE}")
    export_vit(vit, os.path.join(folder, "vision.onnx"))


def run_graph(family, folder):
    import onnxruntime

    session = onnxruntime.InferenceSession(os.path.join(folder, "vision.onnx"))
    start = time.time()
    (features,) = session.run(["features"], {"pixels": pixels().numpy()})
    print(f"ONNX Runtime: {time.time() - start:.1f} s a view of {SIDE}")
    np.save(os.path.join(folder, "onnx.npy"), features.reshape(1, -1, features.shape[-1]))


STEPS = {"theirs": write_theirs, "ours": write_ours, "graph": run_graph}


def main():
    family, folder, *step = sys.argv[1:]
    if step:
        return STEPS[step[0]](family, folder)
    os.makedirs(folder, exist_ok=True)
    for step in STEPS:
        command = [sys.executable, "-m", "server.parity_vit", family, folder, step]
        subprocess.run(command, check=True)
    read = {
        name: np.load(os.path.join(folder, f"{name}.npy")) for name in ("theirs", "ours", "onnx")
    }
    size = np.abs(read["theirs"]).mean()
    print(f"mean |feature| {size:.3f}")
    for name in ("ours", "onnx"):
        worst = np.abs(read[name] - read["theirs"]).max()
        print(f"{name} and theirs differ by {worst:.2e} at most (tolerance {TOLERANCE:.0e})")
        if not worst <= TOLERANCE:
            raise SystemExit(f"{name}: {worst} is over the tolerance")


if __name__ == "__main__":
    main()
