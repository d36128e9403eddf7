"""Reference values of the networks of Heo et al. (2021), from PyTorch. Run: python golden/make/models_clova2021.py

The networks are written here from their description, in ordinary PyTorch (B, C, F, T); nothing reads our code. Weights and
inputs follow network_formula.py.
"""

import torch
from torch import nn
from torch.nn import functional as F

from network_formula import Names, record

# A quarter of the published 16/24/28/32, for tests in JavaScript.
WIDTHS = (4, 6, 7, 8)


def mfm(x):
    a, b = torch.chunk(x, 2, 1)
    return torch.maximum(a, b)


class SqueezeExcitation(nn.Module):
    def __init__(self, c, r):
        super().__init__()
        self.down, self.up = nn.Linear(c, max(1, c // r)), nn.Linear(max(1, c // r), c)

    def forward(self, x):
        return x * torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3))))))[:, :, None, None]


class LowRank(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.f = nn.Conv2d(i, i // 3, (3, 1), (s, 1), (1, 0))
        self.t = nn.Conv2d(i // 3, o, (1, 3), (1, s), (0, 1))

    def forward(self, x):
        return self.t(self.f(x))


class Residual(nn.Module):
    def __init__(self, i, w, s, decomposed):
        super().__init__()
        conv = LowRank if decomposed else lambda i, o, s: nn.Conv2d(i, o, 3, s, 1)
        self.conv1, self.bn1 = conv(i, 2 * w, s), nn.BatchNorm2d(w)
        self.conv2, self.bn2 = conv(w, 2 * w, 1), nn.BatchNorm2d(2 * w)
        self.se, self.short = SqueezeExcitation(2 * w, 8), nn.Conv2d(i, 2 * w, 1, s)

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(mfm(self.conv1(x)))))
        return mfm(self.se(y) + self.short(x))


class ResnetSe(nn.Module):
    def __init__(self):
        super().__init__()
        i, blocks = WIDTHS[0], []
        self.stem, self.bn = nn.Conv2d(1, 2 * i, 5, padding=2), nn.BatchNorm2d(i)
        for stage, w in enumerate(WIDTHS):
            for k in range(2):
                blocks.append(Residual(i, w, 2 if stage > 0 and k == 0 else 1, stage > 0))
                i = w
        self.blocks, self.scene = nn.ModuleList(blocks), nn.Linear(i, 10)

    def forward(self, x):
        x = self.bn(mfm(self.stem(x)))
        for b in self.blocks:
            x = b(x)
        return (self.scene(x.mean((2, 3))),)


def resnet_names(net):
    out = Names()
    out.conv("stem_conv", net.stem)
    out.norm("stem_norm", net.bn)
    for k, b in enumerate(net.blocks):
        at = f"stage{k // 2 + 1}_block{k % 2 + 1}"
        for c, m in (("conv1", b.conv1), ("conv2", b.conv2)):
            if isinstance(m, LowRank):
                out.conv(f"{at}_{c}_frequency", m.f)
                out.conv(f"{at}_{c}_time", m.t)
            else:
                out.conv(f"{at}_{c}", m)
        out.norm(f"{at}_norm1", b.bn1)
        out.norm(f"{at}_norm2", b.bn2)
        out.dense(f"{at}_excitation", b.se.down, "reduce_")
        out.dense(f"{at}_excitation", b.se.up, "expand_")
        out.conv(f"{at}_shortcut", b.short)
    out.dense("scene", net.scene)
    return out


class Cbam(nn.Module):
    """Reduction 1: as many hidden units as channels."""

    def __init__(self, c):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(c, c), nn.Linear(c, c)
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.bn = nn.BatchNorm2d(1, eps=1e-5, momentum=0.01)

    def forward(self, x):
        # amax shares the gradient among equal maxima, as our layer does.
        s = sum(self.fc2(torch.relu(self.fc1(p))) for p in (x.mean((2, 3)), torch.amax(x, (2, 3))))
        x = x * torch.sigmoid(s)[:, :, None, None]
        p = torch.cat([x.max(1, keepdim=True).values, x.mean(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.bn(self.conv(p)))


class Group(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.squeeze, self.norm = nn.Conv2d(i, 2 * i, 1), nn.BatchNorm2d(i)
        self.expand, self.cbam = nn.Conv2d(i, 2 * o, 3, padding=1), Cbam(o)

    def forward(self, x):
        x = mfm(self.expand(self.norm(mfm(self.squeeze(x)))))
        return torch.maximum(x, self.cbam(x))


def pool(x):
    return F.max_pool2d(x, 2, 2, ceil_mode=True)


class Head(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.group, self.norm, self.fc = Group(32, 16), nn.BatchNorm2d(16), nn.Linear(16, classes, bias=False)

    def forward(self, x):
        return self.fc(pool(self.norm(self.group(x))).mean((2, 3)))


class Amfm(nn.Module):
    def __init__(self, kernel, padding, normed):
        super().__init__()
        self.stem = nn.Conv2d(1, 16, kernel, padding=padding)
        self.groups = nn.ModuleList([Group(8, 32), Group(32, 32), Group(32, 32)])
        self.norms = nn.ModuleList(nn.BatchNorm2d(32) if normed else nn.Identity() for _ in range(3))
        self.scene, self.abstract = Head(10), Head(3)

    def forward(self, x):
        g, n = self.groups, self.norms
        x = n[0](pool(g[0](pool(mfm(self.stem(x))))))
        x = n[1](pool(g[1](x)))
        x = pool(n[2](g[2](x)))
        return self.scene(x), self.abstract(x)


def amfm_names(net):
    out = Names()

    def group(name, m):
        gate = f"{name}_attention_channel_gate"
        out.conv(f"{name}_squeeze_conv", m.squeeze)
        out.norm(f"{name}_squeeze_norm", m.norm)
        out.conv(f"{name}_expand_conv", m.expand)
        out.dense(gate, m.cbam.fc1, "reduce_")
        out.dense(gate, m.cbam.fc2, "expand_")
        out.conv(f"{name}_attention_spatial_gate", m.cbam.conv)
        out.norm(f"{name}_attention_spatial_gate", m.cbam.bn)

    out.conv("stem_conv", net.stem)
    for k, (g, n) in enumerate(zip(net.groups, net.norms), 1):
        group(f"group{k}", g)
        if isinstance(n, nn.BatchNorm2d):
            out.norm(f"group{k}_norm", n)
    for n in ("scene", "abstract"):
        head = getattr(net, n)
        group(f"{n}_group", head.group)
        out.norm(f"{n}_norm", head.norm)
        out.dense(n, head.fc)
    return out


net = ResnetSe()
record("clova2021-resnetse-mfm", net, resnet_names(net), (2, 16, 16), "stem_conv/kernel", [[3, 7]])
# Sizes at which float32 and float64 agree to 1e-5: at others a norm over a few values is ill-conditioned.
for variant, shape, kernel, padding, normed in (("a", (2, 18, 10), 3, 1, True), ("b", (2, 16, 8), (7, 3), (1, 7), False)):
    net = Amfm(kernel, padding, normed)
    record(f"clova2021-amfm-small-count-{variant}", net, amfm_names(net), shape, "stem_conv/kernel", [[3, 7], [0, 2]])
