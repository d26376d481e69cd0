"""What every benchmark peer shares: the weights and inputs that Diptych hands over, and the line protocol.

A peer's last argument is a safetensors file that holds the model's starting weights, named as Diptych names them, and
inputs as `input/<i>/<name>`. So all peers do the same work on the same numbers, and the first result tells whether
they do.

The parent writes one JSON object a line to standard input and reads one a line from standard output:

    -> (start)                    <- {"ready": true, "peer": ..., "versions": {...}, "parameters": n, "first": value}
    -> {"cmd": "step", "n": 5}    <- {"ms": [five wall times]}
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

# The optimizer of every training step: AdamW, at a constant rate, on weights of two axes or more.
LEARNING_RATE, DECAY, BETA1, BETA2, EPSILON = 5e-4, 0.2, 0.9, 0.98, 1e-6

CORES = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
DTYPES = {'F32': np.float32, 'I32': np.int32, 'U8': np.uint8}

Arrays = dict[str, np.ndarray]


def read_safetensors(path: str) -> Arrays:
    """Arrays by name: 8 bytes with the length of a JSON header, the header, the data."""
    with open(path, 'rb') as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), 'little')))
        data = np.frombuffer(bytearray(file.read()), np.uint8)
    header.pop('__metadata__', None)
    return {
        name: data[slice(*entry['data_offsets'])].view(DTYPES[entry['dtype']]).reshape(entry['shape'])
        for name, entry in header.items()
    }


def given() -> tuple[Arrays, list[Arrays]]:
    """The weights, and the inputs of the calls, which come round again; one call without inputs where there are none."""
    weights, inputs = {}, {}
    for name, array in read_safetensors(sys.argv[-1]).items():
        kind, _, rest = name.partition('/')
        if kind == 'input':
            at, _, field = rest.partition('/')
            inputs.setdefault(int(at), {})[field] = array
        else:
            weights[name] = array
    return weights, [inputs[i] for i in sorted(inputs)] or [{}]


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def serve(peer: str, versions: dict[str, str], make: Callable[[Arrays], tuple[int, Callable]]) -> None:
    """Runs a peer. `make(weights)` gives the parameter count and `call(**inputs) -> float`, which returns only when
    all that the call makes is ready; its first call may compile."""
    try:
        weights, inputs = given()
        parameters, call = make(weights)
        first = call(**inputs[0])
        call(**inputs[1 % len(inputs)])  # a second run, so that allocation and lazy set-up are over before any timing
    except Exception as error:  # whatever the library raises, the parent must hear of it
        say({'error': f'{type(error).__name__}: {error}'})
        sys.exit(1)
    say({'ready': True, 'peer': peer, 'versions': versions, 'cores': CORES, 'parameters': parameters, 'first': first})
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
        ms = []
        for _ in range(n):
            fields = inputs[done % len(inputs)]
            start = time.perf_counter()
            call(**fields)
            ms.append((time.perf_counter() - start) * 1e3)
            done += 1
        say({'ms': ms})
