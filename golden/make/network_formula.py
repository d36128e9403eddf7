"""Weights, inputs and draws of golden networks by the formula models.py states, and the record of a network.

A module the scripts models_xin2022.py and models_clova2021.py share; it writes nothing by itself. Every uniform draw of a
random layer is the formula's array -2 from its start.
"""

import json
import math
import pathlib

import numpy as np
import torch
from torch.nn import functional as F

OUT = pathlib.Path(__file__).resolve().parent.parent / "models"


def uniform(k, n):
    with np.errstate(over="ignore"):
        h = np.arange(n, dtype=np.uint32) + np.uint32((0x9E3779B9 * (k + 1)) & 0xFFFFFFFF)
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return h.astype(np.float64) / 2**32


def draw(*shape):
    return uniform(-2, math.prod(shape)).astype(np.float32).reshape(shape)


def formula(name, k, shape):
    u = uniform(k, math.prod(shape))
    kind = name.split("/")[-1]
    if kind == "gamma":
        v = 1 + 0.4 * (u - 0.5)
    elif kind == "moving_mean":
        v = 0.2 * (u - 0.5)
    elif kind == "moving_variance":
        v = 0.5 + u
    elif kind == "beta" or kind.endswith("bias"):
        v = 0.4 * (u - 0.5)
    else:
        v = (2 * u - 1) * math.sqrt(3 / math.prod(shape[:-1]))
    return v.astype(np.float32).reshape(shape)


class Names(dict):
    """Our name -> (tensor of the network, permutation to our layout)."""

    def conv(self, name, m, axes=(2, 3, 1, 0), weight="kernel", bias="bias"):
        self[f"{name}/{weight}"] = (m.weight, axes)
        if m.bias is not None:
            self[f"{name}/{bias}"] = (m.bias, None)

    def dense(self, name, m, prefix=""):
        self.conv(name, m, (1, 0), f"{prefix}kernel", f"{prefix}bias")

    def norm(self, name, m):
        for ours, theirs in (("gamma", m.weight), ("beta", m.bias), ("moving_mean", m.running_mean)):
            self[f"{name}/{ours}"] = (theirs, None)
        self[f"{name}/moving_variance"] = (m.running_var, None)


def ours(t, axes):
    return t.detach() if axes is None else t.detach().permute(axes)


def numbers(t):
    return [float(f"{v:.8g}") for v in t.detach().flatten().tolist()]


def record(name, net, tensors, shape, stem, labels):
    """Deployed logits, then one training pass: logits, loss, gradients and moved statistics."""
    names = sorted(tensors)
    with torch.no_grad():
        for k, n in enumerate(names):
            t, axes = tensors[n]
            value = torch.tensor(formula(n, k, list(ours(t, axes).shape)))
            t.copy_(value if axes is None else value.permute(tuple(np.argsort(axes))))
    batch, bands, frames = shape
    x = torch.tensor((4 * uniform(-1, math.prod(shape)) - 2).astype(np.float32)).reshape(batch, 1, bands, frames)
    net.eval()
    with torch.no_grad():
        deployed = net(x)[0]
    net.train()
    x.requires_grad_(True)
    outputs = net(x)
    loss = sum(w * F.cross_entropy(y, torch.tensor(l)) for w, y, l in zip((5, 1), outputs, labels))
    loss.backward()
    gradients = {}
    for k, n in enumerate(names):
        t, axes = tensors[n]
        if t.requires_grad:
            g = ours(t.grad, axes).flatten().double().numpy()
            # Norm, and inner product with the formula's numbers 2u - 1 of the same array.
            gradients[n] = [float(np.linalg.norm(g)), float(g @ (2 * uniform(k, g.size) - 1))]
    parameters = sum(p.numel() for p in net.parameters())
    assert parameters == sum(t.numel() for t, _ in tensors.values() if t.requires_grad)
    document = {
        "made_with": {"torch": torch.__version__, "numpy": np.__version__},
        "shape": [batch, bands, frames, 1],
        "parameters": parameters,
        "sizes": {n: list(ours(*tensors[n]).shape) for n in names},
        "deployed": numbers(deployed),
        "outputs": [numbers(y) for y in outputs],
        "labels": labels,
        "loss": loss.item(),
        "dx": numbers(x.grad),
        "stem": stem,
        "stem_gradient": numbers(ours(tensors[stem][0].grad, tensors[stem][1])),
        "gradients": gradients,
        "moved": {n: numbers(tensors[n][0]) for n in names if "/moving_" in n},
    }
    OUT.mkdir(exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(document, separators=(",", ":")))
    print(name, document["made_with"], parameters, document["loss"], document["outputs"][0][:3])
