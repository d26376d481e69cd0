"""What every benchmark peer shares: the size of the model, its data, and the line protocol.

The parent writes one JSON object a line to standard input and reads one a line from standard output:

    -> (start)                    <- {"ready": true, "peer": ..., "versions": {...}, "parameters": n, "compile_s": s}
    -> {"cmd": "step", "n": 5}    <- {"ms": [five wall times], "loss": the last step's loss}
    -> {"cmd": "quit"}            (the process ends; the end of input means the same)

A failure is one line {"error": "..."}: for a bad command the process goes on, at start it ends. Between
commands a peer waits on its input and uses no processor time, so that peers can be run in turn.
"""

import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np

IMAGE, PATCH, BATCH = 64, 8, 64
VISION_WIDTH, VISION_DEPTH = 256, 6
TEXT_WIDTH, TEXT_DEPTH, LENGTH, VOCABULARY = 256, 4, 32, 8192
HEADS, MLP_RATIO, EMBED = 4, 4, 256
TOKENS = (IMAGE // PATCH) ** 2 + 1  # 64 patches and the class token

LEARNING_RATE, DECAY, BETA1, BETA2, EPSILON = 5e-4, 0.2, 0.9, 0.98, 1e-6
LOGIT_SCALE_INIT, LOGIT_SCALE_MAX = float(np.log(1 / 0.07)), float(np.log(100))
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)

CORES = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1


def batches(count: int = 4, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Random pairs on the host: images u8[64,64,64,3] and ids s32[64,32]. Row: tokens, EOT (the largest id), zeros."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        images = rng.integers(0, 256, (BATCH, IMAGE, IMAGE, 3), dtype=np.uint8)
        ids = rng.integers(1, VOCABULARY - 1, (BATCH, LENGTH), dtype=np.int32)
        ends = rng.integers(4, LENGTH, BATCH)
        ids[np.arange(BATCH), ends] = VOCABULARY - 1
        ids[np.arange(LENGTH)[None, :] > ends[:, None]] = 0
        made.append((images, ids))
    return made


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def serve(peer: str, versions: dict[str, str], make: Callable[[], tuple[int, Callable]]) -> None:
    """Runs a peer. `make()` gives the parameter count and `step(images, ids) -> loss`, which returns only when
    the new weights are ready; its first call may compile."""
    data = batches()
    try:
        parameters, step = make()
        start = time.perf_counter()
        step(*data[0])
        compile_s = time.perf_counter() - start
        step(*data[1])  # a second run, so that allocation and lazy set-up are over before anything is timed
    except Exception as error:  # whatever the library raises, the parent must hear of it
        say({'error': f'{type(error).__name__}: {error}'})
        sys.exit(1)
    say({'ready': True, 'peer': peer, 'versions': versions, 'cores': CORES, 'parameters': parameters,
         'compile_s': round(compile_s, 3)})
    done = 2
    for line in sys.stdin:
        try:
            command = json.loads(line)
            name, n = command['cmd'], command.get('n', 1)
            if name not in ('step', 'quit') or not isinstance(n, int) or n < 1:
                raise ValueError('expected {"cmd":"step","n":1...} or {"cmd":"quit"}')
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            say({'error': f'bad command {line.strip()!r}: {error}'})
            continue
        if name == 'quit':
            return
        ms, loss = [], float('nan')
        for _ in range(n):
            images, ids = data[done % len(data)]
            start = time.perf_counter()
            loss = step(images, ids)
            ms.append((time.perf_counter() - start) * 1e3)
            done += 1
        say({'ms': ms, 'loss': float(loss)})
