"""Losses of the contrastive family and the attention pool of SigLIP: values and gradients in f64."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from golden_file import Array, small

SIGLIP_PACKAGES = ['open_clip_torch', 'torch', 'numpy']
PACKAGES = ['torch', 'numpy']
SIGLIP_MADE_BY = {
    'loss': 'open_clip.loss.SigLipLoss()(image_unit, text_unit, exp(logit_scale), logit_bias), unit rows by torch.nn.functional.normalize',
    'gradients': 'torch autograd with respect to the raw rows, logit_scale itself (the logarithm) and logit_bias',
}
SIMCLR_MADE_BY = {'loss': "SLIP's losses.py (SIMCLRLoss) by its lines, in PyTorch in f64", 'gradients': 'torch autograd'}
NEGCLIP_MADE_BY = {'loss': "neg_clip's ClipLoss by its lines (texts are positives, then negatives), in PyTorch in f64", 'gradients': 'torch autograd'}
POOL_MADE_BY = {
    'output': "transformers' SiglipMultiheadAttentionPoolingHead by its lines: torch.nn.MultiheadAttention, LayerNorm, GELU (tanh) in f64",
    'gradients': 'torch autograd of sum(output * cotangent), in f64',
}


def _rows(rng, b: int, e: int) -> tuple[torch.Tensor, torch.Tensor]:
    image = small(rng, (b, e))
    text = np.round(image + rng.normal(0, 0.5, (b, e)), 3)
    return tuple(torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (image, text))


def _number(x: float) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def _made(loss: torch.Tensor, inputs: dict, **rest) -> dict:
    gradients = torch.autograd.grad(loss, list(inputs.values()))
    return {
        **rest,
        'inputs': {k: Array(v) for k, v in inputs.items()},
        'loss': loss.item(),
        'gradients': {k: Array(g) for k, g in zip(inputs, gradients, strict=True)},
    }


def make_siglip() -> dict:
    from open_clip.loss import SigLipLoss

    cases = []
    for seed, (b, e, bias) in enumerate([(2, 4, -10.0), (5, 3, -2.71), (8, 6, 0.0)]):
        image, text = _rows(np.random.default_rng(500 + seed), b, e)
        scale, offset = _number(math.log(10)), _number(bias)
        loss = SigLipLoss()(F.normalize(image, dim=-1), F.normalize(text, dim=-1), scale.exp(), offset)
        cases.append(_made(loss, {'image': image, 'text': text, 'logit_scale': scale, 'logit_bias': offset}))
    return {'cases': cases}


def make_simclr() -> dict:
    a, b = _rows(np.random.default_rng(510), 4, 5)
    tau = 0.1
    q_a, q_b = F.normalize(a, dim=-1), F.normalize(b, dim=-1)
    labels = torch.arange(4)
    masks = F.one_hot(labels, 4) * 1e9
    logits_aa = q_a @ q_a.T / tau - masks
    logits_bb = q_b @ q_b.T / tau - masks
    logits_ab, logits_ba = q_a @ q_b.T / tau, q_b @ q_a.T / tau
    loss_a = F.cross_entropy(torch.cat([logits_ab, logits_aa], dim=1), labels)
    loss_b = F.cross_entropy(torch.cat([logits_ba, logits_bb], dim=1), labels)
    return _made((loss_a + loss_b) / 2, {'first': a, 'second': b}, temperature=tau)


def make_negclip() -> dict:
    rng = np.random.default_rng(520)
    image, text = _rows(rng, 4, 5)
    negative = torch.tensor(small(rng, (4, 5)), dtype=torch.float64, requires_grad=True)
    scale = _number(math.log(1 / 0.07))
    unit = F.normalize(image, dim=-1)
    texts = F.normalize(torch.cat([text, negative]), dim=-1)
    logits_per_image = scale.exp() * unit @ texts.T
    logits_per_text = scale.exp() * texts[: len(unit)] @ unit.T
    labels = torch.arange(len(unit))
    loss = (F.cross_entropy(logits_per_image, labels) + F.cross_entropy(logits_per_text, labels)) / 2
    return _made(loss, {'image': image, 'text': text, 'negative': negative, 'logit_scale': scale})


class _PoolingHead(torch.nn.Module):
    def __init__(self, width: int, hidden: int, heads: int):
        super().__init__()
        self.probe = torch.nn.Parameter(torch.zeros(1, 1, width))
        self.attention = torch.nn.MultiheadAttention(width, heads, batch_first=True)
        self.layernorm = torch.nn.LayerNorm(width, eps=1e-6)
        self.mlp = torch.nn.ModuleDict({'fc1': torch.nn.Linear(width, hidden), 'fc2': torch.nn.Linear(hidden, width)})

    def forward(self, x: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        probe = self.probe.repeat(x.shape[0], 1, 1)
        x = self.attention(probe, x, x, key_padding_mask=padding, need_weights=False)[0]
        hidden = F.gelu(self.mlp['fc1'](self.layernorm(x)), approximate='tanh')
        return (x + self.mlp['fc2'](hidden))[:, 0]


def make_attention_pool() -> dict:
    rng = np.random.default_rng(530)
    module = _PoolingHead(4, 8, 2).double()
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.tensor(small(rng, tuple(p.shape), 0.5)))
    x = torch.tensor(small(rng, (2, 3, 4)), dtype=torch.float64, requires_grad=True)
    valid = torch.tensor([[1, 1, 1], [1, 1, 0]], dtype=torch.bool)
    output = module(x, ~valid)
    cotangent = torch.tensor(small(rng, tuple(output.shape)), dtype=torch.float64)
    given = {'x': x, **dict(module.named_parameters())}
    gradients = torch.autograd.grad((output * cotangent).sum(), list(given.values()))
    return {
        'heads': 2,
        'valid': Array(valid),
        'inputs': {'x': Array(x)},
        'weights': {k: Array(v) for k, v in module.named_parameters()},
        'output': Array(output),
        'cotangent': Array(cotangent),
        'gradients': {k: Array(g) for k, g in zip(given, gradients, strict=True)},
    }
