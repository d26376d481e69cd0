"""Benchmark peer: one CLIP training step in PyTorch. See protocol.py and torch_layers.py.

Usage: clip_torch.py eager | compiled FILE     (compiled uses torch.compile, which needs a C++ compiler)
"""

import sys

import clip as c
import protocol as p
import torch
import torch.nn.functional as F
import torch_layers as layers
from torch import nn


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.token_embedding = nn.Embedding(c.VOCABULARY, c.WIDTH)
        self.positional_embedding = nn.Parameter(torch.empty(c.LENGTH, c.WIDTH))
        self.transformer = layers.Transformer(c.WIDTH, c.TEXT_DEPTH, c.HEADS, True)
        self.ln_final = nn.LayerNorm(c.WIDTH)

    def forward(self, ids: torch.Tensor, eot: torch.Tensor) -> torch.Tensor:
        """s32[B,L] -> f32[B,D], pooled at the end-of-text token"""
        x = self.transformer(self.token_embedding(ids) + self.positional_embedding)
        return self.ln_final(x[torch.arange(x.shape[0]), eot])


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.logit_scale = nn.Parameter(torch.empty(()))


class Clip(nn.Module):
    def __init__(self):
        super().__init__()
        self.vision = layers.Vision(c.IMAGE, c.PATCH, c.WIDTH, c.VISION_DEPTH, c.HEADS, c.MEAN, c.STD)
        self.text = Text()
        self.image_projection = nn.Linear(c.WIDTH, c.WIDTH, bias=False)
        self.text_projection = nn.Linear(c.WIDTH, c.WIDTH, bias=False)
        self.logits = Scale()

    def forward(self, pixels: torch.Tensor, ids: torch.Tensor, eot: torch.Tensor) -> torch.Tensor:
        image = F.normalize(self.image_projection(self.vision(pixels)), dim=-1)
        text = F.normalize(self.text_projection(self.text(ids, eot)), dim=-1)
        logits = self.logits.logit_scale.exp() * image @ text.T
        labels = torch.arange(logits.shape[0])
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


def make(weights: p.Arrays, compiled: bool) -> tuple[int, object]:
    model = Clip()
    parameters = layers.load(model, weights)

    @torch.no_grad()
    def clamp() -> None:
        model.logits.logit_scale.clamp_(0, c.LOGIT_SCALE_MAX)

    return parameters, layers.train(torch.compile(model) if compiled else model, layers.adamw(model), clamp)


if __name__ == '__main__':
    if sys.argv[1:-1] not in (['eager'], ['compiled']):
        sys.exit('usage: clip_torch.py eager | compiled FILE')
    mode = sys.argv[1]
    p.serve(f'torch_{mode}', layers.VERSIONS, lambda weights: make(weights, mode == 'compiled'))
