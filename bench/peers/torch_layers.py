"""What the PyTorch peers share, written as a PyTorch user would. Modules have the names of Diptych's weights."""

from collections.abc import Callable

import numpy as np
import protocol as p
import torch
import torch.nn.functional as F
from torch import nn

VERSIONS = {'torch': torch.__version__, 'numpy': np.__version__}


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, causal: bool):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, n, d = x.shape
        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = qkv.view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out_proj(attended.transpose(1, 2).reshape(b, n, d))


class Mlp(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, causal: bool):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.mlp = Attention(width, heads, causal), Mlp(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, width: int, depth: int, heads: int, causal: bool):
        super().__init__()
        self.resblocks = nn.Sequential(*(Block(width, heads, causal) for _ in range(depth)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.resblocks(x)


class Vision(nn.Module):
    def __init__(
        self, image: int, patch: int, width: int, depth: int, heads: int, mean: np.ndarray, std: np.ndarray
    ):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty((image // patch) ** 2 + 1, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = Transformer(width, depth, heads, False)
        self.register_buffer('mean', torch.from_numpy(mean), persistent=False)
        self.register_buffer('std', torch.from_numpy(std), persistent=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """u8[B,H,W,3] -> f32[B,D], the class token after the last norm"""
        x = ((pixels.float() / 255 - self.mean) / self.std).permute(0, 3, 1, 2)
        x = self.conv1(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1), x], dim=1)
        return self.ln_post(self.transformer(self.ln_pre(x + self.positional_embedding))[:, 0])


def load(model: nn.Module, weights: p.Arrays) -> int:
    """Fills a model, which must have exactly these weights; how many numbers they are."""
    torch.set_num_threads(p.CORES)
    model.load_state_dict({name.replace('/', '.'): torch.from_numpy(w.copy()) for name, w in weights.items()})
    return sum(w.numel() for w in model.parameters())


def adamw(model: nn.Module, *undecayed: nn.Parameter) -> torch.optim.Optimizer:
    """The library's own fused AdamW; weights of two axes or more decay."""
    kept = {id(w) for w in undecayed}
    decays = lambda w: w.ndim >= 2 and id(w) not in kept
    groups = [
        {'params': [w for w in model.parameters() if decays(w)], 'weight_decay': p.DECAY},
        {'params': [w for w in model.parameters() if not decays(w)], 'weight_decay': 0.0},
    ]
    betas = (p.BETA1, p.BETA2)
    return torch.optim.AdamW(groups, lr=p.LEARNING_RATE, betas=betas, eps=p.EPSILON, fused=True)


def train(loss_of: Callable, optimizer: torch.optim.Optimizer, after: Callable = lambda: None) -> Callable:
    """A call for `serve`: one step, the inputs of `loss_of` by name."""

    def call(**inputs: np.ndarray) -> float:
        loss = loss_of(**{name: torch.from_numpy(x) for name, x in inputs.items()})
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        after()
        return loss.item()

    return call
