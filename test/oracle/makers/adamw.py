"""AdamW trajectories by `torch.optim.AdamW`, and open_clip's warm-up and cosine schedule."""

import numpy as np
import torch
from open_clip_train.scheduler import cosine_lr

from golden_file import Array, small

PACKAGES = ['torch', 'open_clip_torch', 'numpy']
MADE_BY = {
    'parameters, exp_avg, exp_avg_sq': 'torch.optim.AdamW(foreach=False, fused=False), from the gradients in the file',
    'gradients': 'torch autograd of sum(curvature/2 * (x - target)^2 + sin(3 x)) at the parameters before each step',
    'schedule': 'open_clip_train.scheduler.cosine_lr; entry i is the rate used in step i + 1',
}
STEPS, WARMUP, BASE_LR = 50, 10, 1e-2
BETAS, EPS, DECAY = (0.9, 0.98), 1e-6, 0.2
KEPT = (1, 2, 3, 10, 50)
SHAPES = {'matrix': (2, 3), 'vector': (3,)}


def schedule() -> list[float]:
    class Group:
        param_groups = [{}]

    rate = cosine_lr(Group, BASE_LR, WARMUP, STEPS)
    return [rate(step) for step in range(STEPS)]


def _case(decay: float, scheduled: bool, dtype: torch.dtype) -> dict:
    rng = np.random.default_rng(200)
    start = {k: small(rng, s) for k, s in SHAPES.items()}
    target = {k: torch.tensor(small(rng, s, 2.0), dtype=dtype) for k, s in SHAPES.items()}
    curvature = {k: torch.tensor(np.abs(small(rng, s)) + 0.1, dtype=dtype) for k, s in SHAPES.items()}
    x = {k: torch.tensor(v, dtype=dtype, requires_grad=True) for k, v in start.items()}
    optimizer = torch.optim.AdamW(
        [{'params': [x['matrix']], 'weight_decay': decay}, {'params': [x['vector']], 'weight_decay': 0.0}],
        lr=BASE_LR, betas=BETAS, eps=EPS, foreach=False, fused=False,
    )
    rates = schedule() if scheduled else [BASE_LR] * STEPS
    gradients = {k: [] for k in x}
    kept = {}
    for step, rate in enumerate(rates, 1):
        for group in optimizer.param_groups:
            group['lr'] = rate
        optimizer.zero_grad()
        sum((curvature[k] / 2 * (x[k] - target[k]) ** 2 + torch.sin(3 * x[k])).sum() for k in x).backward()
        for k in x:
            gradients[k].append(x[k].grad.clone())
        optimizer.step()
        if step in KEPT:
            kept[str(step)] = {k: Array(v.detach().clone()) for k, v in x.items()}
    return {
        'dtype': 'f64' if dtype == torch.float64 else 'f32',
        'weight_decay': {'matrix': decay, 'vector': 0.0},
        'learning_rate': 'schedule' if scheduled else BASE_LR,
        'start': {k: Array(torch.tensor(v, dtype=dtype)) for k, v in start.items()},
        'gradients': {k: Array(torch.stack(v)) for k, v in gradients.items()},
        'parameters_after_step': kept,
        'exp_avg_after_step_50': {k: Array(optimizer.state[v]['exp_avg']) for k, v in x.items()},
        'exp_avg_sq_after_step_50': {k: Array(optimizer.state[v]['exp_avg_sq']) for k, v in x.items()},
    }


def make() -> dict:
    return {
        'betas': list(BETAS),
        'eps': EPS,
        'schedule': {'base_lr': BASE_LR, 'warmup': WARMUP, 'steps': STEPS, 'learning_rate': Array(schedule(), 'float64')},
        'cases': [
            _case(decay, scheduled, dtype)
            for decay, scheduled in ((0.0, False), (DECAY, False), (DECAY, True))
            for dtype in (torch.float64, torch.float32)
        ],
    }
