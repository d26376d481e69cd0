"""Benchmark peer: one training step of a convolutional VQ-VAE in JAX. See protocol.py and jax_layers.py."""

import jax
import jax.numpy as jnp
import jax_layers as layers
import protocol as p
import vqvae as c

LAYOUT = ('NHWC', 'HWIO', 'NHWC')


def load_conv(w: p.Arrays, name: str) -> dict:
    return {'kernel': jnp.asarray(w[f'{name}/weight'].transpose(2, 3, 1, 0)), 'bias': jnp.asarray(w[f'{name}/bias'])}


def load_transposed(w: p.Arrays, name: str) -> dict:
    """torch's [in, out, h, w] -> HWIO with the spatial axes turned round, as lax.conv_transpose reads it."""
    kernel = w[f'{name}/weight'].transpose(2, 3, 0, 1)[::-1, ::-1]
    return {'kernel': jnp.asarray(kernel), 'bias': jnp.asarray(w[f'{name}/bias'])}


def load_stack(w: p.Arrays) -> list[dict]:
    return [{name: load_conv(w, f'{i}/{name}') for name in ('conv1', 'conv2')} for i in range(c.BLOCKS)]


def load(given: p.Arrays) -> dict:
    encoder, decoder = layers.sub(given, 'encoder'), layers.sub(given, 'decoder')
    return {
        'encoder': {name: load_conv(encoder, name) for name in ('conv1', 'conv2', 'conv3', 'conv4')}
        | {'blocks': load_stack(layers.sub(encoder, 'blocks'))},
        'codebook': jnp.asarray(given['quantiser/embedding/weight']),
        'decoder': {
            'conv1': load_conv(decoder, 'conv1'),
            'blocks': load_stack(layers.sub(decoder, 'blocks')),
            'conv2': load_transposed(decoder, 'conv2'),
            'conv3': load_transposed(decoder, 'conv3'),
        },
    }


def conv(x: jax.Array, w: dict, stride: int = 1) -> jax.Array:
    y = jax.lax.conv_general_dilated(x, w['kernel'], (stride, stride), 'SAME', dimension_numbers=LAYOUT)
    return y + w['bias']


def conv_transpose(x: jax.Array, w: dict) -> jax.Array:
    return jax.lax.conv_transpose(x, w['kernel'], (2, 2), 'SAME', dimension_numbers=LAYOUT) + w['bias']


def residual_stack(x: jax.Array, blocks: list[dict]) -> jax.Array:
    for w in blocks:
        x = x + conv(jax.nn.relu(conv(jax.nn.relu(x), w['conv1'])), w['conv2'])
    return jax.nn.relu(x)


def encode(x: jax.Array, w: dict) -> jax.Array:
    x = jax.nn.relu(conv(x, w['conv1'], 2))
    x = jax.nn.relu(conv(x, w['conv2'], 2))
    return conv(residual_stack(conv(x, w['conv3']), w['blocks']), w['conv4'])


def decode(z: jax.Array, w: dict) -> jax.Array:
    x = residual_stack(conv(z, w['conv1']), w['blocks'])
    return conv_transpose(jax.nn.relu(conv_transpose(x, w['conv2'])), w['conv3'])


def quantise(z: jax.Array, codebook: jax.Array) -> tuple[jax.Array, jax.Array]:
    flat = z.reshape(-1, z.shape[-1])
    distances = jnp.sum(flat**2, 1, keepdims=True) - 2 * flat @ codebook.T + jnp.sum(codebook**2, 1)
    codes = codebook[jnp.argmin(distances, 1)].reshape(z.shape)
    stop = jax.lax.stop_gradient
    loss = jnp.mean((stop(z) - codes) ** 2) + c.COMMITMENT * jnp.mean((z - stop(codes)) ** 2)
    return z + stop(codes - z), loss


def loss_of(w: dict, pixels: jax.Array) -> jax.Array:
    image = pixels.astype(jnp.float32) / 255 - 0.5
    codes, loss = quantise(encode(image, w['encoder']), w['codebook'])
    return jnp.mean((decode(codes, w['decoder']) - image) ** 2) + loss


def make(given: p.Arrays) -> tuple[int, object]:
    weights = load(given)
    decays = layers.decayed(weights) | {'codebook': False}
    return layers.count(weights), layers.train(weights, layers.adamw_step(loss_of, decays), 'pixels')


if __name__ == '__main__':
    p.serve('jax', layers.VERSIONS, make)
