"""Reference values of the networks of Shim et al. (2022), from PyTorch. Run: python golden/make/models_shim2022.py

The networks are written here from the description of the paper, in ordinary PyTorch; nothing reads our code. Weights and
inputs follow the formula stated in models.py. Dropout keeps value i of a flattened (C, F, T) map of the batch where
element i of the formula's array -2 is at least 0.5, and doubles it.
"""

import json
import math
import pathlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).resolve().parent.parent / "models"
SHAPE = (2, 22, 22)
# The published width is 32; groups, tails and counts follow it.
W = 4
ABSTRACT_OF = [0, 2, 2, 0, 1, 1, 0, 1, 1, 2]


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


class Activation(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind, self.takes = kind, 2 if kind == "mfm" else 1

    def forward(self, x):
        if self.kind == "relu":
            return F.relu(x)
        if self.kind == "leaky":
            return F.leaky_relu(x)
        return torch.maximum(*torch.chunk(x, 2, 1))


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
        p = torch.cat([torch.amax(x, 1, keepdim=True), x.mean(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.bn(self.conv(p)))


class Group(nn.Module):
    """attention: none, cbam or amfm."""

    def __init__(self, i, o, kind="mfm", attention="amfm"):
        super().__init__()
        self.act, self.attention = Activation(kind), attention
        t = self.act.takes
        self.squeeze, self.norm = nn.Conv2d(i, t * i, 1), nn.BatchNorm2d(i)
        self.expand = nn.Conv2d(i, t * o, 3, padding=1)
        self.cbam = None if attention == "none" else Cbam(o)

    def forward(self, x):
        x = self.act(self.expand(self.norm(self.act(self.squeeze(x)))))
        if self.attention == "none":
            return x
        return torch.maximum(x, self.cbam(x)) if self.attention == "amfm" else self.cbam(x)


def pool(x):
    return F.max_pool2d(x, 2, 2, ceil_mode=True)


class Trunk(nn.Module):
    def __init__(self, kind, attention):
        super().__init__()
        self.act = Activation(kind)
        self.stem = nn.Conv2d(1, W * self.act.takes, (7, 3), padding=(1, 7))
        self.group1, self.group2 = Group(W, 3 * W // 2, kind, attention), Group(3 * W // 2, 2 * W, kind, attention)
        self.group3 = Group(2 * W, W, kind, attention)
        self.norm1, self.norm3 = nn.BatchNorm2d(3 * W // 2), nn.BatchNorm2d(W)

    def forward(self, x):
        x = self.norm1(pool(self.group1(pool(self.act(self.stem(x))))))
        return pool(self.norm3(self.group3(pool(self.group2(x)))))


class Hidden(nn.Module):
    def __init__(self, i, o, kind="mfm"):
        super().__init__()
        self.act = Activation(kind)
        self.fc = nn.Linear(i, o * self.act.takes)

    def forward(self, x):
        x = x.flatten(1)
        if self.training:
            keep = torch.tensor(uniform(-2, x.numel()) >= 0.5).reshape(x.shape)
            x = x * keep * 2
        return self.act(self.fc(x))


class Tail(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.group, self.norm = Group(i, o), nn.BatchNorm2d(o)

    def forward(self, x):
        return pool(self.norm(self.group(x)))


class Net(nn.Module):
    def __init__(self, kind="mfm", attention="amfm"):
        super().__init__()
        self.trunk = Trunk(kind, attention)
        self.size = self.trunk.eval()(torch.zeros(1, 1, *SHAPE[1:])).shape[2:]

    def cells(self, halvings):
        f, t = self.size
        for _ in range(halvings):
            f, t = -(-f // 2), -(-t // 2)
        return f * t


class Single(Net):
    def __init__(self, kind="mfm", attention="amfm"):
        super().__init__(kind, attention)
        self.hidden, self.scene = Hidden(W * self.cells(0), 80, kind), nn.Linear(80, 10)

    def forward(self, x):
        return (self.scene(self.hidden(self.trunk(x))),)


class Conventional(Net):
    def __init__(self):
        super().__init__()
        self.hidden = Hidden(W * self.cells(0), 80)
        self.scene, self.abstract = nn.Linear(80, 10), nn.Linear(80, 3)

    def forward(self, x):
        h = self.hidden(self.trunk(x))
        return self.scene(h), self.abstract(h)


class Separated(Conventional):
    """The classifiers of the three abstract classes are slices of one matrix; each has its own softmax."""

    def forward(self, x):
        z, a = super().forward(x)
        log_p3, y = torch.log_softmax(a, 1), [None] * 10
        for g in range(3):
            members = [c for c in range(10) if ABSTRACT_OF[c] == g]
            within = torch.log_softmax(z[:, members], 1)
            for j, c in enumerate(members):
                y[c] = within[:, j] + log_p3[:, g]
        return torch.stack(y, 1), a


class Sequential(Net):
    def __init__(self):
        super().__init__()
        self.abstract_tail, self.scene_tail = Tail(W, W), Tail(W, W // 2)
        self.abstract_hidden, self.abstract = Hidden(W * self.cells(1), 100), nn.Linear(100, 3)
        self.scene_hidden, self.scene = Hidden(W // 2 * self.cells(2), 100), nn.Linear(100, 10)

    def forward(self, x):
        first = self.abstract_tail(self.trunk(x))
        second = self.scene_tail(first)
        return self.scene(self.scene_hidden(second)), self.abstract(self.abstract_hidden(first))


class Extended(Net):
    def __init__(self):
        super().__init__()
        self.abstract_tail, self.scene_tail = Tail(W, W // 2), Tail(W, W // 2)
        self.abstract_hidden, self.abstract = Hidden(W // 2 * self.cells(1), 100), nn.Linear(100, 3)
        self.scene_hidden, self.scene = Hidden(W // 2 * self.cells(1), 100), nn.Linear(100, 10)

    def forward(self, x):
        x = self.trunk(x)
        scene = self.scene(self.scene_hidden(self.scene_tail(x)))
        return scene, self.abstract(self.abstract_hidden(self.abstract_tail(x)))


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
        conv(f"{name}_squeeze_conv", m.squeeze)
        norm(f"{name}_squeeze_norm", m.norm)
        conv(f"{name}_expand_conv", m.expand)
        if m.cbam is not None:
            gate = f"{name}_attention_channel_gate"
            dense(f"{gate}/reduce_kernel", f"{gate}/reduce_bias", m.cbam.fc1)
            dense(f"{gate}/expand_kernel", f"{gate}/expand_bias", m.cbam.fc2)
            conv(f"{name}_attention_spatial_gate", m.cbam.conv)
            norm(f"{name}_attention_spatial_gate", m.cbam.bn)

    conv("stem_conv", net.trunk.stem)
    for n in ("group1", "group2", "group3"):
        group(n, getattr(net.trunk, n))
    norm("group1_norm", net.trunk.norm1)
    norm("group3_norm", net.trunk.norm3)
    for n, m in net.named_children():
        if isinstance(m, Tail):
            task = n.removesuffix("_tail")
            group(f"{task}_group", m.group)
            norm(f"{task}_norm", m.norm)
        elif isinstance(m, Hidden):
            dense(f"{n}_dense/kernel", f"{n}_dense/bias", m.fc)
        elif isinstance(m, nn.Linear):
            dense(f"{n}/kernel", f"{n}/bias", m)
    return out


def ours(t, axes):
    return t.detach() if axes is None else t.detach().permute(axes)


def numbers(t):
    return [float(f"{v:.8g}") for v in t.detach().flatten().tolist()]


def record(name, net):
    """Deployed logits, then one training pass: logits, loss, gradients and moved statistics."""
    tensors, labels, stem = named_tensors(net), [[3, 7], [0, 1]], "stem_conv/kernel"
    names = sorted(tensors)
    with torch.no_grad():
        for k, n in enumerate(names):
            t, axes = tensors[n]
            value = torch.tensor(formula(n, k, list(ours(t, axes).shape)))
            t.copy_(value if axes is None else value.permute(tuple(np.argsort(axes))))
    batch, bands, frames = SHAPE
    x = torch.tensor((4 * uniform(-1, math.prod(SHAPE)) - 2).astype(np.float32)).reshape(batch, 1, bands, frames)
    net.eval()
    with torch.no_grad():
        evaluated = net(x)
    joint = None
    if len(evaluated) == 2:
        p = evaluated[0].softmax(1) * evaluated[1].softmax(1)[:, ABSTRACT_OF]
        joint = p / p.sum(1, keepdim=True)
    net.train()
    x.requires_grad_(True)
    outputs = net(x)
    # A loss as in training: 5 CE(scene) + 1 CE(abstract).
    loss = sum(w * F.cross_entropy(y, torch.tensor(l)) for w, y, l in zip((5, 1), outputs, labels))
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
        "deployed": numbers(evaluated[0]),
        "outputs": [numbers(y) for y in outputs],
        "labels": labels,
        "loss": loss.item(),
        "dx": numbers(x.grad),
        "stem": stem,
        "stem_gradient": numbers(ours(tensors[stem][0].grad, tensors[stem][1])),
        "gradients": gradients,
        "moved": {n: numbers(tensors[n][0]) for n in names if "/moving_" in n},
    }
    if joint is not None:
        document["joint"] = numbers(joint)
    (OUT / f"{name}.json").write_text(json.dumps(document, separators=(",", ":")))
    print(name, document["made_with"], document["parameters"], document["loss"], document["outputs"][0][:3])


torch.set_num_threads(1)
record("shim2022", Single())
for kind, name in (("relu", "relu"), ("leaky", "leaky-relu"), ("mfm", "mfm")):
    record(f"shim2022-{name}", Single(kind, "none"))
    record(f"shim2022-{name}-attention", Single(kind, "cbam"))
record("shim2022-conventional-mtl", Conventional())
record("shim2022-separated-classifier", Separated())
record("shim2022-sequential-mtl", Sequential())
record("shim2022-extended-mtl", Extended())
