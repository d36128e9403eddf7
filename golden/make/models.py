"""Reference values of whole networks, from PyTorch. Run: python golden/make/models.py

The network is written here from the description of the papers, in ordinary PyTorch; nothing reads our code. To keep the
file small, every number that goes in follows a formula that both sides compute: element i of the array of index k (names
sorted by code point, the input is index -1) is u = fmix32(i + 0x9E3779B9 * (k + 1)) / 2**32, fmix32 being MurmurHash3's
finaliser, and then
  input            4u - 2
  gamma            1 + 0.4 (u - 0.5)
  beta, bias       0.4 (u - 0.5)
  moving_mean      0.2 (u - 0.5)
  moving_variance  0.5 + u
  kernels          (2u - 1) * sqrt(3 / n), n = product of all sizes but the last
Arrays are laid out as (B, F, T, C), (kh, kw, in, out) and (in, out).
"""

import json
import math
import pathlib

import numpy as np
import torch
from torch import nn
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


class MfmConv(nn.Module):
    def __init__(self, i, o, k, p):
        super().__init__()
        self.conv = nn.Conv2d(i, 2 * o, k, padding=p)

    def forward(self, x):
        a, b = torch.chunk(self.conv(x), 2, 1)
        return torch.maximum(a, b)


class Cbam(nn.Module):
    def __init__(self, c, r=16):
        super().__init__()
        h = max(1, c // r)
        self.fc1, self.fc2 = nn.Linear(c, h), nn.Linear(h, c)
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.bn = nn.BatchNorm2d(1, eps=1e-5, momentum=0.01)

    def forward(self, x):
        mlp = lambda p: self.fc2(torch.relu(self.fc1(p)))  # noqa: E731
        # amax shares the gradient among equal maxima, as our layer does.
        s = mlp(x.mean((2, 3))) + mlp(torch.amax(x, (2, 3)))
        x = x * torch.sigmoid(s)[:, :, None, None]
        p = torch.cat([x.max(1, keepdim=True).values, x.mean(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.bn(self.conv(p)))


class Group(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.squeeze, self.norm = MfmConv(i, i, 1, 0), nn.BatchNorm2d(i)
        self.expand, self.cbam = MfmConv(i, o, 3, 1), Cbam(o)

    def forward(self, x):
        x = self.expand(self.norm(self.squeeze(x)))
        return torch.maximum(x, self.cbam(x))


def pool(x):
    return F.max_pool2d(x, 2, 2, ceil_mode=True)


class Head(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.group, self.norm, self.fc = Group(32, 16), nn.BatchNorm2d(16), nn.Linear(16, classes)

    def forward(self, x):
        return self.fc(pool(self.norm(self.group(x))).mean((2, 3)))


class AmfmSmall(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = MfmConv(1, 16, (7, 3), (1, 7))
        self.group1, self.group2, self.group3 = Group(16, 32), Group(32, 32), Group(32, 32)
        self.norm1, self.norm3 = nn.BatchNorm2d(32), nn.BatchNorm2d(32)
        self.scene, self.abstract = Head(10), Head(3)

    def forward(self, x):
        x = self.norm1(pool(self.group1(pool(self.stem(x)))))
        x = pool(self.norm3(self.group3(pool(self.group2(x)))))
        return self.scene(x), self.abstract(x)


def named_tensors(net):
    """Our name -> (tensor of the network, permutation to our layout)."""
    out = {}

    def conv(name, m):
        out[f"{name}/kernel"] = (m.weight, (2, 3, 1, 0))
        if m.bias is not None:
            out[f"{name}/bias"] = (m.bias, None)

    def dense(kernel, bias, m):
        out[kernel], out[bias] = (m.weight, (1, 0)), (m.bias, None)

    def norm(name, m):
        for ours, theirs in (("gamma", m.weight), ("beta", m.bias), ("moving_mean", m.running_mean)):
            out[f"{name}/{ours}"] = (theirs, None)
        out[f"{name}/moving_variance"] = (m.running_var, None)

    def group(name, m):
        conv(f"{name}_squeeze_conv", m.squeeze.conv)
        norm(f"{name}_squeeze_norm", m.norm)
        conv(f"{name}_expand_conv", m.expand.conv)
        gate = f"{name}_attention_channel_gate"
        dense(f"{gate}/reduce_kernel", f"{gate}/reduce_bias", m.cbam.fc1)
        dense(f"{gate}/expand_kernel", f"{gate}/expand_bias", m.cbam.fc2)
        conv(f"{name}_attention_spatial_gate", m.cbam.conv)
        norm(f"{name}_attention_spatial_gate", m.cbam.bn)

    conv("stem_conv", net.stem.conv)
    for n in ("group1", "group2", "group3"):
        group(n, getattr(net, n))
    norm("group1_norm", net.norm1)
    norm("group3_norm", net.norm3)
    for n in ("scene", "abstract"):
        head = getattr(net, n)
        group(f"{n}_group", head.group)
        norm(f"{n}_norm", head.norm)
        dense(f"{n}/kernel", f"{n}/bias", head.fc)
    return out


class Block(nn.Module):
    """CP-Mobile's inverted bottleneck, with the input added where channels agree (averaged 3x3 where strided)."""

    def __init__(self, i, o, s):
        super().__init__()
        e = make_divisible(i * 2.1)
        self.expand, self.n1 = nn.Conv2d(i, e, 1, bias=False), nn.BatchNorm2d(e)
        self.depth, self.n2 = nn.Conv2d(e, e, 3, s, 1, groups=e, bias=False), nn.BatchNorm2d(e)
        self.project, self.n3 = nn.Conv2d(e, o, 1, bias=False), nn.BatchNorm2d(o)
        self.residual = i == o
        self.shortcut = nn.Identity() if s == (1, 1) else nn.AvgPool2d(3, s, 1)

    def forward(self, x):
        y = torch.relu(self.n1(self.expand(x)))
        y = self.n3(self.project(torch.relu(self.n2(self.depth(y)))))
        return torch.relu(y + self.shortcut(x) if self.residual else y)


def make_divisible(v, d=8):
    n = max(d, int(v + d / 2) // d * d)
    return n + d if n < 0.9 * v else n


class Dcase2024(nn.Module):
    def __init__(self):
        super().__init__()
        self.in1, self.in1n = nn.Conv2d(1, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8)
        self.in2, self.in2n = nn.Conv2d(8, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32)
        widths, blocks, c = [make_divisible(32 * 1.8**k) for k in range(3)], [], 32
        for stage, count in enumerate((3, 2, 1)):
            for _ in range(count):
                s = {3: (1, 2), 4: (2, 1)}.get(len(blocks) + 1, (1, 1))
                blocks.append(Block(c, widths[stage], s))
                c = widths[stage]
        self.blocks = nn.ModuleList(blocks)
        self.scores, self.scoresn = nn.Conv2d(c, 10, 1, bias=False), nn.BatchNorm2d(10)

    def forward(self, x):
        x = torch.relu(self.in2n(self.in2(torch.relu(self.in1n(self.in1(x))))))
        for b in self.blocks:
            x = b(x)
        return (self.scoresn(self.scores(x)).mean((2, 3)),)


def dcase_tensors(net):
    out = {}

    def pair(name, conv, norm, axes=(2, 3, 1, 0)):
        out[f"{name}_conv/kernel"] = (conv.weight, axes)
        for ours, theirs in (("gamma", norm.weight), ("beta", norm.bias), ("moving_mean", norm.running_mean)):
            out[f"{name}_norm/{ours}"] = (theirs, None)
        out[f"{name}_norm/moving_variance"] = (norm.running_var, None)

    pair("in1", net.in1, net.in1n)
    pair("in2", net.in2, net.in2n)
    for k, b in enumerate(net.blocks, 1):
        pair(f"b{k}_expand", b.expand, b.n1)
        pair(f"b{k}_depth", b.depth, b.n2, (2, 3, 0, 1))
        pair(f"b{k}_project", b.project, b.n3)
    pair("scores", net.scores, net.scoresn)
    return out


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
    # A loss as in training: 5 CE(scene) + 1 CE(abstract).
    weights = (5, 1)
    loss = sum(w * F.cross_entropy(y, torch.tensor(l)) for w, y, l in zip(weights, outputs, labels))
    loss.backward()
    gradients = {}
    for k, n in enumerate(names):
        t, axes = tensors[n]
        if t.requires_grad:
            g = ours(t.grad, axes).flatten().double().numpy()
            # Norm, and inner product with the formula's numbers 2u - 1 of the same array.
            gradients[n] = [float(np.linalg.norm(g)), float(g @ (2 * uniform(k, g.size) - 1))]
    document = {
        "made_with": {"torch": torch.__version__, "numpy": np.__version__},
        "shape": [batch, bands, frames, 1],
        "parameters": sum(p.numel() for p in net.parameters()),
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
    print(name, document["made_with"], document["parameters"], document["loss"], document["outputs"][0][:3])


net = AmfmSmall()
record("amfm-small", net, named_tensors(net), (2, 16, 8), "stem_conv/kernel", [[3, 7], [0, 2]])
net = Dcase2024()
record("dcase2024", net, dcase_tensors(net), (2, 24, 20), "in1_conv/kernel", [[3, 7]])
