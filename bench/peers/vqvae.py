"""The size of the VQ-VAE benchmark, as in src/engine/bench/vqvae.ts."""

WIDTH, INNER, BLOCKS = 128, 32, 2
CODES, CODE_WIDTH = 512, 64
COMMITMENT = 0.25
