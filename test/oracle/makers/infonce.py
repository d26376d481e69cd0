"""InfoNCE, CLIP's symmetric form: value and gradients by open_clip's `ClipLoss`."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from open_clip.loss import ClipLoss

from golden_file import Array

PACKAGES = ['open_clip_torch', 'torch', 'numpy']
MADE_BY = {
    'loss': 'open_clip.loss.ClipLoss()(image_unit, text_unit, exp(logit_scale)), unit rows by torch.nn.functional.normalize',
    'grad_image_unit, grad_text_unit': 'torch autograd with respect to the unit rows, taken as free variables',
    'grad_image, grad_text': 'torch autograd with respect to the raw rows, through the normalisation',
    'grad_logit_scale': 'torch autograd with respect to logit_scale itself (the logarithm)',
}
LOGIT_SCALES = {'ln(1/0.07)': math.log(1 / 0.07), 'ln(100)': math.log(100)}
SIZES = [(2, 4), (5, 3), (8, 16)]


def _case(seed: int, b: int, e: int, scale_name: str, dtype: torch.dtype) -> dict:
    rng = np.random.default_rng(seed)
    # All rows near one direction, texts near their images: no softmax is saturated, even at a scale of 100.
    common = rng.normal(size=e)
    image_rows = np.round(common + rng.normal(0, 0.3, (b, e)), 3)
    text_rows = np.round(image_rows + rng.normal(0, 0.3, (b, e)), 3)
    image = torch.tensor(image_rows, dtype=dtype, requires_grad=True)
    text = torch.tensor(text_rows, dtype=dtype, requires_grad=True)
    scale = torch.tensor(LOGIT_SCALES[scale_name], dtype=dtype, requires_grad=True)
    image_unit, text_unit = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    image_unit.retain_grad()
    text_unit.retain_grad()
    loss = ClipLoss()(image_unit, text_unit, scale.exp())
    loss.backward()
    return {
        'seed': seed,
        'batch': b,
        'embed': e,
        'logit_scale_is': scale_name,
        'logit_scale': Array(scale),
        'image': Array(image),
        'text': Array(text),
        'image_unit': Array(image_unit),
        'text_unit': Array(text_unit),
        'loss': Array(loss),
        'grad_image_unit': Array(image_unit.grad),
        'grad_text_unit': Array(text_unit.grad),
        'grad_image': Array(image.grad),
        'grad_text': Array(text.grad),
        'grad_logit_scale': Array(scale.grad),
    }


def make() -> dict:
    cases = [
        _case(100 + 10 * i + j, b, e, name, dtype)
        for i, (b, e) in enumerate(SIZES)
        for j, name in enumerate(LOGIT_SCALES)
        for dtype in (torch.float64, torch.float32)
    ]
    return {'cases': cases}
