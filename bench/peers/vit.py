"""The size of the ViT benchmarks, as in src/engine/bench/vit.ts."""

import numpy as np

IMAGE, PATCH = 224, 16
WIDTH, DEPTH, HEADS = 768, 12, 12
CLASSES = 1000
MEAN = STD = np.full(3, 0.5, np.float32)
