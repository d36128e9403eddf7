"""Reference values of whole networks, from PyTorch. Run: python golden/make/models.py

The networks are written here from the description of the papers, in ordinary PyTorch; nothing reads our code. Weights and
inputs follow network_formula.py.
"""

import torch
from torch import nn
from torch.nn import functional as F

from network_formula import Names, record


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


def amfm_names(net):
    out = Names()

    def group(name, m):
        gate = f"{name}_attention_channel_gate"
        out.conv(f"{name}_squeeze_conv", m.squeeze.conv)
        out.norm(f"{name}_squeeze_norm", m.norm)
        out.conv(f"{name}_expand_conv", m.expand.conv)
        out.dense(gate, m.cbam.fc1, "reduce_")
        out.dense(gate, m.cbam.fc2, "expand_")
        out.conv(f"{name}_attention_spatial_gate", m.cbam.conv)
        out.norm(f"{name}_attention_spatial_gate", m.cbam.bn)

    out.conv("stem_conv", net.stem.conv)
    for n in ("group1", "group2", "group3"):
        group(n, getattr(net, n))
    out.norm("group1_norm", net.norm1)
    out.norm("group3_norm", net.norm3)
    for n in ("scene", "abstract"):
        head = getattr(net, n)
        group(f"{n}_group", head.group)
        out.norm(f"{n}_norm", head.norm)
        out.dense(n, head.fc)
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


def dcase_names(net):
    out = Names()

    def pair(name, conv, norm):
        (out.conv if conv.groups == 1 else out.depthwise)(f"{name}_conv", conv)
        out.norm(f"{name}_norm", norm)

    pair("in1", net.in1, net.in1n)
    pair("in2", net.in2, net.in2n)
    for k, b in enumerate(net.blocks, 1):
        pair(f"b{k}_expand", b.expand, b.n1)
        pair(f"b{k}_depth", b.depth, b.n2)
        pair(f"b{k}_project", b.project, b.n3)
    pair("scores", net.scores, net.scoresn)
    return out


net = AmfmSmall()
record("amfm-small", net, amfm_names(net), (2, 16, 8), "stem_conv/kernel", [[3, 7], [0, 2]])
net = AmfmSmall()
record("clova2021-amfm-small", net, amfm_names(net), (2, 20, 10), "stem_conv/kernel", [[1, 5], [2, 1]])
net = Dcase2024()
record("dcase2024", net, dcase_names(net), (2, 24, 20), "in1_conv/kernel", [[3, 7]])
