"""Weights, inputs and draws of golden networks by one formula, and the record of a network.

A module the scripts models*.py share; it writes nothing by itself. To keep the files small, every number that goes in follows
a formula that both sides compute: element i of the array of index k (names sorted by code point; the input is index -1) is
u = fmix32(i + 0x9E3779B9 * (k + 1)) / 2**32, fmix32 being MurmurHash3's finaliser, and then
  input            4u - 2
  gamma            1 + 0.4 (u - 0.5)
  beta, bias       0.4 (u - 0.5)
  moving_mean      0.2 (u - 0.5)
  moving_variance  0.5 + u
  kernels          (2u - 1) * sqrt(3 / n), n = product of all sizes but the last
Arrays are laid out as (B, F, T, C), (kh, kw, in, out) and (in, out). Every uniform draw of a random layer is array -2 from its
start.
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
    """Our name -> (tensor of the network, to our layout, from our layout)."""

    def plain(self, name, t):
        self[name] = (t, lambda p: p, lambda p: p)

    def turned(self, name, t, axes):
        back = tuple(np.argsort(axes))
        self[name] = (t, lambda p: p.permute(axes), lambda p: p.permute(back))

    def conv(self, name, m, axes=(2, 3, 1, 0), weight="kernel", bias="bias"):
        self.turned(f"{name}/{weight}", m.weight, axes)
        if m.bias is not None:
            self.plain(f"{name}/{bias}", m.bias)

    def depthwise(self, name, m):
        """(C·M, 1, kh, kw) to (kh, kw, C, M)."""
        split = (m.groups, m.out_channels // m.groups, *m.kernel_size)
        to_ours = lambda p: p.reshape(split).permute(2, 3, 0, 1)  # noqa: E731
        self[f"{name}/kernel"] = (m.weight, to_ours, lambda p: p.permute(2, 3, 0, 1).reshape(m.weight.shape))

    def dense(self, name, m, prefix=""):
        self.conv(name, m, (1, 0), f"{prefix}kernel", f"{prefix}bias")

    def norm(self, name, m):
        self.plain(f"{name}/gamma", m.weight)
        self.plain(f"{name}/beta", m.bias)
        if hasattr(m, "running_mean"):
            self.plain(f"{name}/moving_mean", m.running_mean)
            self.plain(f"{name}/moving_variance", m.running_var)


def numbers(t, digits=8):
    return [float(f"{v:.{digits}g}") for v in t.detach().flatten().tolist()]


def set_weights(named):
    with torch.no_grad():
        for k, n in enumerate(sorted(named)):
            t, to_ours, from_ours = named[n]
            t.copy_(from_ours(torch.tensor(formula(n, k, list(to_ours(t).shape)))))


def make_input(k, batch, bands, frames):
    """(B, 1, F, T)"""
    values = (4 * uniform(k, batch * bands * frames) - 2).astype(np.float32)
    return torch.tensor(values, dtype=torch.get_default_dtype()).reshape(batch, 1, bands, frames)


def gradients_of(named):
    """Of each weight the gradient's norm, and its inner product with the formula's numbers 2u - 1 of the same array."""
    gradients = {}
    for k, n in enumerate(sorted(named)):
        t, to_ours, _ = named[n]
        if t.requires_grad:
            g = to_ours(t.grad).flatten().double().numpy()
            gradients[n] = [float(np.linalg.norm(g)), float(g @ (2 * uniform(k, g.size) - 1))]
    return gradients


def sizes_of(named):
    return {n: list(to_ours(t).shape) for n, (t, to_ours, _) in sorted(named.items())}


def write(name, document):
    OUT.mkdir(exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(document, separators=(",", ":")))
    print(name, document.get("made_with"), document["parameters"], document["loss"], document["deployed"][:3])


def record(name, net, named, shape, stem, labels, digits=8, more=None):
    """Deployed logits, then one training pass of 5 CE(scene) + CE(abstract): logits, loss, gradients and moved statistics.

    `more` makes further entries of the file from the outputs in inference.
    """
    set_weights(named)
    batch, bands, frames = shape
    x = make_input(-1, *shape)
    net.eval()
    with torch.no_grad():
        inferred = net(x)
    net.train()
    x.requires_grad_(True)
    outputs = net(x)
    loss = sum(w * F.cross_entropy(y, torch.tensor(l)) for w, y, l in zip((5, 1), outputs, labels))
    loss.backward()
    parameters = sum(p.numel() for p in net.parameters())
    assert parameters == sum(t.numel() for t, *_ in named.values() if t.requires_grad)
    stem_weight, to_ours, _ = named[stem]
    document = {
        "made_with": {"torch": torch.__version__, "numpy": np.__version__},
        "shape": [batch, bands, frames, 1],
        "parameters": parameters,
        "sizes": sizes_of(named),
        "deployed": numbers(inferred[0], digits),
        "outputs": [numbers(y, digits) for y in outputs],
        "labels": labels,
        "loss": loss.item(),
        "dx": numbers(x.grad, digits),
        "stem": stem,
        "stem_gradient": numbers(to_ours(stem_weight.grad), digits),
        "gradients": gradients_of(named),
        "moved": {n: numbers(t, digits) for n, (t, *_) in sorted(named.items()) if "/moving_" in n},
    }
    write(name, document | (more(inferred) if more else {}))
