"""Benchmark peer: greedy decoding with a static key and value cache in PyTorch. See protocol.py.

Usage: decode_torch.py eager | compiled FILE     (compiled uses torch.compile on the step of one token)
"""

import sys

import decode as c
import protocol as p
import torch
import torch.nn.functional as F
import torch_layers as layers
from torch import nn


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """[1, heads, 1, d]"""
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        for name in ('q_proj', 'k_proj', 'v_proj', 'o_proj'):
            setattr(self, name, nn.Linear(c.WIDTH, c.WIDTH, bias=False))
        for name in ('keys', 'values'):
            self.register_buffer(name, torch.zeros(1, c.HEADS, c.TOKENS, c.HEAD), persistent=False)

    def forward(self, x: torch.Tensor, at: torch.Tensor, turn: tuple, seen: torch.Tensor) -> torch.Tensor:
        """[1, 1, D]"""
        q, k, v = (f(x).view(1, 1, c.HEADS, c.HEAD).transpose(1, 2) for f in (self.q_proj, self.k_proj, self.v_proj))
        self.keys.index_copy_(2, at, rotate(k, *turn))
        self.values.index_copy_(2, at, v)
        mixed = F.scaled_dot_product_attention(rotate(q, *turn), self.keys, self.values, attn_mask=seen)
        return self.o_proj(mixed.transpose(1, 2).reshape(1, 1, c.WIDTH))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate_proj = nn.Linear(c.WIDTH, c.HIDDEN, bias=False)
        self.up_proj = nn.Linear(c.WIDTH, c.HIDDEN, bias=False)
        self.down_proj = nn.Linear(c.HIDDEN, c.WIDTH, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(c.WIDTH, eps=c.EPSILON)
        self.post_attention_layernorm = nn.RMSNorm(c.WIDTH, eps=c.EPSILON)
        self.self_attn, self.mlp = Attention(), Mlp()

    def forward(self, x: torch.Tensor, at: torch.Tensor, turn: tuple, seen: torch.Tensor) -> torch.Tensor:
        x = x + self.self_attn(self.input_layernorm(x), at, turn, seen)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(c.VOCABULARY, c.WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(c.DEPTH))
        self.norm = nn.RMSNorm(c.WIDTH, eps=c.EPSILON)
        self.lm_head = nn.Linear(c.WIDTH, c.VOCABULARY, bias=False)
        angles = torch.outer(torch.arange(c.TOKENS), c.BASE ** (-torch.arange(c.HEAD // 2) * 2 / c.HEAD))
        self.register_buffer('cos', angles.cos(), persistent=False)
        self.register_buffer('sin', angles.sin(), persistent=False)
        self.register_buffer('places', torch.arange(c.TOKENS), persistent=False)

    def forward(self, token: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
        """s64[1] at place s64[1] -> the next token s64[1]"""
        x = self.embed_tokens(token)[None]
        turn = self.cos[at], self.sin[at]
        seen = (self.places <= at)[None, None, None]
        for layer in self.layers:
            x = layer(x, at, turn, seen)
        return self.lm_head(self.norm(x))[0].argmax(-1)


def make(weights: p.Arrays, compiled: bool) -> tuple[int, object]:
    model = Decoder()
    parameters = layers.load(model, weights)
    step = torch.compile(model) if compiled else model

    @torch.inference_mode()
    def call() -> float:
        token, made = torch.tensor([c.BEGIN]), []
        for at in range(c.TOKENS):
            token = step(token, torch.tensor([at]))
            made.append(token.item())
        return c.checksum(made)

    return parameters, call


if __name__ == '__main__':
    if sys.argv[1:-1] not in (['eager'], ['compiled']):
        sys.exit('usage: decode_torch.py eager | compiled FILE')
    mode = sys.argv[1]
    p.serve(f'torch_{mode}', layers.VERSIONS, lambda weights: make(weights, mode == 'compiled'))
