"""What the JAX peers share, written as a JAX user would: plain functions over trees of weights."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import protocol as p

VERSIONS = {'jax': jax.__version__, 'jaxlib': jax.lib.__version__, 'numpy': np.__version__}


def sub(weights: p.Arrays, prefix: str) -> p.Arrays:
    return {name[len(prefix) + 1 :]: w for name, w in weights.items() if name.startswith(prefix + '/')}


def load_dense(weights: p.Arrays, kernel: str = 'weight', bias: str = 'bias') -> dict:
    return {'kernel': jnp.asarray(weights[kernel].T), 'bias': jnp.asarray(weights[bias])}


def load_norm(weights: p.Arrays) -> dict:
    return {'scale': jnp.asarray(weights['weight']), 'bias': jnp.asarray(weights['bias'])}


def load_block(weights: p.Arrays) -> dict:
    return {
        'ln_1': load_norm(sub(weights, 'ln_1')),
        'qkv': load_dense(sub(weights, 'attn'), 'in_proj_weight', 'in_proj_bias'),
        'out': load_dense(sub(weights, 'attn/out_proj')),
        'ln_2': load_norm(sub(weights, 'ln_2')),
        'fc': load_dense(sub(weights, 'mlp/c_fc')),
        'proj': load_dense(sub(weights, 'mlp/c_proj')),
    }


def load_blocks(weights: p.Arrays, depth: int) -> list[dict]:
    return [load_block(sub(weights, f'transformer/resblocks/{i}')) for i in range(depth)]


def load_vision(weights: p.Arrays, depth: int) -> dict:
    return {
        'patch': jnp.asarray(weights['conv1/weight'].transpose(2, 3, 1, 0)),
        'class': jnp.asarray(weights['class_embedding']),
        'position': jnp.asarray(weights['positional_embedding']),
        'ln_pre': load_norm(sub(weights, 'ln_pre')),
        'blocks': load_blocks(weights, depth),
        'ln_post': load_norm(sub(weights, 'ln_post')),
    }


def norm(x: jax.Array, w: dict) -> jax.Array:
    mean = jnp.mean(x, -1, keepdims=True)
    variance = jnp.var(x, -1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * w['scale'] + w['bias']


def dense(x: jax.Array, w: dict) -> jax.Array:
    return x @ w['kernel'] + w['bias']


def block(x: jax.Array, w: dict, heads: int, causal: bool) -> jax.Array:
    b, n, d = x.shape
    q, k, v = jnp.split(dense(norm(x, w['ln_1']), w['qkv']).reshape(b, n, 3 * heads, d // heads), 3, axis=2)
    attended = jax.nn.dot_product_attention(q, k, v, is_causal=causal)
    x = x + dense(attended.reshape(b, n, d), w['out'])
    hidden = jax.nn.gelu(dense(norm(x, w['ln_2']), w['fc']), approximate=False)
    return x + dense(hidden, w['proj'])


def vision(pixels: jax.Array, w: dict, heads: int, mean: np.ndarray, std: np.ndarray) -> jax.Array:
    """u8[B,H,W,3] -> f32[B,D], the class token after the last norm"""
    x = (pixels.astype(jnp.float32) / 255 - mean) / std
    patch, width = w['patch'].shape[0], w['patch'].shape[-1]
    x = jax.lax.conv_general_dilated(
        x, w['patch'], (patch, patch), 'VALID', dimension_numbers=('NHWC', 'HWIO', 'NHWC')
    ).reshape(x.shape[0], -1, width)
    x = jnp.concatenate([jnp.broadcast_to(w['class'], (x.shape[0], 1, width)), x], axis=1)
    x = norm(x + w['position'], w['ln_pre'])
    for layer in w['blocks']:
        x = block(x, layer, heads, causal=False)
    return norm(x[:, 0], w['ln_post'])


def count(weights: dict) -> int:
    return sum(x.size for x in jax.tree.leaves(weights))


def decayed(weights: dict) -> dict:
    """Which weights decay: those of two axes or more."""
    return jax.tree.map(lambda w: w.ndim >= 2, weights)


def adamw_step(loss_of: Callable, decays: dict) -> Callable:
    """`step(state, *inputs) -> state, loss` with AdamW for `loss_of(weights, *inputs)`."""

    def step(state: dict, *inputs: jax.Array) -> tuple[dict, jax.Array]:
        loss, grads = jax.value_and_grad(loss_of)(state['weights'], *inputs)
        t = state['t'] + 1
        m = jax.tree.map(lambda m, g: p.BETA1 * m + (1 - p.BETA1) * g, state['m'], grads)
        v = jax.tree.map(lambda v, g: p.BETA2 * v + (1 - p.BETA2) * g * g, state['v'], grads)
        correct1, correct2 = 1 - p.BETA1**t, 1 - p.BETA2**t

        def update(w: jax.Array, m: jax.Array, v: jax.Array, decays: bool) -> jax.Array:
            decay = p.DECAY if decays else 0.0
            adam = (m / correct1) / (jnp.sqrt(v / correct2) + p.EPSILON)
            return w - p.LEARNING_RATE * (adam + decay * w)

        weights = jax.tree.map(update, state['weights'], m, v, decays)
        return {'weights': weights, 'm': m, 'v': v, 't': t}, loss

    return step


def start(weights: dict) -> dict:
    zeros = lambda: jax.tree.map(jnp.zeros_like, weights)
    return {'weights': weights, 'm': zeros(), 'v': zeros(), 't': jnp.float32(0)}


def train(weights: dict, step: Callable, *names: str) -> Callable:
    """A call for `serve`: one jitted step with donated state, its inputs by name."""
    state = start(weights)
    jitted = jax.jit(step, donate_argnums=0)

    def call(**inputs: np.ndarray) -> float:
        nonlocal state
        state, loss = jax.block_until_ready(jitted(state, *(inputs[name] for name in names)))
        return float(loss)

    return call
