"""Reference values of the layers, from PyTorch. Run: python golden/make/layers.py

Tensors are drawn from NumPy's Philox and stored; nothing here reads our code. Layout of stored tensors is ours
(B, F, T, C) with kernels (kh, kw, in, out); the modules are ordinary PyTorch (B, C, F, T).
"""

import json
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).resolve().parent.parent / "layers"
RNG = np.random.Generator(np.random.Philox(2024))


def draw(*shape):
    return torch.tensor(RNG.standard_normal(shape).astype(np.float32))


def nhwc(t):
    return t.permute(0, 2, 3, 1) if t.ndim == 4 else t


def kernel(t):
    """(out, in, kh, kw) -> (kh, kw, in, out)."""
    return t.permute(2, 3, 1, 0)


def pack(t):
    t = t.detach().contiguous().float()
    return {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.flatten().tolist()]}


def case(name, module, x, weights, running=None):
    """Forward and backward of <module(x), r>; weights: our name -> (parameter, layout)."""
    x = x.clone().requires_grad_(True)
    y = module(x)
    r = draw(*y.shape)
    (y * r).sum().backward()
    entry = {
        "x": pack(nhwc(x)),
        "projection": pack(nhwc(r)),
        "y": pack(nhwc(y)),
        "dx": pack(nhwc(x.grad)),
        "weights": {k: pack(f(p)) for k, (p, f) in weights.items()},
        "gradients": {k: pack(f(p.grad)) for k, (p, f) in weights.items()},
    }
    if running is not None:
        entry["running"] = {k: pack(v) for k, v in running.items()}
    CASES[name] = entry


CASES = {}
same = lambda p: p  # noqa: E731
transposed = lambda p: p.t()  # noqa: E731


class Mfm(nn.Module):
    def forward(self, x):
        a, b = torch.chunk(x, 2, dim=1)
        return torch.maximum(a, b)


class ChannelGate(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        h = max(1, c // r)
        self.mlp = nn.Sequential(nn.Linear(c, h), nn.ReLU(), nn.Linear(h, c))

    def forward(self, x):
        s = self.mlp(x.mean((2, 3))) + self.mlp(F.max_pool2d(x, x.shape[2:]).flatten(1))
        return x * torch.sigmoid(s)[:, :, None, None]


class SpatialGate(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.bn = nn.BatchNorm2d(1, eps=1e-5, momentum=0.01)

    def forward(self, x):
        p = torch.cat([x.max(1, keepdim=True).values, x.mean(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.bn(self.conv(p)))


class Cbam(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.channel, self.spatial = ChannelGate(c, r), SpatialGate()

    def forward(self, x):
        return self.spatial(self.channel(x))


class Amfm(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.cbam = Cbam(c, r)

    def forward(self, x):
        return torch.maximum(x, self.cbam(x))


def randomise(module):
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(draw(*p.shape) * 0.5 + (1.0 if p.ndim == 1 and p.numel() == 1 else 0.0))


def cbam_weights(prefix, c):
    g, s = c.channel.mlp, c.spatial
    return {
        f"{prefix}_channel_gate/reduce_kernel": (g[0].weight, transposed),
        f"{prefix}_channel_gate/reduce_bias": (g[0].bias, same),
        f"{prefix}_channel_gate/expand_kernel": (g[2].weight, transposed),
        f"{prefix}_channel_gate/expand_bias": (g[2].bias, same),
        f"{prefix}_spatial_gate/kernel": (s.conv.weight, kernel),
        f"{prefix}_spatial_gate/gamma": (s.bn.weight, same),
        f"{prefix}_spatial_gate/beta": (s.bn.bias, same),
    }


case("max feature map", Mfm(), draw(2, 6, 3, 4), {})

conv = nn.Conv2d(2, 3, (7, 3), padding=(1, 7))
randomise(conv)
case("conv", conv, draw(1, 2, 8, 3), {"layer/kernel": (conv.weight, kernel), "layer/bias": (conv.bias, same)})

depth = nn.Conv2d(4, 4, 3, stride=(1, 2), padding=1, groups=4, bias=False)
randomise(depth)
case("depthwise conv", depth, draw(2, 4, 5, 6), {"layer/kernel": (depth.weight, lambda p: p.permute(2, 3, 0, 1))})

bn = nn.BatchNorm2d(3)
randomise(bn)
bn.train()
x = draw(2, 3, 4, 5) * 2 + 3
case("batch norm", bn, x, {"layer/gamma": (bn.weight, same), "layer/beta": (bn.bias, same)})
CASES["batch norm"]["running"] = {
    "layer/moving_mean": pack(bn.running_mean),
    "layer/moving_variance": pack(bn.running_var),
}

case("max pool, ceil", nn.MaxPool2d(2, ceil_mode=True), draw(2, 3, 5, 4), {})
case("max pool, ceil, wide stride", nn.MaxPool2d(2, stride=3, ceil_mode=True), draw(1, 2, 7, 6), {})
case("max pool, ceil, overlapping", nn.MaxPool2d(3, stride=2, ceil_mode=True), draw(1, 2, 6, 7), {})
case("average pool", nn.AvgPool2d(3, stride=(1, 2), padding=1), draw(2, 3, 4, 5), {})

cbam = Cbam(8, 4)
randomise(cbam)
case("cbam", cbam, draw(2, 8, 5, 6), cbam_weights("layer", cbam))
CASES["cbam"]["running"] = {
    "layer_spatial_gate/moving_mean": pack(cbam.spatial.bn.running_mean),
    "layer_spatial_gate/moving_variance": pack(cbam.spatial.bn.running_var),
}

amfm = Amfm(8, 4)
randomise(amfm)
case("attentive max feature map", amfm, draw(2, 8, 5, 6), cbam_weights("layer", amfm.cbam))

# Equal maxima: torch.amax shares the gradient evenly.


class Amax(nn.Module):
    def forward(self, x):
        return torch.amax(x, dim=(2, 3), keepdim=True)


case("tied maxima", Amax(), torch.tensor([[[[1.0, 3.0], [3.0, 3.0]], [[2.0, 2.0], [0.0, 2.0]]]]), {})

OUT.mkdir(exist_ok=True)
document = {"made_with": {"torch": torch.__version__, "numpy": np.__version__}, "cases": CASES}
(OUT / "layers.json").write_text(json.dumps(document, separators=(",", ":")))
print(document["made_with"], {k: v["y"]["shape"] for k, v in CASES.items()})
