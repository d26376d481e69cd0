"""Benchmark peer: forward pass or training step of a ViT in PyTorch. See protocol.py and torch_layers.py.

Usage: vit_torch.py forward | step eager | compiled FILE     (compiled uses torch.compile)
"""

import sys

import numpy as np
import protocol as p
import torch
import torch.nn.functional as F
import torch_layers as layers
import vit as c
from torch import nn


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.vit = layers.Vision(c.IMAGE, c.PATCH, c.WIDTH, c.DEPTH, c.HEADS, c.MEAN, c.STD)
        self.head = nn.Linear(c.WIDTH, c.CLASSES)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.head(self.vit(pixels))


def make(weights: p.Arrays, mode: str, compiled: bool) -> tuple[int, object]:
    model = Classifier()
    parameters = layers.load(model, weights)
    run = torch.compile(model) if compiled else model

    @torch.inference_mode()
    def forward(pixels: np.ndarray) -> float:
        return run(torch.from_numpy(pixels)).square().mean().sqrt().item()

    def loss_of(pixels: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(run(pixels), labels.long())

    return parameters, forward if mode == 'forward' else layers.train(loss_of, layers.adamw(model))


if __name__ == '__main__':
    modes, kinds = ('forward', 'step'), ('eager', 'compiled')
    if len(sys.argv) != 4 or sys.argv[1] not in modes or sys.argv[2] not in kinds:
        sys.exit('usage: vit_torch.py forward | step eager | compiled FILE')
    mode, kind = sys.argv[1:3]
    p.serve(f'torch_{kind}', layers.VERSIONS, lambda weights: make(weights, mode, kind == 'compiled'))
