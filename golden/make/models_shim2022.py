"""Reference values of the networks of Shim et al. (2022), from PyTorch. Run: python golden/make/models_shim2022.py

The networks are written here from the description of the paper, in ordinary PyTorch; nothing reads our code. Weights and
inputs follow network_formula.py. Dropout keeps value i of a flattened (C, F, T) map of the batch where
element i of the formula's array -2 is at least 0.5, and doubles it.
"""

import torch
from torch import nn
from torch.nn import functional as F

from network_formula import Names, numbers, record, uniform

SHAPE = (2, 22, 22)
# The published width is 32; groups, tails and counts follow it.
W = 4
ABSTRACT_OF = [0, 2, 2, 0, 1, 1, 0, 1, 1, 2]


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


def names(net):
    out = Names()

    def group(name, m):
        out.conv(f"{name}_squeeze_conv", m.squeeze)
        out.norm(f"{name}_squeeze_norm", m.norm)
        out.conv(f"{name}_expand_conv", m.expand)
        if m.cbam is not None:
            gate = f"{name}_attention_channel_gate"
            out.dense(gate, m.cbam.fc1, "reduce_")
            out.dense(gate, m.cbam.fc2, "expand_")
            out.conv(f"{name}_attention_spatial_gate", m.cbam.conv)
            out.norm(f"{name}_attention_spatial_gate", m.cbam.bn)

    out.conv("stem_conv", net.trunk.stem)
    for n in ("group1", "group2", "group3"):
        group(n, getattr(net.trunk, n))
    out.norm("group1_norm", net.trunk.norm1)
    out.norm("group3_norm", net.trunk.norm3)
    for n, m in net.named_children():
        if isinstance(m, Tail):
            task = n.removesuffix("_tail")
            group(f"{task}_group", m.group)
            out.norm(f"{task}_norm", m.norm)
        elif isinstance(m, Hidden):
            out.dense(f"{n}_dense", m.fc)
        elif isinstance(m, nn.Linear):
            out.dense(n, m)
    return out


def joint(outputs):
    """The scene posterior times its abstract class's, normalised."""
    if len(outputs) == 1:
        return {}
    p = outputs[0].softmax(1) * outputs[1].softmax(1)[:, ABSTRACT_OF]
    return {"joint": numbers(p / p.sum(1, keepdim=True))}


def save(name, net):
    record(name, net, names(net), SHAPE, "stem_conv/kernel", [[3, 7], [0, 1]], more=joint)


torch.set_num_threads(1)
save("shim2022", Single())
for kind, name in (("relu", "relu"), ("leaky", "leaky-relu"), ("mfm", "mfm")):
    save(f"shim2022-{name}", Single(kind, "none"))
    save(f"shim2022-{name}-attention", Single(kind, "cbam"))
save("shim2022-conventional-mtl", Conventional())
save("shim2022-separated-classifier", Separated())
save("shim2022-sequential-mtl", Sequential())
save("shim2022-extended-mtl", Extended())
