"""Reference values of the attention layers, from PyTorch. Run: python golden/make/layers_attention.py

Tensors are drawn from NumPy's Philox and stored; nothing here reads our code. Sequences are (B, T, C) on both sides.
"""

import json
import math
import pathlib

import numpy as np
import torch
from torch import nn

OUT = pathlib.Path(__file__).resolve().parent.parent / "layers"
RNG = np.random.Generator(np.random.Philox(31))
CASES = {}


def draw(*shape):
    return torch.tensor(RNG.standard_normal(shape).astype(np.float32))


def pack(t):
    t = t.detach().contiguous().float()
    return {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.flatten().tolist()]}


def case(name, call, inputs, weights):
    """Forward and backward of <call(inputs), r>; weights: our name -> (parameter, tensor -> our layout)."""
    inputs = [x.clone().requires_grad_(True) for x in inputs]
    y = call(*inputs)
    r = draw(*y.shape)
    (y * r).sum().backward()
    CASES[name] = {
        "inputs": [pack(x) for x in inputs],
        "projection": pack(r),
        "y": pack(y),
        "dx": [pack(x.grad) for x in inputs],
        "weights": {k: pack(f(p)) for k, (p, f) in weights.items()},
        "gradients": {k: pack(f(p.grad)) for k, (p, f) in weights.items()},
    }


def same(p):
    return p


def part(i, n):
    """Third i of torch's stacked in_proj_weight, as (in, out)."""
    return lambda p: p[i * n : (i + 1) * n].t()


norm = nn.LayerNorm(6)
with torch.no_grad():
    norm.weight.copy_(draw(6))
    norm.bias.copy_(draw(6))
names = {"layer/gamma": (norm.weight, same), "layer/beta": (norm.bias, same)}
case("layer norm", norm, [draw(2, 3, 6) * 2 + 1], names)

# torch's own module, whose inner width is its embedding width.
mha = nn.MultiheadAttention(8, 2, bias=False, batch_first=True)
with torch.no_grad():
    for p in mha.parameters():
        p.copy_(draw(*p.shape) * 0.5)
names = {f"layer/{n}_kernel": (mha.in_proj_weight, part(i, 8)) for i, n in enumerate(("query", "key", "value"))}
names["layer/output_kernel"] = (mha.out_proj.weight, lambda p: p.t())
case("self-attention", lambda x: mha(x, x, x)[0], [draw(2, 5, 8)], names)

cross = nn.MultiheadAttention(8, 4, bias=False, batch_first=True, kdim=6, vdim=6)
with torch.no_grad():
    for p in cross.parameters():
        p.copy_(draw(*p.shape) * 0.5)
names = {
    "layer/query_kernel": (cross.q_proj_weight, lambda p: p.t()),
    "layer/key_kernel": (cross.k_proj_weight, lambda p: p.t()),
    "layer/value_kernel": (cross.v_proj_weight, lambda p: p.t()),
    "layer/output_kernel": (cross.out_proj.weight, lambda p: p.t()),
}
case("cross-attention", lambda x, m: cross(x, m, m)[0], [draw(2, 3, 8), draw(2, 5, 6)], names)
mask = torch.tensor([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], dtype=torch.float32)
cross.zero_grad()
case(
    "cross-attention, masked",
    lambda x, m: cross(x, m, m, key_padding_mask=mask == 0)[0],
    [draw(2, 3, 8), draw(2, 5, 6)],
    names,
)
CASES["cross-attention, masked"]["mask"] = pack(mask)


def wide(x, wq, wk, wv, wo, heads=2):
    """An inner width other than the embedding's, written out (torch's module has none)."""
    q, k, v = (torch.stack((x @ w).chunk(heads, -1), 1) for w in (wq, wk, wv))
    a = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), -1)
    return torch.cat((a @ v).unbind(1), -1) @ wo


ws = [nn.Parameter(draw(4, 12) * 0.5) for _ in range(3)] + [nn.Parameter(draw(12, 4) * 0.5)]
names = {f"layer/{n}_kernel": (w, same) for n, w in zip(("query", "key", "value", "output"), ws)}
case("self-attention, wide", lambda x: wide(x, *ws), [draw(2, 5, 4)], names)


def positions(x):
    _, t, c = x.shape
    rate = torch.exp(torch.arange(0, c, 2) * (-math.log(10000.0) / c))
    angle = torch.arange(t)[:, None] * rate
    return x + torch.stack([angle.sin(), angle.cos()], -1).flatten(1)[:, :c]


case("sinusoidal positions", positions, [draw(2, 7, 6)], {})

w1, w2 = nn.Parameter(draw(6, 5) * 0.5), nn.Parameter(draw(5, 3))


def pool(x):
    a = torch.softmax(torch.relu(x @ w1) @ w2, 1)
    return torch.cat([(a[:, :, h, None] * x).sum(1) for h in range(3)], -1)


case("attentive pool", pool, [draw(2, 4, 6)], {"layer/hidden_kernel": (w1, same), "layer/score_kernel": (w2, same)})

case("flatten bands", lambda x: x.permute(0, 3, 1, 2).flatten(1, 2).transpose(1, 2), [draw(2, 3, 4, 2)], {})

document = {"made_with": {"torch": torch.__version__, "numpy": np.__version__}, "cases": CASES}
(OUT / "attention.json").write_text(json.dumps(document, separators=(",", ":")))
print(document["made_with"], {k: v["y"]["shape"] for k, v in CASES.items()})
