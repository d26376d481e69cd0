"""Benchmark peer: compiling the CLIP training step in JAX, without a cache. See protocol.py and clip_jax.py."""

import clip_jax
import jax
import jax_layers as layers
import protocol as p


def make(given: p.Arrays) -> tuple[int, object]:
    weights = clip_jax.load(given)
    state = layers.start(weights)
    step = clip_jax.step_of(weights)

    def call(**inputs) -> float:
        jax.clear_caches()
        fields = (inputs[name] for name in ('pixels', 'ids', 'eot'))
        compiled = jax.jit(step, donate_argnums=0).lower(state, *fields).compile()
        return float(len(compiled.in_tree.children()))

    return layers.count(weights), call


if __name__ == '__main__':
    p.serve('jax', layers.VERSIONS, make)
