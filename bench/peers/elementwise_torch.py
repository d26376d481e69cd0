"""Benchmark peer: a chain of elementwise operations in PyTorch. See protocol.py.

Usage: elementwise_torch.py ELEMENTS eager | compiled FILE     (compiled uses torch.compile)
"""

import sys

import protocol as p
import torch
import torch_layers as layers
from elementwise import ramp


def chain(x: torch.Tensor) -> torch.Tensor:
    return torch.tanh(1.5 * x + 0.5) * torch.sigmoid(x) + torch.sqrt(x * x + 1) * torch.exp(-torch.abs(x))


def make(_: p.Arrays, compiled: bool) -> tuple[int, object]:
    torch.set_num_threads(p.CORES)
    x = torch.from_numpy(ramp(int(sys.argv[1])))
    run = torch.compile(chain) if compiled else chain

    @torch.inference_mode()
    def call() -> float:
        return run(x)[0].item()

    return 0, call


if __name__ == '__main__':
    if len(sys.argv) != 4 or sys.argv[2] not in ('eager', 'compiled'):
        sys.exit('usage: elementwise_torch.py ELEMENTS eager | compiled FILE')
    kind = sys.argv[2]
    p.serve(f'torch_{kind}', layers.VERSIONS, lambda weights: make(weights, kind == 'compiled'))
