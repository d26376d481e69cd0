"""Benchmark peer: one CLIP training step in PyTorch. See protocol.py.

Usage: clip_torch.py eager | compiled     (compiled uses torch.compile, which needs a C++ compiler)

Written as a PyTorch user would: modules, fused query-key-value projection,
`scaled_dot_product_attention`, the library's own fused AdamW.
"""

import sys

import numpy as np
import protocol as p
import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, width: int, depth: int, causal: bool):
        super().__init__()
        hidden = width * p.MLP_RATIO
        self.causal = causal
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc, self.proj = nn.Linear(width, hidden), nn.Linear(hidden, width)
        stds = [width**-0.5, width**-0.5 * (2 * depth) ** -0.5, (2 * width) ** -0.5]
        for layer, std in zip((self.qkv, self.out, self.fc, self.proj), (stds[0], stds[1], stds[2], stds[1])):
            nn.init.normal_(layer.weight, std=std)
            nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, n, d = x.shape
        q, k, v = self.qkv(self.ln_1(x)).view(b, n, 3, p.HEADS, d // p.HEADS).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        x = x + self.out(attended.transpose(1, 2).reshape(b, n, d))
        return x + self.proj(F.gelu(self.fc(self.ln_2(x))))


class Vision(nn.Module):
    def __init__(self):
        super().__init__()
        width = p.VISION_WIDTH
        self.patch = nn.Conv2d(3, width, p.PATCH, p.PATCH, bias=False)
        self.cls = nn.Parameter(width**-0.5 * torch.randn(width))
        self.position = nn.Parameter(width**-0.5 * torch.randn(p.TOKENS, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.blocks = nn.Sequential(*(Block(width, p.VISION_DEPTH, False) for _ in range(p.VISION_DEPTH)))
        self.projection = nn.Parameter(width**-0.5 * torch.randn(width, p.EMBED))
        self.register_buffer('mean', torch.from_numpy(p.MEAN), persistent=False)
        self.register_buffer('std', torch.from_numpy(p.STD), persistent=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """u8[B,H,W,3] -> f32[B,E]"""
        x = ((images.float() / 255 - self.mean) / self.std).permute(0, 3, 1, 2)
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], 1, -1), x], dim=1)
        x = self.blocks(self.ln_pre(x + self.position))
        return self.ln_post(x[:, 0]) @ self.projection


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        width = p.TEXT_WIDTH
        self.token = nn.Embedding(p.VOCABULARY, width)
        nn.init.normal_(self.token.weight, std=0.02)
        self.position = nn.Parameter(0.01 * torch.randn(p.LENGTH, width))
        self.blocks = nn.Sequential(*(Block(width, p.TEXT_DEPTH, True) for _ in range(p.TEXT_DEPTH)))
        self.ln_final = nn.LayerNorm(width)
        self.projection = nn.Parameter(width**-0.5 * torch.randn(width, p.EMBED))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """s32[B,L] -> f32[B,E], pooled at the end-of-text token, the largest id of its row."""
        x = self.blocks(self.token(ids) + self.position)
        pooled = x[torch.arange(x.shape[0]), ids.argmax(-1)]
        return self.ln_final(pooled) @ self.projection


class Clip(nn.Module):
    def __init__(self):
        super().__init__()
        self.vision, self.text = Vision(), Text()
        self.logit_scale = nn.Parameter(torch.tensor(p.LOGIT_SCALE_INIT))

    def forward(self, images: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        image, text = F.normalize(self.vision(images), dim=-1), F.normalize(self.text(ids), dim=-1)
        logits = self.logit_scale.exp() * image @ text.T
        labels = torch.arange(logits.shape[0])
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


def make(compiled: bool) -> tuple[int, object]:
    torch.manual_seed(0)
    torch.set_num_threads(p.CORES)
    model = Clip()
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(
        [
            {'params': [w for w in parameters if w.ndim >= 2], 'weight_decay': p.DECAY},
            {'params': [w for w in parameters if w.ndim < 2], 'weight_decay': 0.0},
        ],
        lr=p.LEARNING_RATE,
        betas=(p.BETA1, p.BETA2),
        eps=p.EPSILON,
        fused=True,
    )
    forward = torch.compile(model) if compiled else model

    def step(images: np.ndarray, ids: np.ndarray) -> float:
        loss = forward(torch.from_numpy(images), torch.from_numpy(ids))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            model.logit_scale.clamp_(0, p.LOGIT_SCALE_MAX)
        return loss.item()

    return sum(w.numel() for w in parameters), step


if __name__ == '__main__':
    if sys.argv[1:] not in (['eager'], ['compiled']):
        sys.exit('usage: clip_torch.py eager | compiled')
    mode = sys.argv[1]
    p.serve(f'torch_{mode}', {'torch': torch.__version__, 'numpy': np.__version__}, lambda: make(mode == 'compiled'))
