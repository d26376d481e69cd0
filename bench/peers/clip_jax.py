"""Benchmark peer: one CLIP training step in JAX, jitted, with donated state. See protocol.py.

Written as a JAX user would: plain functions over a tree of weights, fused query-key-value projection,
`jax.nn.dot_product_attention`, AdamW by `jax.tree.map`.
"""

import jax
import jax.numpy as jnp
import numpy as np
import protocol as p


def init_block(key: jax.Array, width: int, depth: int) -> dict:
    k = jax.random.split(key, 4)
    attn, proj, fc = width**-0.5, width**-0.5 * (2 * depth) ** -0.5, (2 * width) ** -0.5
    hidden = width * p.MLP_RATIO
    return {
        'ln_1': init_norm(width),
        'qkv': init_dense(k[0], width, 3 * width, attn),
        'out': init_dense(k[1], width, width, proj),
        'ln_2': init_norm(width),
        'fc': init_dense(k[2], width, hidden, fc),
        'proj': init_dense(k[3], hidden, width, proj),
    }


def init_dense(key: jax.Array, inputs: int, outputs: int, std: float) -> dict:
    return {'kernel': std * jax.random.normal(key, (inputs, outputs)), 'bias': jnp.zeros(outputs)}


def init_norm(width: int) -> dict:
    return {'scale': jnp.ones(width), 'bias': jnp.zeros(width)}


def init(key: jax.Array) -> dict:
    k = iter(jax.random.split(key, 32))
    vw, tw = p.VISION_WIDTH, p.TEXT_WIDTH
    normal = lambda shape, std: std * jax.random.normal(next(k), shape)
    return {
        'vision': {
            'patch': normal((p.PATCH, p.PATCH, 3, vw), (p.PATCH * p.PATCH * 3) ** -0.5),
            'class': normal((vw,), vw**-0.5),
            'position': normal((p.TOKENS, vw), vw**-0.5),
            'ln_pre': init_norm(vw),
            'blocks': [init_block(next(k), vw, p.VISION_DEPTH) for _ in range(p.VISION_DEPTH)],
            'ln_post': init_norm(vw),
            'projection': normal((vw, p.EMBED), vw**-0.5),
        },
        'text': {
            'token': normal((p.VOCABULARY, tw), 0.02),
            'position': normal((p.LENGTH, tw), 0.01),
            'blocks': [init_block(next(k), tw, p.TEXT_DEPTH) for _ in range(p.TEXT_DEPTH)],
            'ln_final': init_norm(tw),
            'projection': normal((tw, p.EMBED), tw**-0.5),
        },
        'logit_scale': jnp.float32(p.LOGIT_SCALE_INIT),
    }


def norm(x: jax.Array, w: dict) -> jax.Array:
    mean = jnp.mean(x, -1, keepdims=True)
    variance = jnp.var(x, -1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * w['scale'] + w['bias']


def dense(x: jax.Array, w: dict) -> jax.Array:
    return x @ w['kernel'] + w['bias']


def block(x: jax.Array, w: dict, causal: bool) -> jax.Array:
    b, n, d = x.shape
    q, k, v = jnp.split(dense(norm(x, w['ln_1']), w['qkv']).reshape(b, n, 3 * p.HEADS, d // p.HEADS), 3, axis=2)
    attended = jax.nn.dot_product_attention(q, k, v, is_causal=causal)
    x = x + dense(attended.reshape(b, n, d), w['out'])
    hidden = jax.nn.gelu(dense(norm(x, w['ln_2']), w['fc']), approximate=False)
    return x + dense(hidden, w['proj'])


def encode_image(images: jax.Array, w: dict) -> jax.Array:
    """u8[B,H,W,3] -> f32[B,E]"""
    x = (images.astype(jnp.float32) / 255 - p.MEAN) / p.STD
    x = jax.lax.conv_general_dilated(
        x, w['patch'], (p.PATCH, p.PATCH), 'VALID', dimension_numbers=('NHWC', 'HWIO', 'NHWC')
    ).reshape(x.shape[0], -1, p.VISION_WIDTH)
    x = jnp.concatenate([jnp.broadcast_to(w['class'], (x.shape[0], 1, p.VISION_WIDTH)), x], axis=1)
    x = norm(x + w['position'], w['ln_pre'])
    for layer in w['blocks']:
        x = block(x, layer, causal=False)
    return norm(x[:, 0], w['ln_post']) @ w['projection']


def encode_text(ids: jax.Array, w: dict) -> jax.Array:
    """s32[B,L] -> f32[B,E], pooled at the end-of-text token, the largest id of its row."""
    x = w['token'][ids] + w['position']
    for layer in w['blocks']:
        x = block(x, layer, causal=True)
    pooled = x[jnp.arange(x.shape[0]), ids.argmax(-1)]
    return norm(pooled, w['ln_final']) @ w['projection']


def unit(x: jax.Array) -> jax.Array:
    return x / jnp.linalg.norm(x, axis=-1, keepdims=True)


def loss_of(w: dict, images: jax.Array, ids: jax.Array) -> jax.Array:
    image, text = unit(encode_image(images, w['vision'])), unit(encode_text(ids, w['text']))
    logits = jnp.exp(w['logit_scale']) * image @ text.T
    rows, columns = jax.nn.log_softmax(logits, axis=1), jax.nn.log_softmax(logits, axis=0)
    return -(jnp.mean(jnp.diag(rows)) + jnp.mean(jnp.diag(columns))) / 2


def step(state: dict, images: jax.Array, ids: jax.Array) -> tuple[dict, jax.Array]:
    loss, grads = jax.value_and_grad(loss_of)(state['weights'], images, ids)
    t = state['t'] + 1
    m = jax.tree.map(lambda m, g: p.BETA1 * m + (1 - p.BETA1) * g, state['m'], grads)
    v = jax.tree.map(lambda v, g: p.BETA2 * v + (1 - p.BETA2) * g * g, state['v'], grads)
    correct1, correct2 = 1 - p.BETA1**t, 1 - p.BETA2**t

    def update(w: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
        decay = p.DECAY if w.ndim >= 2 else 0.0
        adam = (m / correct1) / (jnp.sqrt(v / correct2) + p.EPSILON)
        return w - p.LEARNING_RATE * (adam + decay * w)

    weights = jax.tree.map(update, state['weights'], m, v)
    weights['logit_scale'] = jnp.clip(weights['logit_scale'], 0, p.LOGIT_SCALE_MAX)
    return {'weights': weights, 'm': m, 'v': v, 't': t}, loss


def make() -> tuple[int, object]:
    weights = jax.jit(init)(jax.random.key(0))
    zeros = lambda: jax.tree.map(jnp.zeros_like, weights)
    state = {'weights': weights, 'm': zeros(), 'v': zeros(), 't': jnp.float32(0)}
    jitted = jax.jit(step, donate_argnums=0)

    def run(images: np.ndarray, ids: np.ndarray) -> float:
        nonlocal state
        state, loss = jax.block_until_ready(jitted(state, images, ids))
        return float(loss)

    return sum(x.size for x in jax.tree.leaves(weights)), run


if __name__ == '__main__':
    p.serve('jax', {'jax': jax.__version__, 'jaxlib': jax.lib.__version__, 'numpy': np.__version__}, make)
