"""Benchmark peer: one CLIP training step in JAX, jitted, with donated state. See protocol.py and jax_layers.py."""

import clip as c
import jax
import jax.numpy as jnp
import jax_layers as layers
import protocol as p


def load(weights: p.Arrays) -> dict:
    text = layers.sub(weights, 'text')
    return {
        'vision': layers.load_vision(layers.sub(weights, 'vision'), c.VISION_DEPTH),
        'vision_projection': jnp.asarray(weights['image_projection/weight'].T),
        'text': {
            'token': jnp.asarray(text['token_embedding/weight']),
            'position': jnp.asarray(text['positional_embedding']),
            'blocks': layers.load_blocks(text, c.TEXT_DEPTH),
            'ln_final': layers.load_norm(layers.sub(text, 'ln_final')),
        },
        'text_projection': jnp.asarray(weights['text_projection/weight'].T),
        'logit_scale': jnp.asarray(weights['logits/logit_scale']),
    }


def encode_text(ids: jax.Array, eot: jax.Array, w: dict) -> jax.Array:
    """s32[B,L] -> f32[B,D], pooled at the end-of-text token"""
    x = w['token'][ids] + w['position']
    for layer in w['blocks']:
        x = layers.block(x, layer, c.HEADS, causal=True)
    return layers.norm(x[jnp.arange(x.shape[0]), eot], w['ln_final'])


def unit(x: jax.Array) -> jax.Array:
    return x / jnp.linalg.norm(x, axis=-1, keepdims=True)


def loss_of(w: dict, pixels: jax.Array, ids: jax.Array, eot: jax.Array) -> jax.Array:
    image = unit(layers.vision(pixels, w['vision'], c.HEADS, c.MEAN, c.STD) @ w['vision_projection'])
    text = unit(encode_text(ids, eot, w['text']) @ w['text_projection'])
    logits = jnp.exp(w['logit_scale']) * image @ text.T
    rows, columns = jax.nn.log_softmax(logits, axis=1), jax.nn.log_softmax(logits, axis=0)
    return -(jnp.mean(jnp.diag(rows)) + jnp.mean(jnp.diag(columns))) / 2


def step_of(weights: dict) -> object:
    inner = layers.adamw_step(loss_of, layers.decayed(weights))

    def step(state: dict, pixels: jax.Array, ids: jax.Array, eot: jax.Array) -> tuple[dict, jax.Array]:
        state, loss = inner(state, pixels, ids, eot)
        state['weights']['logit_scale'] = jnp.clip(state['weights']['logit_scale'], 0, c.LOGIT_SCALE_MAX)
        return state, loss

    return step


def make(given: p.Arrays) -> tuple[int, object]:
    weights = load(given)
    return layers.count(weights), layers.train(weights, step_of(weights), 'pixels', 'ids', 'eot')


if __name__ == '__main__':
    p.serve('jax', layers.VERSIONS, make)
