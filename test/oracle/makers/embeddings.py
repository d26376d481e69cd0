"""Measures of frozen embeddings: scikit-learn's logistic regression, DINO's weighted k-NN, alignment and uniformity."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from golden_file import Array, small

PACKAGES = ['scikit-learn', 'numpy']
MADE_BY = {
    'probe': 'sklearn.linear_model.LogisticRegression(C, tol=1e-10, max_iter=10000): probabilities, accuracy on the test rows',
    'knn': "DINO's eval_knn.py, knn_classifier, in numpy: votes of exp(similarity / T) of the k most similar unit rows",
    'geometry': "Wang & Isola's align_loss (alpha 2) and uniform_loss (t 2), Liang et al.'s distance of the modality means, in numpy",
}


def _clusters(seed: int, classes: int, train: int, test: int, width: int, noise: float):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, width))
    draw = lambda n: np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)]).astype(np.int32)
    y, y_test = draw(train), draw(test)
    rows = lambda labels: np.round(centres[labels] + rng.normal(0, noise, (len(labels), width)), 3)
    return rows(y), y, rows(y_test), y_test


def _probe(seed: int, classes: int, c: float, remark: str) -> dict:
    x, y, x_test, y_test = _clusters(seed, classes, 60, 40, 6, 1.5)
    model = LogisticRegression(C=c, tol=1e-10, max_iter=10_000).fit(x, y)
    return {
        'remark': remark,
        'c': c,
        'classes': classes,
        'x': Array(x),
        'y': Array(y),
        'x_test': Array(x_test),
        'y_test': Array(y_test),
        'probabilities': Array(model.predict_proba(x_test)),
        'accuracy': float(model.score(x_test, y_test)),
    }


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def _knn(seed: int, k: int, temperature: float, remark: str) -> dict:
    classes = 4
    x, y, x_test, y_test = _clusters(seed, classes, 60, 40, 6, 1.5)
    similarity = _unit(x_test) @ _unit(x).T
    top = np.argsort(-similarity, axis=1, kind='stable')[:, :k]
    votes = np.zeros((len(x_test), classes))
    for i, nearest in enumerate(top):
        for j in nearest:
            votes[i, y[j]] += np.exp(similarity[i, j] / temperature)
    return {
        'remark': remark,
        'k': k,
        'temperature': temperature,
        'classes': classes,
        'x': Array(x),
        'y': Array(y),
        'x_test': Array(x_test),
        'y_test': Array(y_test),
        'accuracy': float(np.mean(votes.argmax(axis=1) == y_test)),
    }


def _geometry(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    x = small(rng, (30, 5), centre=0.5)
    y = np.round(x + rng.normal(-0.4, 0.6, x.shape), 3)
    ux, uy = _unit(x), _unit(y)
    i, j = np.triu_indices(len(x), 1)
    uniformity = lambda u: float(np.log(np.mean(np.exp(-2 * np.sum((u[i] - u[j]) ** 2, axis=1)))))
    return {
        'x': Array(x),
        'y': Array(y),
        'modality_gap': float(np.linalg.norm(ux.mean(axis=0) - uy.mean(axis=0))),
        'alignment': float(np.mean(np.sum((ux - uy) ** 2, axis=1))),
        'uniformity_first': uniformity(ux),
        'uniformity_second': uniformity(uy),
    }


def make() -> dict:
    return {
        'probe': [
            _probe(600, 3, 1.0, 'three classes'),
            _probe(603, 2, 0.5, 'two classes'),
            _probe(601, 5, 0.05, 'five classes, strong decay'),
            _probe(602, 4, 100.0, 'four classes, hardly any decay'),
        ],
        'knn': [_knn(610, 20, 0.07, "DINO's k and temperature"), _knn(611, 1, 0.07, 'the nearest only')],
        'geometry': _geometry(620),
    }
