"""Reference values of joint prediction and of softmax by group, from PyTorch. Run: python golden/make/layers_joint.py

Tensors are drawn from NumPy's Philox and stored; nothing here reads our code.
"""

import json
import pathlib

import numpy as np
import torch

OUT = pathlib.Path(__file__).resolve().parent.parent / "layers"
RNG = np.random.Generator(np.random.Philox(2022))
GROUP_OF = [0, 2, 2, 0, 1, 1, 0, 1, 1, 2]


def draw(*shape):
    return torch.tensor(RNG.standard_normal(shape).astype(np.float32)) * 3


def pack(t):
    return {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]}


def case(f, x):
    x.requires_grad_(True)
    y = f(x)
    r = draw(*y.shape)
    (y * r).sum().backward()
    return {"x": pack(x), "projection": pack(r), "y": pack(y), "dx": pack(x.grad)}


def joint(x):
    product = x[:, :10].softmax(1) * x[:, 10:].softmax(1)[:, GROUP_OF]
    return torch.log(product / product.sum(1, keepdim=True))


def by_group(x):
    y = torch.empty_like(x)
    for g in range(3):
        members = [c for c in range(10) if GROUP_OF[c] == g]
        y[:, members] = torch.log(x[:, members].softmax(1))
    return y


document = {
    "made_with": {"torch": torch.__version__, "numpy": np.__version__},
    "groupOf": GROUP_OF,
    "joint": case(joint, draw(4, 13)),
    "byGroup": case(by_group, draw(4, 10)),
}
(OUT / "joint.json").write_text(json.dumps(document, separators=(",", ":")))
print(document["made_with"], document["joint"]["y"]["data"][:3])
