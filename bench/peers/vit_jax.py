"""Benchmark peer: forward pass or training step of a ViT in JAX. See protocol.py and jax_layers.py.

Usage: vit_jax.py forward | step FILE
"""

import sys

import jax
import jax.numpy as jnp
import jax_layers as layers
import numpy as np
import protocol as p
import vit as c


def logits_of(w: dict, pixels: jax.Array) -> jax.Array:
    return layers.dense(layers.vision(pixels, w['vit'], c.HEADS, c.MEAN, c.STD), w['head'])


def loss_of(w: dict, pixels: jax.Array, labels: jax.Array) -> jax.Array:
    rows = jax.nn.log_softmax(logits_of(w, pixels))
    return -jnp.mean(rows[jnp.arange(rows.shape[0]), labels])


def forward(weights: dict) -> object:
    @jax.jit
    def run(w: dict, pixels: jax.Array) -> tuple[jax.Array, jax.Array]:
        logits = logits_of(w, pixels)
        return logits, jnp.sqrt(jnp.mean(logits**2))

    def call(pixels: np.ndarray) -> float:
        _, spread = jax.block_until_ready(run(weights, pixels))
        return float(spread)

    return call


def make(given: p.Arrays, mode: str) -> tuple[int, object]:
    weights = {
        'vit': layers.load_vision(layers.sub(given, 'vit'), c.DEPTH),
        'head': layers.load_dense(layers.sub(given, 'head')),
    }
    if mode == 'forward':
        return layers.count(weights), forward(weights)
    step = layers.adamw_step(loss_of, layers.decayed(weights))
    return layers.count(weights), layers.train(weights, step, 'pixels', 'labels')


if __name__ == '__main__':
    if sys.argv[1:-1] not in (['forward'], ['step']):
        sys.exit('usage: vit_jax.py forward | step FILE')
    p.serve('jax', layers.VERSIONS, lambda weights: make(weights, sys.argv[1]))
