"""Forward values and gradients of convolutions, pooling and what is built of them, at tiny sizes, pictures as NHWC."""

import numpy as np
import torch

from golden_file import small
from makers.layers import _made, _tensor

PACKAGES = ['torch', 'numpy']
MADE_BY = {
    'conv2d, conv1d, transposed': 'torch.nn.Conv2d, Conv1d, ConvTranspose2d in f64',
    'max_pool, avg_pool': 'torch.nn.MaxPool2d, AvgPool2d in f64; ties: values of -1, 0 and 1 only',
    'group_norm': 'torch.nn.GroupNorm in f64',
    'block': "the lines of diffusers' ResnetBlock2D without time embedding: torch.nn.GroupNorm, silu, Conv2d, in f64",
    'gradients': 'torch autograd of sum(output * cotangent), in f64',
}
CONV2D = [
    {'kernel': [3, 3], 'padding': [1, 1]},
    {'kernel': [4, 4], 'stride': [2, 2], 'padding': [1, 1]},
    {'kernel': [3, 2], 'stride': [2, 3], 'padding': [0, 1]},
    {'kernel': [3, 3], 'padding': [2, 2], 'dilation': [2, 2], 'groups': 2},
    {'kernel': [3, 3], 'stride': [2, 2], 'padding': [1, 1], 'groups': 4, 'bias': False},
]
TRANSPOSED = [
    {'kernel': [4, 4], 'stride': [2, 2], 'padding': [1, 1]},
    {'kernel': [3, 3], 'stride': [2, 2], 'padding': [1, 1], 'outputPadding': [1, 1]},
    {'kernel': [2, 3], 'stride': [3, 2], 'outputPadding': [2, 0], 'groups': 2},
    {'kernel': [3, 2], 'stride': [1, 2], 'dilation': [2, 3], 'outputPadding': [1, 2], 'bias': False},
]
POOLS = [
    {'kernel': [2, 2]},
    {'kernel': [3, 3], 'stride': [2, 2], 'padding': [1, 1]},
    {'kernel': [3, 2], 'stride': [1, 3], 'padding': [1, 0]},
]


def _fill(rng, module: torch.nn.Module) -> dict:
    with torch.no_grad():
        for name, p in module.named_parameters():
            norm = 'norm' in name and name.endswith('weight')
            p.copy_(torch.tensor(small(rng, tuple(p.shape), 0.3, 1.0 if norm else 0.0)))
    return dict(module.named_parameters())


def _first(x):
    return x.movedim(-1, 1)


def _last(x):
    return x.movedim(1, -1)


def _layer(rng, module: torch.nn.Module, x: torch.Tensor, options: dict, **rest) -> dict:
    module = module.double()
    return _made(rng, {'x': x}, _fill(rng, module), _last(module(_first(x))), options=options, **rest)


def _torch(options: dict) -> dict:
    names = {'kernel': 'kernel_size', 'outputPadding': 'output_padding'}
    return {names.get(k, k): tuple(v) if isinstance(v, list) else v for k, v in options.items()}


class _Block(torch.nn.Module):
    def __init__(self, channels: int, width: int, groups: int, eps: float):
        super().__init__()
        self.norm1 = torch.nn.GroupNorm(groups, channels, eps)
        self.conv1 = torch.nn.Conv2d(channels, width, 3, padding=1)
        self.norm2 = torch.nn.GroupNorm(groups, width, eps)
        self.conv2 = torch.nn.Conv2d(width, width, 3, padding=1)
        self.conv_shortcut = torch.nn.Conv2d(channels, width, 1) if width != channels else None

    def forward(self, x):
        h = self.conv1(torch.nn.functional.silu(self.norm1(x)))
        h = self.conv2(torch.nn.functional.silu(self.norm2(h)))
        return h + (self.conv_shortcut(x) if self.conv_shortcut else x)


def make() -> dict:
    rng = np.random.default_rng(700)
    picture = lambda: _tensor(rng, (1, 6, 5, 4))
    pools = {}
    for name, pool in (('max_pool', torch.nn.MaxPool2d), ('avg_pool', torch.nn.AvgPool2d)):
        pools[name] = [_layer(rng, pool(**_torch(o)), _tensor(rng, (1, 7, 6, 2)), o) for o in POOLS]
    ties = torch.tensor(rng.integers(-1, 2, (1, 6, 6, 2)), dtype=torch.float64, requires_grad=True)
    pools['max_pool'].append(_layer(rng, torch.nn.MaxPool2d(3, 2, 1), ties, POOLS[1]))
    own = {**POOLS[1], 'countPadding': False}
    inside = torch.nn.AvgPool2d(3, 2, 1, count_include_pad=False)
    pools['avg_pool'].append(_layer(rng, inside, _tensor(rng, (1, 7, 6, 2)), own))
    norm = torch.nn.Sequential()
    norm.norm = torch.nn.GroupNorm(2, 6, eps=1e-3)
    blocks = [
        _layer(rng, _Block(4, width, 2, 1e-6), _tensor(rng, (2, 3, 2, 4)), {'width': width, 'groups': 2}) for width in (4, 2)
    ]
    return {
        'conv2d': [_layer(rng, torch.nn.Conv2d(4, 4, **_torch(o)), picture(), o, out=4) for o in CONV2D],
        'conv1d': _layer(rng, torch.nn.Conv1d(3, 2, 4, stride=2, padding=1), _tensor(rng, (2, 9, 3)), {'kernel': 4, 'stride': 2, 'padding': 1}, out=2),
        'transposed': [_layer(rng, torch.nn.ConvTranspose2d(2, 4, **_torch(o)), _tensor(rng, (2, 3, 2, 2)), o, out=4) for o in TRANSPOSED],
        **pools,
        'group_norm': _layer(rng, norm, _tensor(rng, (2, 3, 2, 6)), {'groups': 2, 'eps': 1e-3}),
        'block': blocks,
    }
