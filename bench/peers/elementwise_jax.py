"""Benchmark peer: a chain of elementwise operations in JAX. See protocol.py.

Usage: elementwise_jax.py ELEMENTS FILE
"""

import sys

import jax
import jax.numpy as jnp
import jax_layers as layers
import protocol as p
from elementwise import ramp


@jax.jit
def chain(x: jax.Array) -> jax.Array:
    return jnp.tanh(1.5 * x + 0.5) * jax.nn.sigmoid(x) + jnp.sqrt(x * x + 1) * jnp.exp(-jnp.abs(x))


def make(_: p.Arrays) -> tuple[int, object]:
    x = jnp.asarray(ramp(int(sys.argv[1])))

    def call() -> float:
        return float(jax.block_until_ready(chain(x))[0])

    return 0, call


if __name__ == '__main__':
    p.serve('jax', layers.VERSIONS, make)
