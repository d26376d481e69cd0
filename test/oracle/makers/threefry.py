"""Threefry-2x32 bits, keys and samples by JAX."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import threefry2x32_p, threefry_2x32

from golden_file import Array

PACKAGES = ['jax', 'jaxlib', 'numpy']
MADE_BY = {
    'blocks': 'jax.extend.random.threefry2x32_p.bind(key[0], key[1], x0, x1): the block function on pairs of counters',
    'counts': 'jax.extend.random.threefry_2x32(key, count): halves of the flat counter array (padded with one 0 if odd) are x0 and x1',
    'seeds': 'jax.random.key_data(jax.random.key(seed))',
    'fold_in': 'jax.random.key_data(jax.random.fold_in(key, data)): threefry_2x32(key, [0, data]); the same in both modes',
    'split': 'jax.random.key_data(jax.random.split(key, n)) with jax_threefry_partitionable as said',
    'bits': 'jax.random.bits(key, shape, uint32) with jax_threefry_partitionable as said. '
    'Partitionable (the default since jax 0.5): y0 ^ y1 of threefry(key, high, low) of the flat index; else threefry_2x32(key, iota(n))',
    'uniform': 'jax.random.uniform(key, shape, float32), partitionable: the top 23 bits as the mantissa of a number in [1, 2), minus 1',
    'normal': 'jax.random.normal(key, shape, float32), partitionable: sqrt(2) erfinv(uniform(nextafter(-1, 0), 1)); compare with a tolerance, erfinv differs between libraries',
    'permutation': 'jax.random.permutation(key, n), partitionable',
}
KEYS = [(0, 0), (0, 42), (0x13198A2E, 0x03707344), (0xFFFFFFFF, 0xFFFFFFFF), (0xDEADBEEF, 1)]
SHAPES = [(1,), (5,), (8,), (3, 4), (2, 3, 2), (1, 33)]
PAIRS = [(0, 0), (0xFFFFFFFF, 0xFFFFFFFF), (0x243F6A88, 0x85A308D3), (0, 1), (1, 0), (7, 0x80000000)]


def _key(words: tuple[int, int]) -> jax.Array:
    return jax.random.wrap_key_data(jnp.array(words, jnp.uint32), impl='threefry2x32')


def _u32(x) -> Array:
    return Array(np.asarray(x), 'uint32')


def _blocks(words: tuple[int, int]) -> dict:
    x0, x1 = (jnp.array(x, jnp.uint32) for x in zip(*PAIRS))
    y0, y1 = threefry2x32_p.bind(jnp.uint32(words[0]), jnp.uint32(words[1]), x0, x1)
    return {'key': _u32(words), 'x0': _u32(x0), 'x1': _u32(x1), 'y0': _u32(y0), 'y1': _u32(y1)}


def _counts(words: tuple[int, int], n: int) -> dict:
    count = jnp.arange(n, dtype=jnp.uint32) * jnp.uint32(0x9E3779B9)
    return {'key': _u32(words), 'count': _u32(count), 'out': _u32(threefry_2x32(jnp.array(words, jnp.uint32), count))}


def make() -> dict:
    bits, split = [], []
    for partitionable in (True, False):
        with jax.threefry_partitionable(partitionable):
            for words in KEYS:
                for shape in SHAPES:
                    out = jax.random.bits(_key(words), shape, jnp.uint32)
                    bits.append({'partitionable': partitionable, 'key': _u32(words), 'out': _u32(out)})
                for n in (2, 3, 5):
                    out = jax.random.key_data(jax.random.split(_key(words), n))
                    split.append({'partitionable': partitionable, 'key': _u32(words), 'n': n, 'out': _u32(out)})
    with jax.threefry_partitionable(True):
        uniform = [{'key': _u32(w), 'out': Array(jax.random.uniform(_key(w), s, jnp.float32))} for w in KEYS[:3] for s in SHAPES]
        normal = [{'key': _u32(w), 'out': Array(jax.random.normal(_key(w), (4, 5), jnp.float32))} for w in KEYS]
        permutation = [{'key': _u32(w), 'n': n, 'out': Array(np.asarray(jax.random.permutation(_key(w), n)), 'int32')} for w in KEYS[:3] for n in (7, 20)]
        fold_in = [
            {'key': _u32(w), 'data': d, 'out': _u32(jax.random.key_data(jax.random.fold_in(_key(w), d)))}
            for w in KEYS
            for d in (0, 1, 7, 123456789, 0xFFFFFFFF)
        ]
        seeds = [{'seed': s, 'key': _u32(jax.random.key_data(jax.random.key(s)))} for s in (0, 1, 7, 42, 2**31 - 1)]
    return {
        'blocks': [_blocks(w) for w in KEYS],
        'counts': [_counts(w, n) for w in KEYS[:3] for n in (1, 2, 7, 10)],
        'seeds': seeds,
        'fold_in': fold_in,
        'split': split,
        'bits': bits,
        'uniform': uniform,
        'normal': normal,
        'permutation': permutation,
    }
