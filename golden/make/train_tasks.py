"""Losses of the tasks by torch, and mean average precision by scikit-learn.

Writes golden/train/tasks.json.
Run: python golden/make/train_tasks.py   (needs torch, numpy, scikit-learn)
"""
import json
import os

import numpy as np
import sklearn
import torch
from sklearn.metrics import average_precision_score
from torch.nn import functional as F

OUT = os.path.join(os.path.dirname(__file__), "..", "train")
print("torch", torch.__version__, "numpy", np.__version__, "scikit-learn", sklearn.__version__)
torch.manual_seed(1)
torch.set_num_threads(1)

ROWS, CLASSES, GROUPS = 6, 5, 3
logits = torch.randn(ROWS, CLASSES) * torch.tensor([0.1, 1.0, 10.0, 30.0, 1.0, 100.0])[:, None]
soft = torch.softmax(torch.randn(ROWS, CLASSES), 1)
soft[0] = F.one_hot(torch.tensor(2), CLASSES)
abstract_logits = torch.randn(ROWS, GROUPS)
abstract = F.one_hot(torch.arange(ROWS) % GROUPS, GROUPS).float()
events = (torch.rand(ROWS, CLASSES) < 0.4).float()


def focal(z, t, gamma):
    p = torch.softmax(z, 1)
    return -(t * (1 - p) ** gamma * torch.log_softmax(z, 1)).sum(1).mean()


def case(name, loss):
    z = logits.clone().requires_grad_(True)
    value = loss(z)
    value.backward()
    return dict(name=name, loss=value.item(), gradient=z.grad.tolist())


losses = [
    case("smoothing", lambda z: F.cross_entropy(z, soft, label_smoothing=0.1)),
    # Rows of moderate logits: where a class is certain, torch's own gradient of a power of 0 is NaN.
    case("focal", lambda z: focal(z[[0, 1, 4]], soft[[0, 1, 4]], 2.0)),
    case("focal of a fraction", lambda z: focal(z[[0, 1, 4]], soft[[0, 1, 4]], 0.5)),
    case("joint", lambda z: 5 * F.cross_entropy(z, soft) + 1 * F.cross_entropy(abstract_logits, abstract)),
    case("events", lambda z: F.binary_cross_entropy_with_logits(z, events)),
]

rng = np.random.default_rng(2)
truth = (rng.random((40, 6)) < [0.5, 0.2, 0.05, 0.9, 0.3, 0]).astype(int)
truth[0, 2] = 1
scores = np.clip(rng.random((40, 6)) * 0.7 + 0.3 * truth, 0, 1)
scores[:, 4] = np.round(scores[:, 4], 1)  # ties
per_class = [average_precision_score(truth[:, k], scores[:, k]) for k in range(5)]  # nothing is of the last class

json.dump(
    dict(
        torch=torch.__version__,
        sklearn=sklearn.__version__,
        logits=logits.tolist(),
        soft=soft.tolist(),
        abstractLogits=abstract_logits.tolist(),
        abstract=abstract.tolist(),
        events=events.tolist(),
        losses=losses,
        ranking=dict(
            truth=truth.tolist(),
            scores=scores.tolist(),
            averagePrecision=per_class,
            meanAveragePrecision=float(np.mean(per_class)),
            microAveragePrecision=float(average_precision_score(truth[:, :5], scores[:, :5], average="micro")),
        ),
    ),
    open(os.path.join(OUT, "tasks.json"), "w"),
)
