"""The size of the CLIP benchmark, as in src/engine/bench/clip.ts."""

import numpy as np

IMAGE, PATCH = 64, 8
WIDTH, HEADS, VISION_DEPTH, TEXT_DEPTH = 256, 4, 6, 4
LENGTH, VOCABULARY = 32, 8192
LOGIT_SCALE_MAX = float(np.log(100))
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
