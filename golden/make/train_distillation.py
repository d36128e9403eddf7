"""Losses of distillation and their gradients, by torch.

Writes golden/train/distillation.json.
Run: python golden/make/train_distillation.py   (needs torch)
"""
import json
import os

import torch
import torch.nn.functional as F

OUT = os.path.join(os.path.dirname(__file__), "..", "train")
print("torch", torch.__version__)
torch.manual_seed(0)
torch.set_num_threads(1)

BATCH, CLASSES, WIDTH = 5, 4, 6
student = torch.randn(BATCH, CLASSES) * torch.tensor([[0.1], [1.0], [3.0], [10.0], [40.0]])
teacher = torch.randn(BATCH, CLASSES) * torch.tensor([[1.0], [0.1], [60.0], [5.0], [1.0]])
scene = F.one_hot(torch.tensor([0, 3, 1, 2, 2]), CLASSES).float()
hidden = torch.randn(BATCH, WIDTH) * torch.tensor([[1.0], [1e-3], [50.0], [1.0], [1.0]])
target = torch.randn(BATCH, WIDTH)


def case(name, loss, **config):
    logits = student.clone().requires_grad_()
    features = hidden.clone().requires_grad_()
    value = loss(logits, features)
    gradients = torch.autograd.grad(value, [logits, features], allow_unused=True)
    return dict(
        name=name,
        value=value.item(),
        gradients=[None if g is None else g.tolist() for g in gradients],
        **config,
    )


def kl(logits, temperature):
    return F.kl_div(F.log_softmax(logits / temperature, 1), F.softmax(teacher / temperature, 1), reduction="batchmean")


def cosine(features):
    return F.cosine_embedding_loss(features, target, torch.ones(BATCH))


def soft_cross_entropy(logits):
    return F.cross_entropy(logits, F.softmax(teacher, 1))


def hard(logits):
    return F.cross_entropy(logits, scene)


cases = [
    # torch has the soft cross-entropy of Zhang et al. 2019 itself; its value is larger by the teacher's entropy.
    case("soft cross-entropy", lambda z, h: soft_cross_entropy(z), temperature=1),
    case("kl", lambda z, h: kl(z, 1), temperature=1),
    case("kl at 2", lambda z, h: kl(z, 2), temperature=2),
    # fschmid56/cpjku_dcase23: T = 2, 0.02 of the labels, 0.98 of the teachers, times T squared.
    case("cp-jku", lambda z, h: 0.02 * hard(z) + 0.98 * 4 * kl(z, 2), temperature=2),
    case("cosine", lambda z, h: cosine(h), temperature=1),
    # Heo et al. 2021: the sum of three, T as in the public code of 2019.
    case("clova", lambda z, h: hard(z) + kl(z, 2) + cosine(h), temperature=2),
]
json.dump(
    dict(
        torch=torch.__version__,
        student=student.tolist(),
        teacher=teacher.tolist(),
        scene=scene.tolist(),
        hidden=hidden.tolist(),
        target=target.tolist(),
        cases=cases,
    ),
    open(os.path.join(OUT, "distillation.json"), "w"),
)
