"""The size of the decoding benchmark, as in src/engine/bench/decode.ts."""

TOKENS, BEGIN = 256, 1
VOCABULARY, WIDTH, DEPTH, HEADS, HIDDEN = 8192, 512, 6, 8, 1536
HEAD = WIDTH // HEADS
EPSILON, BASE = 1e-6, 10_000.0


def checksum(tokens: list[int]) -> float:
    return float(sum(token * (i + 1) for i, token in enumerate(tokens)))
