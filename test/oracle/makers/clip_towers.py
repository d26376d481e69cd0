"""Forward values and gradients of open_clip's two towers at a tiny size."""

import copy

import numpy as np
import torch
from open_clip.transformer import TextTransformer, VisionTransformer

from golden_file import Array, small

PACKAGES = ['open_clip_torch', 'torch', 'numpy']
_MADE_BY = {
    'output, stages': '{} in eval mode, weights from the file; f64, and output_f32 by the same model in f32',
    'gradients': 'torch autograd of sum(output * cotangent), in f64',
}
VIT_MADE_BY = {k: v.format('open_clip.transformer.VisionTransformer') for k, v in _MADE_BY.items()}
TEXT_MADE_BY = {k: v.format('open_clip.transformer.TextTransformer') for k, v in _MADE_BY.items()}
NAMES = (
    'Weights keep PyTorch names and layouts: linear weights and in_proj_weight (query, key, value stacked) are '
    '[out, in], conv1.weight is [out, in, height, width], proj and text_projection are [in, out].'
)


def fill(model: torch.nn.Module, rng: np.random.Generator) -> None:
    """Small, non-trivial, three-decimal values everywhere, gains and biases included."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            gain = 'ln_' in name and name.endswith('weight')
            bias = name.endswith('bias')
            weight.copy_(torch.tensor(small(rng, tuple(weight.shape), 0.2 if gain or bias else 0.25, 1.0 if gain else 0.0)))


def stages_of(model: torch.nn.Module, points: dict[str, torch.nn.Module], given: torch.Tensor) -> tuple[torch.Tensor, dict]:
    """The output and the outputs of some inner modules."""
    seen = {}
    hooks = [
        module.register_forward_hook(lambda _m, _i, out, name=name: seen.__setitem__(name, out))
        for name, module in points.items()
    ]
    output = model(given)
    for hook in hooks:
        hook.remove()
    return output, {name: seen[name] for name in points}


def tower(model: torch.nn.Module, inputs: torch.Tensor, rng: np.random.Generator, points, skipped: dict[str, int]) -> dict:
    """`skipped`: for these weights only the first n rows of the gradient are kept, to stay small."""
    double = model.double().eval()
    fill(double, rng)
    single = copy.deepcopy(double).float()
    as64 = inputs.double() if inputs.is_floating_point() else inputs
    as32 = inputs.float() if inputs.is_floating_point() else inputs
    output, stages = stages_of(double, points(double), as64)
    cotangent = torch.tensor(small(rng, tuple(output.shape)), dtype=torch.float64)
    (output * cotangent).sum().backward()
    with torch.no_grad():
        output32 = single(as32)
    gradients = {}
    for name, weight in double.named_parameters():
        rows = skipped.get(name, weight.shape[0])
        if rows:
            key = name if rows == weight.shape[0] else f'{name}[:{rows}]'
            gradients[key] = Array(weight.grad[:rows])
    return {
        'weights': {name: Array(w) for name, w in double.named_parameters()},
        'stages': {name: Array(x) for name, x in stages.items()},
        'output': Array(output),
        'output_f32': Array(output32),
        'cotangent': Array(cotangent),
        'gradients': gradients,
    }


def make_vit() -> dict:
    config = dict(image_size=16, patch_size=8, width=16, layers=2, heads=2, mlp_ratio=4.0, output_dim=8)
    rng = np.random.default_rng(300)
    image = small(rng, (2, 16, 16, 3), 0.5)
    model = VisionTransformer(**config, pool_type='tok')
    points = lambda m: {
        'ln_pre': m.ln_pre,
        'transformer.resblocks.0': m.transformer.resblocks[0],
        'transformer.resblocks.1': m.transformer.resblocks[1],
        'ln_post': m.ln_post,
    }
    skipped = {
        'conv1.weight': 2,
        'transformer.resblocks.1.attn.in_proj_weight': 0,
        'transformer.resblocks.0.mlp.c_fc.weight': 8,
        'transformer.resblocks.0.mlp.c_proj.weight': 4,
        'transformer.resblocks.1.mlp.c_fc.weight': 0,
    }
    made = tower(model, torch.tensor(image).permute(0, 3, 1, 2), rng, points, skipped)
    return {
        'config': {**config, 'pool': 'class token', 'gelu': 'exact (erf)', 'layer_norm_eps': 1e-5, 'patch_dropout': 0},
        'names': NAMES,
        'layout': 'image is NHWC [2,16,16,3]; open_clip itself was given its NCHW transpose. Tokens: class, then patches row by row. '
        'Stage ln_post is of every token; the output reads token 0.',
        'image': Array(image),
        **made,
    }


def make_text() -> dict:
    config = dict(context_length=8, vocab_size=32, width=16, heads=2, layers=2, mlp_ratio=4.0, output_dim=8)
    rng = np.random.default_rng(301)
    ids = np.array([[30, 5, 9, 12, 31, 0, 0, 0], [30, 31, 0, 0, 0, 0, 0, 0], [30, 1, 2, 3, 4, 4, 29, 31]], np.int32)
    model = TextTransformer(**config, pool_type='argmax')
    points = lambda m: {
        'transformer.resblocks.0': m.transformer.resblocks[0],
        'transformer.resblocks.1': m.transformer.resblocks[1],
        'ln_final': m.ln_final,
    }
    skipped = {
        'transformer.resblocks.1.attn.in_proj_weight': 0,
        'transformer.resblocks.0.mlp.c_fc.weight': 8,
        'transformer.resblocks.0.mlp.c_proj.weight': 4,
        'transformer.resblocks.1.mlp.c_fc.weight': 0,
    }
    made = tower(model, torch.tensor(ids), rng, points, skipped)
    return {
        'config': {**config, 'mask': 'causal', 'pool': 'argmax of the ids (EOT = 31)', 'gelu': 'exact (erf)', 'layer_norm_eps': 1e-5},
        'names': NAMES,
        'ids': Array(ids),
        **made,
    }
