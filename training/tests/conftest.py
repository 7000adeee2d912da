"""Puts training/ on the path. Tiny models compute fastest on one thread."""

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is imported, here and in children
sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
