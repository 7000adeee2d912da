"""Puts training/ on the path. Tiny models compute fastest on one thread."""

import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
torch.set_num_threads(1)
