"""How far torch.autocast's bfloat16 is from float64, for a transformer block and a convolution block at tiny sizes."""

import numpy as np
import torch
from torch.nn import functional as F

from golden_file import Array, small

PACKAGES = ['torch', 'numpy']
MADE_BY = {
    'errors': 'sqrt(sum (a - b)^2 / sum b^2) of output and gradients, a under torch.autocast(cpu, bfloat16) with float32 weights, b in f64',
    'transformer': 'torch.nn.functional: layer_norm, linear, softmax, gelu, matmul; norms and softmax in float32, as CUDA autocast has them',
    'convolutions': "torch.nn.functional: group_norm, silu, conv2d, as diffusers' ResnetBlock2D",
}
_HEADS, _GROUPS = 2, 2


def _norm(f, x):
    """In float32 for a bf16 x, in float64 for a float64 one; gives x's dtype."""
    return f(x.float() if x.dtype == torch.bfloat16 else x).to(x.dtype)


def _transformer(x, w):
    batch, tokens, width = x.shape
    norm = lambda v, name: _norm(lambda u: F.layer_norm(u, (width,), w[f'{name}.weight'], w[f'{name}.bias']), v)
    linear = lambda v, name: F.linear(v, w[f'{name}.weight'], w[f'{name}.bias'])
    qkv = F.linear(norm(x, 'ln_1'), w['attn.in_proj_weight'], w['attn.in_proj_bias'])
    query, key, value = qkv.reshape(batch, tokens, 3, _HEADS, -1).permute(2, 0, 3, 1, 4)
    scores = torch.matmul(query * (width // _HEADS) ** -0.5, key.transpose(-1, -2))
    later = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
    share = _norm(lambda s: torch.softmax(s.masked_fill(later, -torch.inf), -1), scores)
    mixed = torch.matmul(share, value).transpose(1, 2).reshape(batch, tokens, width)
    z = x + linear(mixed, 'attn.out_proj')
    return z + linear(F.gelu(linear(norm(z, 'ln_2'), 'mlp.c_fc')), 'mlp.c_proj')


def _convolutions(x, w):
    """x [N, H, W, C]."""
    norm = lambda v, name: _norm(lambda u: F.group_norm(u, _GROUPS, w[f'{name}.weight'], w[f'{name}.bias'], 1e-6), v)
    conv = lambda v, name, padding: F.conv2d(v, w[f'{name}.weight'], w[f'{name}.bias'], padding=padding)
    pixels = x.permute(0, 3, 1, 2)
    h = conv(F.silu(norm(pixels, 'norm1')), 'conv1', 1)
    h = conv(F.silu(norm(h, 'norm2')), 'conv2', 1)
    return (conv(pixels, 'conv_shortcut', 0) + h).permute(0, 2, 3, 1)


def _rounded(values):
    return torch.tensor(values).bfloat16().double()


def _case(seed: int, block, shape, out, shapes: dict, **rest) -> dict:
    rng = np.random.default_rng(seed)
    x, cotangent = _rounded(small(rng, shape)), _rounded(small(rng, out))
    gain = lambda name: name.startswith(('ln_', 'norm')) and name.endswith('weight')
    weights = {k: torch.tensor(small(rng, s, 0.2, 1.0 if gain(k) else 0.0)) for k, s in shapes.items()}

    def run(dtype, given):
        w = {k: v.to(dtype).requires_grad_() for k, v in weights.items()}
        v = given.clone().requires_grad_()
        y = block(v, w)
        grads = torch.autograd.grad((y.to(dtype) * cotangent.to(dtype)).sum(), [v, *w.values()])
        return {'output': y, **{f'gradient of {k}': g for k, g in zip(['x', *w], grads, strict=True)}}

    exact = run(torch.float64, x)
    with torch.autocast('cpu', torch.bfloat16):
        coarse = run(torch.float32, x.bfloat16())
    assert coarse['output'].dtype == torch.bfloat16
    error = lambda a, b: float(f'{((a.double() - b).square().sum() / b.square().sum()).sqrt().item():.3g}')
    return {
        **rest,
        'x': Array(x),
        'cotangent': Array(cotangent),
        'weights': {k: Array(v) for k, v in weights.items()},
        'errors': {k: error(coarse[k], b) for k, b in exact.items()},
    }


def make() -> dict:
    width, hidden, channels, wide = 16, 32, 4, 8
    block = {
        'ln_1.weight': (width,), 'ln_1.bias': (width,),
        'attn.in_proj_weight': (3 * width, width), 'attn.in_proj_bias': (3 * width,),
        'attn.out_proj.weight': (width, width), 'attn.out_proj.bias': (width,),
        'ln_2.weight': (width,), 'ln_2.bias': (width,),
        'mlp.c_fc.weight': (hidden, width), 'mlp.c_fc.bias': (hidden,),
        'mlp.c_proj.weight': (width, hidden), 'mlp.c_proj.bias': (width,),
    }  # fmt: skip
    convolutions = {
        'norm1.weight': (channels,), 'norm1.bias': (channels,),
        'conv1.weight': (wide, channels, 3, 3), 'conv1.bias': (wide,),
        'norm2.weight': (wide,), 'norm2.bias': (wide,),
        'conv2.weight': (wide, wide, 3, 3), 'conv2.bias': (wide,),
        'conv_shortcut.weight': (wide, channels, 1, 1), 'conv_shortcut.bias': (wide,),
    }  # fmt: skip
    return {
        'transformer': _case(700, _transformer, (2, 8, width), (2, 8, width), block, heads=_HEADS, mlp_ratio=hidden / width),
        'convolutions': _case(701, _convolutions, (2, 6, 6, channels), (2, 6, 6, wide), convolutions, groups=_GROUPS, width=wide),
    }
