"""Reference values of gates, decomposed convolutions and masks, from PyTorch. Run: python golden/make/layers_gates.py

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
RNG = np.random.Generator(np.random.Philox(2025))
CASES = {}


def draw(*shape):
    return torch.tensor(RNG.standard_normal(shape).astype(np.float32))


def nhwc(t):
    return t.permute(0, 2, 3, 1) if t.ndim == 4 else t


def kernel(t):
    """(out, in, kh, kw) -> (kh, kw, in, out)."""
    return t.permute(2, 3, 1, 0)


def depthwise(t):
    """(C, 1, kh, kw) -> (kh, kw, C, 1)."""
    return t.permute(2, 3, 0, 1)


def same(t):
    return t


def transposed(t):
    return t.t()


def pack(t):
    t = t.detach().contiguous().float()
    return {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.flatten().tolist()]}


def randomise(module):
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(draw(*p.shape) * 0.5)


def case(name, module, x, weights, running=None):
    """Forward and backward of <module(x), r>; weights: our name -> (parameter, layout)."""
    x = x.clone().requires_grad_(True)
    y = module(x)
    r = draw(*y.shape)
    (y * r).sum().backward()
    CASES[name] = {
        "x": pack(nhwc(x)),
        "projection": pack(nhwc(r)),
        "y": pack(nhwc(y)),
        "dx": pack(nhwc(x.grad)),
        "weights": {k: pack(f(p)) for k, (p, f) in weights.items()},
        "gradients": {k: pack(f(p.grad)) for k, (p, f) in weights.items()},
    }
    if running is not None:
        CASES[name]["running"] = {k: pack(v) for k, v in running.items()}


def conv_weights(name, m):
    return {f"{name}/kernel": (m.weight, kernel), f"{name}/bias": (m.bias, same)}


def norm_weights(name, m):
    return {f"{name}/gamma": (m.weight, same), f"{name}/beta": (m.bias, same)}


def moved(name, m):
    return {f"{name}/moving_mean": m.running_mean, f"{name}/moving_variance": m.running_var}


class SqueezeExcitation(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.down, self.up = nn.Linear(c, max(1, c // r)), nn.Linear(max(1, c // r), c)

    def forward(self, x):
        s = self.up(torch.relu(self.down(x.mean((2, 3)))))
        return x * torch.sigmoid(s)[:, :, None, None]


def excitation_weights(name, m):
    return {
        f"{name}/reduce_kernel": (m.down.weight, transposed),
        f"{name}/reduce_bias": (m.down.bias, same),
        f"{name}/expand_kernel": (m.up.weight, transposed),
        f"{name}/expand_bias": (m.up.bias, same),
    }


class CoordinateAttention(nn.Module):
    def __init__(self, c, r=32):
        super().__init__()
        m = max(8, c // r)
        self.squeeze, self.bn = nn.Conv2d(c, m, 1), nn.BatchNorm2d(m)
        self.of_bands, self.of_frames = nn.Conv2d(m, c, 1), nn.Conv2d(m, c, 1)

    def forward(self, x):
        h, w = x.shape[2:]
        rows = torch.cat([F.adaptive_avg_pool2d(x, (h, 1)), F.adaptive_avg_pool2d(x, (1, w)).transpose(2, 3)], 2)
        z = F.hardswish(self.bn(self.squeeze(rows)))
        a, b = torch.split(z, [h, w], 2)
        return x * torch.sigmoid(self.of_frames(b.transpose(2, 3))) * torch.sigmoid(self.of_bands(a))


se = SqueezeExcitation(8, 4)
randomise(se)
case("squeeze and excitation", se, draw(2, 8, 3, 4), excitation_weights("layer", se))

ca = CoordinateAttention(6)
randomise(ca)
case(
    "coordinate attention",
    ca,
    draw(2, 6, 5, 4) * 2,
    {
        "layer/reduce_kernel": (ca.squeeze.weight, kernel),
        "layer/reduce_bias": (ca.squeeze.bias, same),
        "layer/gamma": (ca.bn.weight, same),
        "layer/beta": (ca.bn.bias, same),
        "layer/frequency_kernel": (ca.of_bands.weight, kernel),
        "layer/frequency_bias": (ca.of_bands.bias, same),
        "layer/time_kernel": (ca.of_frames.weight, kernel),
        "layer/time_bias": (ca.of_frames.bias, same),
    },
    moved("layer", ca.bn),
)

case("hard swish", nn.Hardswish(), draw(2, 3, 4, 5) * 3, {})


class Cross(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.f = nn.Conv2d(c, c, (3, 1), padding=(2, 0), dilation=(2, 1), groups=c, bias=False)
        self.t = nn.Conv2d(c, c, (1, 3), padding=(0, 2), dilation=(1, 2), groups=c, bias=False)

    def forward(self, x):
        return self.f(x) + self.t(x)


for name, shape in (("dilated depthwise cross", (2, 3, 6, 5)), ("dilated depthwise cross, tiny map", (1, 2, 1, 2))):
    cross = Cross(shape[1])
    randomise(cross)
    weights = {"layer/frequency_kernel": (cross.f.weight, depthwise), "layer/time_kernel": (cross.t.weight, depthwise)}
    case(name, cross, draw(*shape), weights)


class FrequencyTimePool(nn.Module):
    def forward(self, x):
        m = x.mean(2)
        return m.max(2).values + m.mean(2)


case("frequency and time pool", FrequencyTimePool(), draw(2, 3, 4, 5), {})


class LowRank(nn.Module):
    def __init__(self, i, rank, o, s):
        super().__init__()
        self.f = nn.Conv2d(i, rank, (3, 1), (s, 1), (1, 0))
        self.t = nn.Conv2d(rank, o, (1, 3), (1, s), (0, 1))

    def forward(self, x):
        return self.t(self.f(x))


low = LowRank(5, 2, 4, 2)
randomise(low)
case("low rank conv", low, draw(2, 5, 5, 6), {**conv_weights("layer_frequency", low.f), **conv_weights("layer_time", low.t)})


def mfm(x):
    a, b = torch.chunk(x, 2, 1)
    return torch.maximum(a, b)


class Residual(nn.Module):
    def __init__(self, i, w, s):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, 2 * w, 3, s, 1), nn.BatchNorm2d(w)
        self.conv2, self.bn2 = nn.Conv2d(w, 2 * w, 3, 1, 1), nn.BatchNorm2d(2 * w)
        self.se, self.short = SqueezeExcitation(2 * w, 8), nn.Conv2d(i, 2 * w, 1, s)

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(mfm(self.conv1(x)))))
        return mfm(self.se(y) + self.short(x))


res = Residual(3, 4, 2)
randomise(res)
case(
    "residual block",
    res,
    draw(2, 3, 6, 5),
    {
        **conv_weights("layer_conv1", res.conv1),
        **norm_weights("layer_norm1", res.bn1),
        **conv_weights("layer_conv2", res.conv2),
        **norm_weights("layer_norm2", res.bn2),
        **excitation_weights("layer_excitation", res.se),
        **conv_weights("layer_shortcut", res.short),
    },
    {**moved("layer_norm1", res.bn1), **moved("layer_norm2", res.bn2)},
)


class Mask(nn.Module):
    """SpecAugment++ as loops over slices; the draws are kept for the other side."""

    def __init__(self, scheme, stripes, bands, frames):
        super().__init__()
        self.scheme, self.stripes, self.max, self.draws = scheme, stripes, {2: bands, 3: frames}, []

    def uniform(self, *shape):
        u = (RNG.integers(0, 2**24, shape) / 2**24).astype(np.float32)
        self.draws.append(pack(torch.tensor(u)))
        return u

    def forward(self, x):
        for axis in (3, 2):
            u = self.uniform(2 * self.stripes, x.shape[0], 1)
            partner = None
            if self.scheme != "zero":
                ranks = np.argsort(np.argsort(self.uniform(x.shape[0], 1)[:, 0], kind="stable"), kind="stable")
                partner = x[torch.tensor(ranks)]
            examples = list(x.unbind(0))
            for i in range(self.stripes):
                for b in range(len(examples)):
                    width = int(u[2 * i, b, 0] * self.max[axis])
                    start = int(u[2 * i + 1, b, 0] * (x.shape[axis] - width))
                    here = torch.arange(x.shape[axis])
                    inside = (here >= start) & (here < start + width)
                    inside = inside[None, :, None] if axis == 2 else inside[None, None, :]
                    e = examples[b]
                    new = {
                        "zero": lambda: torch.zeros_like(e),
                        "mix": lambda: (e + partner[b]) / 2,
                        "cut": lambda: partner[b],
                    }[self.scheme]()
                    examples[b] = torch.where(inside, new, e)
            x = torch.stack(examples)
        return x


for scheme in ("zero", "mix", "cut"):
    mask = Mask(scheme, 2, 3, 4)
    case(f"hidden state mask, {scheme}", mask, draw(4, 2, 5, 7), {})
    CASES[f"hidden state mask, {scheme}"]["draws"] = mask.draws

OUT.mkdir(exist_ok=True)
document = {"made_with": {"torch": torch.__version__, "numpy": np.__version__}, "cases": CASES}
(OUT / "gates.json").write_text(json.dumps(document, separators=(",", ":")))
print(document["made_with"], {k: v["y"]["shape"] for k, v in CASES.items()})
