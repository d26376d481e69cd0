"""Benchmark peer: greedy decoding with a key and value cache in JAX, one jitted scan. See protocol.py."""

import decode as c
import jax
import jax.numpy as jnp
import jax_layers as layers
import protocol as p

FREQUENCIES = c.BASE ** (-jnp.arange(c.HEAD // 2) * 2 / c.HEAD)


def load(given: p.Arrays) -> dict:
    kernel = lambda name: jnp.asarray(given[f'{name}/weight'].T)
    scale = lambda name: jnp.asarray(given[f'{name}/weight'])
    layer = lambda at: {
        'input_norm': scale(f'{at}/input_layernorm'),
        'q': kernel(f'{at}/self_attn/q_proj'),
        'k': kernel(f'{at}/self_attn/k_proj'),
        'v': kernel(f'{at}/self_attn/v_proj'),
        'o': kernel(f'{at}/self_attn/o_proj'),
        'mlp_norm': scale(f'{at}/post_attention_layernorm'),
        'gate': kernel(f'{at}/mlp/gate_proj'),
        'up': kernel(f'{at}/mlp/up_proj'),
        'down': kernel(f'{at}/mlp/down_proj'),
    }
    return {
        'embed': jnp.asarray(given['embed_tokens/weight']),
        'layers': [layer(f'layers/{i}') for i in range(c.DEPTH)],
        'norm': scale('norm'),
        'head': kernel('lm_head'),
    }


def norm(x: jax.Array, scale: jax.Array) -> jax.Array:
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + c.EPSILON) * scale


def rotate(x: jax.Array, at: jax.Array) -> jax.Array:
    """[heads, d] at one place"""
    cos, sin = jnp.cos(at * FREQUENCIES), jnp.sin(at * FREQUENCIES)
    first, second = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def attend(x: jax.Array, w: dict, cache: dict, at: jax.Array) -> tuple[jax.Array, dict]:
    """x [1, D]; the cache holds [tokens, heads, d]"""
    q, k, v = ((x @ w[name]).reshape(c.HEADS, c.HEAD) for name in ('q', 'k', 'v'))
    cache = {
        'k': jax.lax.dynamic_update_index_in_dim(cache['k'], rotate(k, at), at, 0),
        'v': jax.lax.dynamic_update_index_in_dim(cache['v'], v, at, 0),
    }
    seen = (jnp.arange(c.TOKENS) <= at)[None, None, None, :]
    mixed = jax.nn.dot_product_attention(rotate(q, at)[None, None], cache['k'][None], cache['v'][None], mask=seen)
    return mixed.reshape(1, c.WIDTH) @ w['o'], cache


def next_token(w: dict, token: jax.Array, at: jax.Array, caches: list[dict]) -> tuple[jax.Array, list[dict]]:
    x, kept = w['embed'][token][None], []
    for layer, cache in zip(w['layers'], caches):
        attended, cache = attend(norm(x, layer['input_norm']), layer, cache, at)
        kept.append(cache)
        x = x + attended
        h = norm(x, layer['mlp_norm'])
        x = x + (jax.nn.silu(h @ layer['gate']) * (h @ layer['up'])) @ layer['down']
    logits = norm(x, w['norm']) @ w['head']
    return jnp.argmax(logits[0]).astype(jnp.int32), kept


@jax.jit
def generate(w: dict) -> jax.Array:
    empty = lambda: jnp.zeros((c.TOKENS, c.HEADS, c.HEAD))
    caches = [{'k': empty(), 'v': empty()} for _ in range(c.DEPTH)]

    def body(carry: tuple, at: jax.Array) -> tuple:
        token, caches = next_token(w, carry[0], at, carry[1])
        return (token, caches), token

    return jax.lax.scan(body, (jnp.int32(c.BEGIN), caches), jnp.arange(c.TOKENS))[1]


def make(given: p.Arrays) -> tuple[int, object]:
    weights = load(given)
    return layers.count(weights), lambda: c.checksum(generate(weights).tolist())


if __name__ == '__main__':
    p.serve('jax', layers.VERSIONS, make)
