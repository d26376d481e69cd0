"""Zero-shot classification: open_clip's prompt ensemble and top-1, scikit-learn's balanced accuracy and confusion matrix."""

import warnings

import numpy as np
import torch
import torch.nn.functional as F
from open_clip.zero_shot_classifier import build_zero_shot_classifier
from open_clip_train.zero_shot import accuracy
from sklearn.metrics import balanced_accuracy_score, confusion_matrix

from golden_file import Array

PACKAGES = ['open_clip_torch', 'torch', 'scikit-learn', 'numpy']
MADE_BY = {
    'weights': 'open_clip.zero_shot_classifier.build_zero_shot_classifier over a stub model that returns prompt_embeddings '
    '(normalise each prompt, mean over templates, normalise); [embed, class]',
    'logits': '100 * normalize(image_embeddings) @ weights, as in open_clip_train.zero_shot.run',
    'top1': 'open_clip_train.zero_shot.accuracy / n',
    'balanced_accuracy': 'sklearn.metrics.balanced_accuracy_score: mean recall over the classes that occur in the truth',
    'confusion': 'sklearn.metrics.confusion_matrix: rows are the truth, columns the prediction',
}


def _classifier(prompts: torch.Tensor) -> torch.Tensor:
    """prompts [class, template, embed] -> weights [embed, class]"""
    classes, templates, _ = prompts.shape

    class Stub:
        def encode_text(self, rows, normalize=False):
            return F.normalize(prompts.reshape(classes * templates, -1)[rows], dim=-1) if normalize else None

    return build_zero_shot_classifier(
        Stub(),
        lambda texts: torch.tensor([int(c) * templates + int(t) for c, t in (text.split() for text in texts)]),
        [str(c) for c in range(classes)],
        [f'{{}} {t}' for t in range(templates)],
        num_classes_per_batch=2,
    )


def _case(seed: int, counts: list[int], templates: int, embed: int, noise: float, remark: str) -> dict:
    rng = np.random.default_rng(seed)
    classes = len(counts)
    centres = rng.normal(size=(classes, embed))
    prompts = np.round(centres[:, None] + rng.normal(0, 0.8, (classes, templates, embed)), 3)
    truth = rng.permutation(np.repeat(np.arange(classes), counts)).astype(np.int32)
    images = np.round(centres[truth] + rng.normal(0, noise, (len(truth), embed)), 3)
    weights = _classifier(torch.tensor(prompts))
    logits = 100.0 * F.normalize(torch.tensor(images), dim=-1) @ weights
    predicted = logits.argmax(dim=1).numpy().astype(np.int32)
    (correct,) = accuracy(logits, torch.tensor(truth), topk=(1,))
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', 'y_pred contains classes not in y_true')  # what the second case is about
        balanced = float(balanced_accuracy_score(truth, predicted))
    return {
        'remark': remark,
        'prompt_embeddings': Array(prompts),
        'image_embeddings': Array(images),
        'labels': Array(truth),
        'weights': Array(weights),
        'logits': Array(logits),
        'predicted': Array(predicted),
        'top1': correct / len(truth),
        'balanced_accuracy': balanced,
        'confusion': Array(confusion_matrix(truth, predicted, labels=np.arange(classes))),
    }


def make() -> dict:
    return {
        'cases': [
            _case(400, [12, 7, 3, 5, 2], 3, 8, 1.6, 'unequal classes, three templates'),
            _case(401, [4, 0, 6, 5], 1, 6, 1.2, 'class 1 never occurs in the truth, one template'),
        ]
    }
