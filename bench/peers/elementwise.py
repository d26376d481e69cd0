"""The input of the elementwise benchmark, as in src/engine/bench/elementwise.ts."""

import numpy as np


def ramp(size: int) -> np.ndarray:
    return ((np.arange(size) % 8191) / 8191 * 8 - 4).astype(np.float32)
