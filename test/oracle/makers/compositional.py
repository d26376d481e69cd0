"""Scores of benchmarks of compositional understanding, by the lines of their own evaluation code, over recorded similarities."""

import numpy as np

from golden_file import Array

PACKAGES = ['numpy']
MADE_BY = {
    'forced_choice.strict': "SugarCrepe's main_eval.py, text_retrieval: 1 if pos_score > neg_score else 0; mean by subset",
    'forced_choice.false_first': "ARO's VG_Relation and VG_Attribution, evaluate_scores: argmax over [false, true] == 1",
    'forced_choice.true_first': "ARO's COCO_Order and Flickr30k_Order, evaluate_scores: argmax over [true, false, ...] == 0",
    'quads': "Winoground's example notebook, text_correct, image_correct and group_correct; mean over items",
}


def _sugar_crepe(right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    return np.array([1 if pos_score > neg_score else 0 for pos_score, neg_score in zip(right, wrong)])


def _aro_false_first(right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    scores = np.stack([wrong, right], axis=-1)
    return (np.argmax(scores, axis=-1) == 1).astype(int)


def _aro_true_first(right: np.ndarray, wrongs: np.ndarray) -> np.ndarray:
    scores = np.concatenate([right[:, None], wrongs], axis=-1)
    return (np.argmax(scores, axis=-1) == 0).astype(int)


def _by_kind(correct: np.ndarray, kinds: np.ndarray, names: list[str]) -> dict:
    return {'all': float(np.mean(correct)), **{n: float(np.mean(correct[kinds == k])) for k, n in enumerate(names)}}


def _forced_choice(seed: int, negatives: int, constant: bool, remark: str) -> dict:
    rng = np.random.default_rng(seed)
    n, names = 40, ['replace_att', 'swap_obj', 'add_obj']
    kinds = np.concatenate([np.arange(3), rng.integers(0, 3, n - 3)]).astype(np.int32)
    # Two decimals, so that some scores are exactly equal.
    right = np.round(rng.normal(0.3, 0.1, n), 1 if seed % 2 else 2)
    wrongs = np.round(rng.normal(0.2, 0.1, (n, negatives)), 1 if seed % 2 else 2)
    if constant:
        right[:], wrongs[:] = 0.25, 0.25
    rules = {'true_first': _by_kind(_aro_true_first(right, wrongs), kinds, names)}
    if negatives == 1:
        rules['strict'] = _by_kind(_sugar_crepe(right, wrongs[:, 0]), kinds, names)
        rules['false_first'] = _by_kind(_aro_false_first(right, wrongs[:, 0]), kinds, names)
    return {
        'remark': remark,
        'names': names,
        'kinds': Array(kinds),
        'right': Array(right),
        'wrong': Array(wrongs),
        'rules': rules,
    }


def _text_correct(r: dict) -> bool:
    return r['c0_i0'] > r['c1_i0'] and r['c1_i1'] > r['c0_i1']


def _image_correct(r: dict) -> bool:
    return r['c0_i0'] > r['c0_i1'] and r['c1_i1'] > r['c1_i0']


def _group_correct(r: dict) -> bool:
    return _image_correct(r) and _text_correct(r)


def _quads(seed: int, constant: bool, remark: str) -> dict:
    rng = np.random.default_rng(seed)
    n = 40
    scores = np.round(rng.normal(0.2, 0.1, (n, 2, 2)) + 0.1 * np.eye(2), 2)  # [item, caption, image]
    if constant:
        scores[:] = 0.25
    rows = [{f'c{c}_i{i}': float(s[c, i]) for c in range(2) for i in range(2)} for s in scores]
    return {
        'remark': remark,
        'scores': Array(scores),
        'text': sum(map(_text_correct, rows)) / n,
        'image': sum(map(_image_correct, rows)) / n,
        'group': sum(map(_group_correct, rows)) / n,
    }


def make() -> dict:
    return {
        'forced_choice': [
            _forced_choice(500, 1, False, 'one false text, few ties'),
            _forced_choice(501, 1, False, 'one false text, many ties'),
            _forced_choice(503, 4, False, 'four false texts, many ties'),
            _forced_choice(504, 1, True, 'a constant scorer'),
        ],
        'quads': [
            _quads(510, False, 'a scorer that is better than chance'),
            _quads(511, True, 'a constant scorer'),
        ],
    }
