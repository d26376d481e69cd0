"""Forward values and gradients of layers at tiny sizes: attention's forms, RMS norm, SwiGLU, the vector quantiser."""

import numpy as np
import torch
from torch.nn import functional as F

from golden_file import Array, small

PACKAGES = ['torch', 'numpy']
_GRADIENTS = 'torch autograd of sum(output * cotangent), in f64'
ATTENTION_MADE_BY = {
    'cross': 'torch.nn.MultiheadAttention(kdim, vdim, batch_first) with a key_padding_mask, in f64',
    'grouped, language_model': 'torch.nn.functional: linear, rms_norm, scaled_dot_product_attention(enable_gqa); rotary positions by torch.polar',
    'gradients': _GRADIENTS,
}
LAYERS_MADE_BY = {'rms_norm': 'torch.nn.RMSNorm in f64', 'swiglu': 'torch.nn.functional: linear, silu, in f64', 'gradients': _GRADIENTS}
BASICS_MADE_BY = {
    'linear, layer_norm, embedding, attention': 'torch.nn.Linear, LayerNorm, Embedding, MultiheadAttention (causal attn_mask and key_padding_mask), in f64',
    'gelu, gelu_tanh': "torch.nn.GELU, approximate='none' and 'tanh', in f64",
    'gradients': _GRADIENTS,
}
QUANTISER_MADE_BY = {
    'cases': "torch.cdist and torch.nn.functional.mse_loss in f64; the two losses weighted as in taming-transformers' VectorQuantizer2",
    'gradients': 'torch autograd of sum(codes * cotangent) + loss, in f64',
    'ema': 'van den Oord et al. 2017, appendix A.1, with the smoothed counts of VectorQuantizerEMA of Sonnet, in PyTorch in f64',
}


def _tensor(rng, shape, scale=1.0, centre=0.0):
    return torch.tensor(small(rng, shape, scale, centre), dtype=torch.float64, requires_grad=True)


def _made(rng, inputs: dict, weights: dict, output: torch.Tensor, **rest) -> dict:
    cotangent = torch.tensor(small(rng, tuple(output.shape)), dtype=torch.float64)
    given = {**inputs, **weights}
    gradients = torch.autograd.grad((output * cotangent).sum(), list(given.values()))
    return {
        **rest,
        'inputs': {k: Array(v) for k, v in inputs.items()},
        'weights': {k: Array(v) for k, v in weights.items()},
        'output': Array(output),
        'cotangent': Array(cotangent),
        'gradients': {k: Array(g) for k, g in zip(given, gradients, strict=True)},
    }


def _cross() -> dict:
    rng = np.random.default_rng(400)
    batch, queries, keys, width, memory_width, heads = 2, 3, 4, 4, 6, 2
    module = torch.nn.MultiheadAttention(width, heads, kdim=memory_width, vdim=memory_width, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.tensor(small(rng, tuple(p.shape), 0.5)))
    x, memory = _tensor(rng, (batch, queries, width)), _tensor(rng, (batch, keys, memory_width))
    valid = torch.tensor([[1, 1, 1, 0], [1, 0, 1, 1]], dtype=torch.bool)
    output, _ = module(x, memory, memory, key_padding_mask=~valid, need_weights=False)
    weights = dict(module.named_parameters())
    made = _made(rng, {'x': x, 'memory': memory}, weights, output, heads=heads, valid=Array(valid))
    # The names of q_proj, k_proj, v_proj and o_proj; the stacked bias is cut in three.
    for part in (made['weights'], made['gradients']):
        bias = part.pop('in_proj_bias').values
        for i, name in enumerate('qkv'):
            part[f'{name}_proj.weight'] = part.pop(f'{name}_proj_weight')
            part[f'{name}_proj.bias'] = Array(bias[i * width : (i + 1) * width])
        part['o_proj.weight'], part['o_proj.bias'] = part.pop('out_proj.weight'), part.pop('out_proj.bias')
    return made


def _rotated(x, positions, base):
    """x [B, heads, T, d], positions [B, T]: the halves of a head are the real and imaginary parts of what turns."""
    half = x.shape[-1] // 2
    speeds = base ** (-torch.arange(half, dtype=torch.float64) / half)
    turn = torch.polar(torch.ones((), dtype=torch.float64), positions[:, None, :, None] * speeds)
    turned = torch.complex(x[..., :half], x[..., half:]) * turn
    return torch.cat((turned.real, turned.imag), dim=-1)


def _grouped(seed: int, language_model: bool) -> dict:
    rng = np.random.default_rng(seed)
    batch, tokens, width, heads, kv, head, eps, base = 2, 4, 6, 4, 2, 4, 1e-6, 100.0
    x = _tensor(rng, (batch, tokens, width))
    weights = {
        'q_proj.weight': _tensor(rng, (heads * head, width), 0.5),
        'k_proj.weight': _tensor(rng, (kv * head, width), 0.5),
        'v_proj.weight': _tensor(rng, (kv * head, width), 0.5),
        'o_proj.weight': _tensor(rng, (width, heads * head), 0.5),
    }
    norms = {f'{n}_norm.weight': _tensor(rng, (head,), 0.2, 1.0) for n in 'qk'} if language_model else {}
    positions = torch.tensor([[0, 1, 2, 3], [0, 0, 1, 5]])
    valid = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 1]], dtype=torch.bool)

    def part(name, count):
        return F.linear(x, weights[f'{name}_proj.weight']).view(batch, tokens, count, head)

    q, k, v = part('q', heads), part('k', kv), part('v', kv).transpose(1, 2)
    if language_model:
        q, k = (F.rms_norm(y, (head,), norms[f'{n}_norm.weight'], eps) for n, y in (('q', q), ('k', k)))
    q, k = q.transpose(1, 2), k.transpose(1, 2)
    mask = None
    if language_model:
        q, k = _rotated(q, positions, base), _rotated(k, positions, base)
        mask = torch.tril(torch.ones(tokens, tokens, dtype=torch.bool)) & valid[:, None, None, :]
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
    output = F.linear(mixed.transpose(1, 2).reshape(batch, tokens, heads * head), weights['o_proj.weight'])
    rest = {'heads': heads, 'kv_heads': kv, 'head_width': head}
    if language_model:
        rest |= {'eps': eps, 'base': base, 'positions': Array(positions, 'int32'), 'valid': Array(valid)}
    return _made(rng, {'x': x}, {**weights, **norms}, output, **rest)


def make_attention() -> dict:
    return {'cross': _cross(), 'grouped': _grouped(401, False), 'language_model': _grouped(402, True)}


def make_layers() -> dict:
    rng = np.random.default_rng(410)
    eps = 1e-3
    norm = torch.nn.RMSNorm(4, eps=eps, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor(small(rng, (4,), 0.2, 1.0)))
    x = _tensor(rng, (2, 3, 4))
    mlp = {
        'gate_proj.weight': _tensor(rng, (5, 4), 0.5),
        'up_proj.weight': _tensor(rng, (5, 4), 0.5),
        'down_proj.weight': _tensor(rng, (4, 5), 0.5),
    }
    gate, up, down = mlp.values()
    return {
        'rms_norm': _made(rng, {'x': x}, {'weight': norm.weight}, norm(x), eps=eps),
        'swiglu': _made(rng, {'x': x}, mlp, F.linear(F.silu(F.linear(x, gate)) * F.linear(x, up), down), hidden=5),
    }


def _filled(rng, module: torch.nn.Module) -> torch.nn.Module:
    """The module in f64, with short numbers for its parameters."""
    module.double()
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.tensor(small(rng, tuple(p.shape), 0.5)))
    return module


def _module(rng, module: torch.nn.Module, shape: tuple[int, ...], **rest) -> dict:
    x = _tensor(rng, shape)
    return _made(rng, {'x': x}, dict(_filled(rng, module).named_parameters()), module(x), **rest)


def make_basics() -> dict:
    rng = np.random.default_rng(430)
    table = _filled(rng, torch.nn.Embedding(5, 3))
    ids = torch.tensor([[0, 4, 4], [2, 0, 1]])
    tokens, width, heads = 4, 6, 2
    attention = _filled(rng, torch.nn.MultiheadAttention(width, heads, batch_first=True))
    x = _tensor(rng, (2, tokens, width))
    valid = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]], dtype=torch.bool)
    hidden = torch.triu(torch.ones(tokens, tokens, dtype=torch.bool), diagonal=1)
    mixed, _ = attention(x, x, x, attn_mask=hidden, key_padding_mask=~valid, need_weights=False)
    return {
        'linear': _module(rng, torch.nn.Linear(4, 3), (2, 2, 4)),
        'layer_norm': _module(rng, torch.nn.LayerNorm(4, eps=1e-3), (2, 3, 4), eps=1e-3),
        'embedding': _made(rng, {}, {'weight': table.weight}, table(ids), ids=Array(ids, 'int32')),
        'gelu': _module(rng, torch.nn.GELU(), (2, 6)),
        'gelu_tanh': _module(rng, torch.nn.GELU(approximate='tanh'), (2, 6)),
        'attention': _made(rng, {'x': x}, dict(attention.named_parameters()), mixed, heads=heads, valid=Array(valid)),
    }


def _quantise(z, embedding, beta, legacy):
    nearest = torch.cdist(z.reshape(-1, z.shape[-1]), embedding).argmin(1)
    picked = embedding[nearest].view_as(z)
    commitment, codebook = F.mse_loss(z, picked.detach()), F.mse_loss(picked, z.detach())
    loss = commitment + beta * codebook if legacy else codebook + beta * commitment
    return z + (picked - z).detach(), loss, nearest


def _quantiser_case(legacy: bool) -> dict:
    rng = np.random.default_rng(420)
    beta = 0.25
    z, embedding = _tensor(rng, (2, 3, 4)), _tensor(rng, (5, 4))
    codes, loss, indices = _quantise(z, embedding, beta, legacy)
    cotangent = torch.tensor(small(rng, tuple(codes.shape)), dtype=torch.float64)
    dz, de = torch.autograd.grad((codes * cotangent).sum() + loss, (z, embedding))
    return {
        'beta': beta,
        'legacy': legacy,
        'z': Array(z),
        'embedding': Array(embedding),
        'codes': Array(codes),
        'indices': Array(indices.view(2, 3), 'int32'),
        'loss': loss.item(),
        'cotangent': Array(cotangent),
        'gradients': {'z': Array(dz), 'embedding': Array(de)},
    }


def _ema() -> dict:
    rng = np.random.default_rng(421)
    decay, eps, size, width, steps, rows = 0.9, 1e-3, 4, 3, 3, 6
    start = torch.tensor(small(rng, (size, width)), dtype=torch.float64)
    batches = torch.tensor(small(rng, (steps, rows, width)), dtype=torch.float64)
    codes, counts, sums = start, torch.ones(size, dtype=torch.float64), start
    after = []
    for batch in batches:
        nearest = torch.cdist(batch, codes).argmin(1)
        members = (nearest == torch.arange(size)[:, None]).double()  # [K, N]
        counts = decay * counts + (1 - decay) * members.sum(1)
        sums = decay * sums + (1 - decay) * members @ batch
        share = (counts + eps) / (counts.sum() + size * eps)
        codes = sums / (share * counts.sum())[:, None]
        after.append({'indices': Array(nearest, 'int32'), 'counts': Array(counts), 'sums': Array(sums), 'codes': Array(codes)})
    return {'decay': decay, 'eps': eps, 'start': Array(start), 'z': Array(batches), 'after_step': after}


def make_quantiser() -> dict:
    return {'cases': [_quantiser_case(False), _quantiser_case(True)], 'ema': _ema()}
