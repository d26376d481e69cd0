"""Scores of benchmarks of compositional understanding, by the lines of their own evaluation code, over recorded similarities."""

import numpy as np
from scipy.stats import mannwhitneyu

from golden_file import Array

PACKAGES = ['numpy', 'scipy']
MADE_BY = {
    'forced_choice.strict': "SugarCrepe's main_eval.py, text_retrieval: 1 if pos_score > neg_score else 0; mean by subset",
    'forced_choice.false_first': "ARO's VG_Relation and VG_Attribution, evaluate_scores: argmax over [false, true] == 1",
    'forced_choice.true_first': "ARO's COCO_Order and Flickr30k_Order, evaluate_scores: argmax over [true, false, ...] == 0",
    'sugar_crepe': "SugarCrepe's main_eval.py, evaluate: the seven subsets, correct_cnt / count of each",
    'aro.vg_relation': "ARO's VG_Relation.evaluate_scores: records by relation; their mean is the notebook's macro accuracy",
    'aro.vg_attribution': "ARO's VG_Attribution.evaluate_scores: records by attributes, those of fewer than 25 rows left out; the mean of the rest",
    'aro.coco_order': "ARO's COCO_Order.evaluate_scores: Precision@1",
    'aro.flickr30k_order': "ARO's Flickr30k_Order.evaluate_scores: Precision@1",
    'valse': "VALSE's lxmert_valse_eval.py: pairwise_acc, foil_accuracy, capt_fits and foil_detected over count",
    'statements': "VSR's eval.py: argmax of the logits of false and true; thresholds by trying all; scipy's mannwhitneyu over m n; DeLong et al. 1988, Eq. 4-6, as they stand",
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


def _round(x: np.ndarray) -> np.ndarray:
    """Two decimals, so that some scores are exactly equal; + 0.0 turns -0.0 into 0.0."""
    return np.round(x, 2) + 0.0


SUBSETS = ['add_obj', 'add_att', 'replace_obj', 'replace_att', 'replace_rel', 'swap_obj', 'swap_att']


def _sugar_crepe_subsets(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    metrics, data = {}, {}
    for c in SUBSETS:
        n = int(rng.integers(9, 16))
        pos, neg = _round(rng.normal(0.3, 0.05, n)), _round(rng.normal(0.27, 0.05, n))
        correct_cnt = 0
        for pos_score, neg_score in zip(pos, neg):
            correct_cnt += 1 if pos_score.item() > neg_score.item() else 0
        count = len(pos)
        metrics[c] = correct_cnt / count
        data[c] = {'right': Array(pos), 'wrong': Array(neg)}
    return {'subsets': data, 'metrics': metrics}


def _aro_false_first_records(seed: int, counts: list[int], least: int) -> dict:
    rng = np.random.default_rng(seed)
    names = np.repeat([f'kind {k}' for k in range(len(counts))], counts)
    scores = _round(rng.normal(0.25, 0.05, (len(names), 1, 2)))  # N x 1 x [false, true]
    preds = np.argmax(np.squeeze(scores, axis=1), axis=-1)
    correct_mask = preds == 1
    records = {}
    for name in np.unique(names):
        mask = names == name
        if mask.sum() < least:
            continue
        records[name] = float(correct_mask[mask].mean())
    return {
        'least': least,
        'counts': counts,
        'scores': Array(scores[:, 0]),
        'records': records,
        'macro': float(np.mean(list(records.values()))),
    }


def _aro_order(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    scores = _round(rng.normal(0.25, 0.03, (40, 1, 5)))  # N x 1 x [true, four shuffles]
    preds = np.argmax(np.squeeze(scores, axis=1), axis=-1)
    return {'scores': Array(scores[:, 0]), 'precision': float(np.mean(preds == 0))}


def _valse(seed: int) -> dict:
    """`cross_score`: [caption or foil, logits of "does not fit" and "fits"]."""
    rng = np.random.default_rng(seed)
    cross = _round(rng.normal(0, 1, (40, 2, 2)) + np.array([[-0.4, 0.4], [0.4, -0.4]]))
    foil_accuracy, capt_fits, foil_detected, pairwise_acc, count = 0, 0, 0, 0, 0
    for cross_score in cross:
        if cross_score[0, 0] < cross_score[0, 1]:
            foil_accuracy += 1
            capt_fits += 1
        if cross_score[1, 0] >= cross_score[1, 1]:
            foil_detected += 1
            foil_accuracy += 1
        if cross_score[0, 1] > cross_score[1, 1]:
            pairwise_acc += 1
        count += 1
    return {
        'cross_score': Array(cross),
        'acc': foil_accuracy / count / 2,
        'p_c': capt_fits / count,
        'p_f': foil_detected / count,
        'acc_r': pairwise_acc / count,
    }


def _best(scores: np.ndarray, labels: np.ndarray) -> float:
    """The most that any threshold gets right."""
    tried = [-np.inf, *scores]
    return max(float(np.mean((scores > t) == (labels == 1))) for t in tried)


def _delong(trues: np.ndarray, falses: np.ndarray) -> float:
    m, n = len(trues), len(falses)
    psi = np.array([[1.0 if y < x else 0.5 if y == x else 0.0 for y in falses] for x in trues])
    theta = psi.mean()
    v10, v01 = psi.mean(axis=1), psi.mean(axis=0)
    s10 = ((v10 - theta) ** 2).sum() / (m - 1)
    s01 = ((v01 - theta) ** 2).sum() / (n - 1)
    return float(np.sqrt(s10 / m + s01 / n))


def _statements(seed: int, n: int, apart: float, remark: str) -> dict:
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.6).astype(np.int32)
    logits = np.round(rng.normal(0, 1, (n, 2)) + 0.0, 1)  # [false, true]
    logits[:, 1] += np.round(apart * (labels - 0.5), 1)
    scores = np.round(logits[:, 1] - logits[:, 0], 1) + 0.0
    preds = np.array([1 if s > 0 else 0 for s in scores])
    trues, falses = scores[labels == 1], scores[labels == 0]
    u = mannwhitneyu(trues, falses).statistic
    return {
        'remark': remark,
        'labels': Array(labels),
        'scores': Array(scores),
        'accuracy': float(np.mean(preds == labels)),
        'majority': float(max(labels.mean(), 1 - labels.mean())),
        'best': _best(scores, labels),
        'auroc': float(u / (len(trues) * len(falses))),
        'auroc_error': _delong(trues, falses),
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
        'sugar_crepe': _sugar_crepe_subsets(520),
        'aro': {
            'vg_relation': _aro_false_first_records(530, [30, 8, 12], 1),
            'vg_attribution': _aro_false_first_records(531, [30, 8, 26], 25),
            'coco_order': _aro_order(532),
            'flickr30k_order': _aro_order(533),
        },
        'valse': _valse(540),
        'statements': [
            _statements(550, 60, 1.5, 'true and false apart'),
            _statements(551, 41, 0.0, 'nothing to be told'),
        ],
        'quads': [
            _quads(510, False, 'a scorer that is better than chance'),
            _quads(511, True, 'a constant scorer'),
        ],
    }
