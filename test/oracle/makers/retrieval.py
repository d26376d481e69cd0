"""Retrieval: recall@k both ways and median rank."""

import numpy as np
import torch
from open_clip_train.train import get_clip_metrics

from golden_file import Array, small

PACKAGES = ['open_clip_torch', 'torch', 'numpy']
MADE_BY = {
    'square': 'open_clip_train.train.get_clip_metrics; text i belongs to image i. Its median rank is floor(median of the 0-based ranks) + 1.',
    'several_captions': 'plain numpy in test/oracle/makers/retrieval.py: an image counts as found by its best-ranked caption, '
    'a caption by the rank of its one image; recall@k is the share of 0-based ranks below k; median rank as above',
}
KS = (1, 5, 10)


def _square(seed: int, n: int, e: int, noise: float) -> dict:
    rng = np.random.default_rng(seed)
    image = small(rng, (n, e))
    text = np.round(image + rng.normal(0, noise, (n, e)), 3)
    unit = lambda x: torch.nn.functional.normalize(torch.tensor(x), dim=-1)
    metrics = get_clip_metrics(unit(image), unit(text), torch.tensor(100.0, dtype=torch.float64))
    return {
        'image_embeddings': Array(image),
        'text_embeddings': Array(text),
        'similarity': Array(unit(image) @ unit(text).T),
        'metrics': {k: float(v) for k, v in metrics.items()},
    }


def _summary(name: str, ranks: np.ndarray) -> dict:
    return {
        f'{name}_mean_rank': float(ranks.mean() + 1),
        f'{name}_median_rank': float(np.floor(np.median(ranks)) + 1),
        **{f'{name}_R@{k}': float((ranks < k).mean()) for k in KS},
    }


def _several(seed: int, captions: list[int]) -> dict:
    rng = np.random.default_rng(seed)
    image_of = np.repeat(np.arange(len(captions)), captions).astype(np.int32)
    similarity = small(rng, (len(captions), len(image_of)))
    similarity[image_of, np.arange(len(image_of))] += 1.0
    similarity = np.round(similarity + np.arange(similarity.size).reshape(similarity.shape) * 1e-7, 7)  # no ties
    # rank of column j in row i: how many columns are strictly better
    image_ranks = np.array([
        min((similarity[i] > similarity[i, j]).sum() for j in np.flatnonzero(image_of == i)) for i in range(len(captions))
    ])
    text_ranks = np.array([(similarity[:, j] > similarity[i, j]).sum() for j, i in enumerate(image_of)])
    return {
        'similarity': Array(similarity),
        'image_of_text': Array(image_of),
        'image_to_text_ranks': Array(image_ranks.astype(np.int32)),
        'text_to_image_ranks': Array(text_ranks.astype(np.int32)),
        'metrics': _summary('image_to_text', image_ranks) | _summary('text_to_image', text_ranks),
    }


def make() -> dict:
    return {
        'square': [_square(500, 12, 6, 1.0), _square(501, 25, 8, 1.5)],
        'several_captions': [_several(502, [5] * 8), _several(503, [1, 3, 2, 5, 1, 4, 2, 1, 1, 3, 2, 2])],
    }
