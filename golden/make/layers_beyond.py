"""Reference values of the layers of CP-Mobile, BC-ResNet and TF-SepNet, from PyTorch. Run: python golden/make/layers_beyond.py

As golden/make/layers.py: tensors are drawn from NumPy's Philox and stored, in our layout (B, F, T, C) with depthwise kernels
(kh, kw, C, M); the modules are ordinary PyTorch (B, C, F, T), written from the formulas of the papers.
"""

import json
import pathlib

import numpy as np
import torch
from torch import nn

OUT = pathlib.Path(__file__).resolve().parent.parent / "layers"
RNG = np.random.Generator(np.random.Philox(2025))
CASES = {}


def draw(*shape):
    return torch.tensor(RNG.standard_normal(shape).astype(np.float32))


def pack(t):
    t = t.detach().contiguous().float()
    return {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.flatten().tolist()]}


def case(name, module, x, weights=None, running=None):
    """Forward and backward of <module(x), r>; weights: our name -> (parameter, layout)."""
    weights = weights or {}
    nhwc = lambda t: t.permute(0, 2, 3, 1)  # noqa: E731
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
    if running:
        CASES[name]["running"] = {k: pack(v) for k, v in running.items()}


same = lambda p: p  # noqa: E731


class GlobalResponseNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.tensor([0.7])), nn.Parameter(torch.tensor([-0.4]))

    def forward(self, x):
        norm = torch.linalg.vector_norm(x, dim=(2, 3), keepdim=True)
        return self.gamma * x * (norm / (norm.mean(1, keepdim=True) + 1e-6)) + self.beta + x


class ResidualNorm(nn.Module):
    def forward(self, x):
        variance, mean = torch.var_mean(x, dim=(1, 3), keepdim=True, correction=1)
        return 0.1 * x + (x - mean) / torch.sqrt(variance + 1e-5)


class SubSpectralNorm(nn.Module):
    """One ordinary batch norm for every sub-band, side by side, and not the usual view of the tensor."""

    def __init__(self, channels, sub_bands):
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for _ in range(sub_bands))

    def forward(self, x):
        parts = torch.chunk(x, len(self.norms), dim=2)
        return torch.cat([norm(part) for norm, part in zip(self.norms, parts)], dim=2)


grn = GlobalResponseNorm()
case("global response norm", grn, draw(2, 3, 4, 5), {"layer/gamma": (grn.gamma, same), "layer/beta": (grn.beta, same)})
case("residual norm", ResidualNorm(), draw(2, 3, 4, 5) * 2 + 1)
case("channel shuffle", nn.ChannelShuffle(3), draw(2, 6, 3, 2))
case("average over frequency", lambda x: x.mean(2, keepdim=True), draw(2, 3, 4, 5))
case("average over time", lambda x: x.mean(3, keepdim=True), draw(2, 3, 4, 5))
case("channel slice", lambda x: x[:, 1:4], draw(2, 5, 3, 2))

ssn = SubSpectralNorm(3, 2)
with torch.no_grad():
    for norm in ssn.norms:
        norm.weight.copy_(draw(3) + 1)
        norm.bias.copy_(draw(3))
x = draw(2, 3, 6, 4)
# our weight c·S + s is channel c of sub-band s
joined = {k: nn.Parameter(torch.stack([getattr(n, k) for n in ssn.norms], 1).flatten().detach()) for k in ("weight", "bias")}
case("sub-spectral norm", ssn, x)
entry = CASES["sub-spectral norm"]
for ours, theirs in (("gamma", "weight"), ("beta", "bias")):
    entry["weights"][f"layer/{ours}"] = pack(joined[theirs])
    entry["gradients"][f"layer/{ours}"] = pack(torch.stack([getattr(n, theirs).grad for n in ssn.norms], 1).flatten())
entry["running"] = {
    "layer/moving_mean": pack(torch.stack([n.running_mean for n in ssn.norms], 1).flatten()),
    "layer/moving_variance": pack(torch.stack([n.running_var for n in ssn.norms], 1).flatten()),
}

depth = nn.Conv2d(2, 6, 3, stride=2, padding=1, groups=2)
with torch.no_grad():
    for p in depth.parameters():
        p.copy_(draw(*p.shape) * 0.5)
case(
    "depthwise conv, three filters a channel",
    depth,
    draw(2, 2, 5, 6),
    {
        "layer/kernel": (depth.weight, lambda p: p.reshape(2, 3, 3, 3).permute(2, 3, 0, 1)),
        "layer/bias": (depth.bias, same),
    },
)

document = {"made_with": {"torch": torch.__version__, "numpy": np.__version__}, "cases": CASES}
(OUT / "beyond.json").write_text(json.dumps(document, separators=(",", ":")))
print(document["made_with"], {k: v["y"]["shape"] for k, v in CASES.items()})
