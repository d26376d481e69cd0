"""Trajectories of SGD by torch.optim and of Lion by optax, and learning rates of optax's schedules."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

from golden_file import Array, small

STEPS = 50
RATE = 1e-2
KEPT = (1, 2, 10, 50)
SHAPE = (2, 2)

SGD_PACKAGES = ['torch', 'numpy']
SGD_MADE_BY = {'parameters, momentum_buffer': 'torch.optim.SGD(foreach=False, fused=False) in f64, from the gradients in the file'}
LION_PACKAGES = ['optax', 'jax', 'numpy']
LION_MADE_BY = {'parameters, exp_avg': 'optax.lion in f64, from the gradients in the file'}
SCHEDULE_PACKAGES = ['optax', 'jax', 'torch', 'numpy']
SCHEDULE_MADE_BY = {
    'linear, cosine, constant, warmup_stable_decay': 'optax.join_schedules of linear_schedule for the warm-up and linear_schedule, '
    'cosine_decay_schedule or constant_schedule after it, in f64',
    'inverse_sqrt': 'torch.optim.lr_scheduler.LambdaLR of min(n^-1/2, n W^-3/2) W^1/2 (Vaswani et al. 2017, Eq. 3), n the step from 1',
}


def _given(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return small(rng, SHAPE), small(rng, (STEPS, *SHAPE))


def _sgd_case(momentum: float, nesterov: bool, decay: float) -> dict:
    start, gradients = _given(210)
    x = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=RATE, momentum=momentum, nesterov=nesterov, weight_decay=decay, foreach=False, fused=False)
    kept = {}
    for step, gradient in enumerate(gradients, 1):
        x.grad = torch.tensor(gradient)
        optimizer.step()
        if step in KEPT:
            kept[str(step)] = Array(x.detach().clone())
    made = {'momentum': momentum, 'nesterov': nesterov, 'weight_decay': decay, 'parameters_after_step': kept}
    return made | ({'momentum_buffer_after_step_50': Array(optimizer.state[x]['momentum_buffer'])} if momentum else {})


def make_sgd() -> dict:
    start, gradients = _given(210)
    return {
        'learning_rate': RATE,
        'start': Array(start),
        'gradients': Array(gradients),
        'cases': [_sgd_case(*c) for c in ((0.0, False, 0.0), (0.0, False, 0.1), (0.9, False, 0.0), (0.9, False, 0.1), (0.9, True, 0.1))],
    }


def _lion_case(beta1: float, beta2: float, decay: float) -> dict:
    start, gradients = _given(211)
    x = jnp.asarray(start)
    optimizer = optax.lion(RATE, b1=beta1, b2=beta2, weight_decay=decay)
    state = optimizer.init(x)
    kept = {}
    for step, gradient in enumerate(gradients, 1):
        updates, state = optimizer.update(jnp.asarray(gradient), state, x)
        x = optax.apply_updates(x, updates)
        if step in KEPT:
            kept[str(step)] = Array(x)
    return {
        'beta1': beta1,
        'beta2': beta2,
        'weight_decay': decay,
        'parameters_after_step': kept,
        'exp_avg_after_step_50': Array(state[0].mu),
    }


@jax.enable_x64(True)
def make_lion() -> dict:
    start, gradients = _given(211)
    return {
        'learning_rate': RATE,
        'start': Array(start),
        'gradients': Array(gradients),
        'cases': [_lion_case(*c) for c in ((0.9, 0.99, 0.0), (0.9, 0.99, 1.0), (0.95, 0.98, 0.5))],
    }


def _after(kind: str, base: float, final: float, rest: int, decay: int):
    if kind == 'constant':
        return optax.constant_schedule(base)
    if kind == 'linear':
        return optax.linear_schedule(base, final, rest)
    if kind == 'cosine':
        return optax.cosine_decay_schedule(base, rest, alpha=final / base)
    return optax.join_schedules([optax.constant_schedule(base), optax.linear_schedule(base, final, decay)], [rest - decay])


def _inverse_sqrt(base: float, warmup: int, steps: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: min((t + 1) ** -0.5, (t + 1) * warmup**-1.5) * warmup**0.5)
    rates = []
    for _ in range(steps):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return rates


def _schedule(kind: str, base: float, warmup: int, total: int, final: float, decay: int = 0) -> dict:
    count = total + 5
    if kind == 'inverse_sqrt':
        rates = _inverse_sqrt(base, warmup, count)
    else:
        # The warm-up's first rate is base / W, its last base: one step less than W apart.
        warm = optax.linear_schedule(base / warmup, base, warmup - 1)
        rate = optax.join_schedules([warm, _after(kind, base, final, total - warmup, decay)], [warmup])
        rates = [float(rate(jnp.asarray(t, jnp.float64))) for t in range(count)]
    settings = {'kind': kind, 'base': base, 'warmupSteps': warmup, 'totalSteps': total, 'final': final}
    return {**settings, **({'decaySteps': decay} if decay else {}), 'learning_rate': Array(np.array(rates))}


@jax.enable_x64(True)
def make_schedules() -> dict:
    return {
        'schedules': [
            _schedule('constant', 5e-4, 7, 20, 0.0),
            _schedule('linear', 2e-3, 5, 40, 1e-5),
            _schedule('cosine', 1e-3, 10, 50, 1e-4),
            _schedule('inverse_sqrt', 1e-3, 10, 50, 0.0),
            _schedule('warmup_stable_decay', 1e-3, 10, 50, 1e-4, 15),
        ]
    }
