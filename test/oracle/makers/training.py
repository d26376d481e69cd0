"""Small training graphs, step by step: what a step does to weights and state beside plain gradient descent."""

import numpy as np
import torch
from torch.nn import functional as F

from golden_file import Array, small

PACKAGES = ['torch', 'numpy']
MADE_BY = {
    'gan': 'two torch.optim.SGD with momentum, binary_cross_entropy_with_logits; the generator steps every second time',
    'batch_norm': 'one torch.nn.Linear and one torch.nn.BatchNorm1d called on two views, torch.optim.SGD; all in f64',
    'codebook': "van den Oord et al. 2017, appendix A.1, after each step of torch.optim.SGD; the loss as taming-transformers' EMAVectorQuantizer",
    'momentum_encoder': 'He et al. 2020, Algorithm 1: the key encoder moves after each step of torch.optim.SGD',
    'adaptive_weight': "calculate_adaptive_weight of taming-transformers' VQLPIPSWithDiscriminator, torch.autograd.grad",
    'frozen_reference': 'two torch.nn.Linear, one without gradient, torch.optim.SGD',
}

ROWS, SIDE, STEPS = 2, 4, 4
RATE, MOMENTUM = 0.1, 0.9


def _batches(rng) -> list[dict]:
    shape = (ROWS, SIDE, SIDE, 3)
    return [{name: rng.integers(0, 256, shape).astype('uint8') for name in ('image', 'other')} for _ in range(STEPS)]


def _vectors(batch: dict, name: str) -> torch.Tensor:
    """Every pixel is a vector of three numbers in 0-1."""
    return torch.tensor(batch[name], dtype=torch.float64).reshape(-1, 3) / 255


def _weight(rng, *shape) -> torch.Tensor:
    return torch.tensor(small(rng, shape, 0.5), dtype=torch.float64, requires_grad=True)


def _arrays(named: dict) -> dict:
    """Copies: an optimizer changes its weights in place."""
    return {name: Array(np.array(value.detach() if hasattr(value, 'detach') else value)) for name, value in named.items()}


def _case(batches: list[dict], start: dict, steps: list[dict]) -> dict:
    return {
        'batches': [_arrays(b) for b in batches],
        'start': start,
        'steps': steps,
    }


def _logistic(x: torch.Tensor, target: float) -> torch.Tensor:
    return F.binary_cross_entropy_with_logits(x, torch.full_like(x, target))


def _gan(in_sequence: bool) -> dict:
    rng = np.random.default_rng(500)
    batches = _batches(rng)
    generator, judge, bias = _weight(rng, 3, 3), _weight(rng, 1, 3), _weight(rng, 1)
    named = {'generator/weight': generator, 'judge/weight': judge, 'judge/bias': bias}
    start = _arrays(named)
    judging = torch.optim.SGD([judge, bias], RATE, MOMENTUM)
    making = torch.optim.SGD([generator], RATE, MOMENTUM)
    steps = []
    for t, batch in enumerate(batches):
        real, noise = _vectors(batch, 'image'), _vectors(batch, 'other')

        def losses():
            made = noise @ generator.T
            says = lambda x: x @ judge.T + bias
            return _logistic(says(real), 1) + 0.5 * _logistic(says(made), 0), _logistic(says(made), 1)

        loss, making_loss = losses()
        judge_grads = torch.autograd.grad(loss, [judge, bias], retain_graph=True)
        if not in_sequence:
            generator_grads = torch.autograd.grad(making_loss, [generator])
        for p, g in zip([judge, bias], judge_grads, strict=True):
            p.grad = g
        judging.step()
        if t % 2 == 0:
            if in_sequence:
                _, making_loss = losses()
                generator_grads = torch.autograd.grad(making_loss, [generator])
            generator.grad = generator_grads[0]
            making.step()
        steps.append({'losses': [loss.item(), making_loss.item()], 'after': _arrays(named)})
    return _case(batches, start, steps)


def _batch_norm() -> dict:
    rng = np.random.default_rng(501)
    batches = _batches(rng)
    encoder, gain, bias = _weight(rng, 4, 3), _weight(rng, 4), _weight(rng, 4)
    norm = torch.nn.BatchNorm1d(4, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.copy_(gain)
        norm.bias.copy_(bias)
        norm.running_mean.copy_(torch.tensor(small(rng, (4,))))
    named = {
        'encoder/weight': encoder,
        'norm/weight': norm.weight,
        'norm/bias': norm.bias,
        'norm/running_mean': norm.running_mean,
        'norm/running_var': norm.running_var,
    }
    start = _arrays(named)
    optimizer = torch.optim.SGD([encoder, *norm.parameters()], RATE, MOMENTUM)
    steps = []
    for batch in batches:
        first, second = (norm(_vectors(batch, name) @ encoder.T) for name in ('image', 'other'))
        loss = F.mse_loss(first, second)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps.append({'losses': [loss.item()], 'after': _arrays(named)})
    norm.eval()
    with torch.no_grad():
        evaluated = norm(_vectors(batches[0], 'image') @ encoder.T)
    return {**_case(batches, start, steps), 'evaluated': Array(evaluated)}


def _codebook() -> dict:
    rng = np.random.default_rng(502)
    batches = _batches(rng)
    size, width, decay, eps, beta = 4, 2, 0.7, 1e-5, 0.25
    encoder, decoder = _weight(rng, width, 3), _weight(rng, 3, width)
    codes = _weight(rng, size, width).detach()
    counts, sums = torch.ones(size, dtype=torch.float64), codes.clone()
    optimizer = torch.optim.SGD([encoder, decoder], RATE, MOMENTUM)

    def named():
        return _arrays({
            'encoder/weight': encoder,
            'decoder/weight': decoder,
            'quantiser/embedding/weight': codes,
            'quantiser/embedding/cluster_size': counts,
            'quantiser/embedding/embed_avg': sums,
        })

    start = named()
    steps = []
    for batch in batches:
        x = _vectors(batch, 'image')
        z = x @ encoder.T
        given = torch.cdist(z.detach(), codes).argmin(1)
        picked = codes[given]
        loss = F.mse_loss((z + (picked - z).detach()) @ decoder.T, x) + beta * F.mse_loss(z, picked)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hot = F.one_hot(given, size).double()
        counts = decay * counts + (1 - decay) * hot.sum(0)
        sums = decay * sums + (1 - decay) * hot.T @ z.detach()
        total = counts.sum()
        codes = sums / ((counts + eps) / (total + size * eps) * total)[:, None]
        steps.append({'losses': [loss.item()], 'after': named()})
    return {'decay': decay, 'beta': beta, **_case(batches, start, steps)}


def _momentum_encoder() -> dict:
    rng = np.random.default_rng(503)
    batches = _batches(rng)
    decay = 0.8
    query = _weight(rng, 2, 3)
    key = query.detach().clone()
    named = {'query/weight': query, 'key/weight': key}
    start = _arrays({'query/weight': query})
    optimizer = torch.optim.SGD([query], RATE, MOMENTUM)
    steps = []
    for batch in batches:
        loss = F.mse_loss(_vectors(batch, 'image') @ query.T, _vectors(batch, 'other') @ key.T)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            key.mul_(decay).add_(query, alpha=1 - decay)
        steps.append({'losses': [loss.item()], 'after': _arrays(named)})
    return {'decay': decay, **_case(batches, start, steps)}


def _adaptive_weight() -> dict:
    rng = np.random.default_rng(504)
    batches = _batches(rng)
    decoder, judge = _weight(rng, 3, 3), _weight(rng, 1, 3)
    named = {'decoder/weight': decoder}
    start = _arrays({**named, 'judge/weight': judge})
    optimizer = torch.optim.SGD([decoder], RATE, MOMENTUM)
    steps = []
    for batch in batches:
        made = _vectors(batch, 'image') @ decoder.T
        main, other = F.mse_loss(made, _vectors(batch, 'other')), _logistic(made @ judge.T, 1)
        norms = [torch.autograd.grad(x, decoder, retain_graph=True)[0].norm() for x in (main, other)]
        factor = torch.clamp(norms[0] / (norms[1] + 1e-4), 0, 1e4).detach()
        loss = main + factor * other
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps.append({'losses': [loss.item()], 'after': _arrays(named)})
    return _case(batches, start, steps)


def _frozen_reference() -> dict:
    rng = np.random.default_rng(505)
    batches = _batches(rng)
    live, frozen = _weight(rng, 2, 3), _weight(rng, 2, 3).detach()
    named = {'encoder/weight': live}
    start = _arrays(named)
    optimizer = torch.optim.SGD([live], RATE, MOMENTUM)
    steps = []
    for batch in batches:
        x = _vectors(batch, 'image')
        loss = F.mse_loss(x @ live.T, x @ frozen.T)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps.append({'losses': [loss.item()], 'after': _arrays(named)})
    return {'frozen': Array(frozen), **_case(batches, start, steps)}


def make() -> dict:
    return {
        'rate': RATE,
        'momentum': MOMENTUM,
        'gan': {'together': _gan(False), 'in_sequence': _gan(True)},
        'batch_norm': _batch_norm(),
        'codebook': _codebook(),
        'momentum_encoder': _momentum_encoder(),
        'adaptive_weight': _adaptive_weight(),
        'frozen_reference': _frozen_reference(),
    }
