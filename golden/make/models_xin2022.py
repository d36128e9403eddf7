"""Reference values of SP4ASC and of the network of Xin et al. (2022), from PyTorch. Run: python golden/make/models_xin2022.py

The networks are written here from their description, in ordinary PyTorch (B, C, F, T); nothing reads our code. Weights,
inputs and draws follow network_formula.py.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from network_formula import Names, draw, record

BANDS = 32
# A fraction of the published 64/128/128/128, for tests in JavaScript.
WIDTHS = (8, 12, 12, 12)


class Cross(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.f = nn.Conv2d(c, c, (3, 1), padding=(2, 0), dilation=(2, 1), groups=c, bias=False)
        self.t = nn.Conv2d(c, c, (1, 3), padding=(0, 2), dilation=(1, 2), groups=c, bias=False)

    def forward(self, x):
        return self.f(x) + self.t(x)


class CoordinateAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        m = max(8, c // 32)
        self.squeeze, self.bn = nn.Conv2d(c, m, 1), nn.BatchNorm2d(m)
        self.of_bands, self.of_frames = nn.Conv2d(m, c, 1), nn.Conv2d(m, c, 1)

    def forward(self, x):
        h, w = x.shape[2:]
        rows = torch.cat([x.mean(3, keepdim=True), x.mean(2, keepdim=True).transpose(2, 3)], 2)
        a, b = torch.split(F.hardswish(self.bn(self.squeeze(rows))), [h, w], 2)
        return x * torch.sigmoid(self.of_frames(b.transpose(2, 3))) * torch.sigmoid(self.of_bands(a))


class MixMask(nn.Module):
    """Half of the example, half of a partner, in stripes of below F/8 bands and T/4 frames."""

    def __init__(self, stripes):
        super().__init__()
        self.stripes = stripes

    def forward(self, x):
        if not self.training:
            return x
        for axis, limit in ((3, x.shape[3] // 4), (2, x.shape[2] // 8)):
            if limit < 2:
                continue
            u, keys = draw(2 * self.stripes, len(x), 1), draw(len(x), 1)
            partner = x[torch.tensor(np.argsort(np.argsort(keys[:, 0], kind="stable"), kind="stable"))]
            here = torch.arange(x.shape[axis])
            for i in range(self.stripes):
                inside = torch.zeros(len(x), x.shape[axis], dtype=torch.bool)
                for b in range(len(x)):
                    width = int(u[2 * i, b, 0] * limit)
                    start = int(u[2 * i + 1, b, 0] * (x.shape[axis] - width))
                    inside[b] = (here >= start) & (here < start + width)
                inside = inside[:, None, :, None] if axis == 2 else inside[:, None, None, :]
                x = torch.where(inside, (x + partner) / 2, x)
        return x


class Dropout(nn.Module):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training:
            return x
        return x * torch.tensor(draw(*x.shape) >= np.float32(self.rate)) / (1 - self.rate)


class Block(nn.Module):
    def __init__(self, i, o, xin):
        super().__init__()
        self.mix, self.cross, self.bn = nn.Conv2d(i, o, 1, bias=False), Cross(o), nn.BatchNorm2d(o)
        self.mixbn = nn.BatchNorm2d(o) if xin else nn.Identity()
        self.ca = CoordinateAttention(o) if xin else nn.Identity()
        self.mask = MixMask(1) if xin else nn.Identity()

    def forward(self, x):
        x = torch.relu(self.bn(self.cross(self.mixbn(self.mix(x)))))
        return self.mask(F.avg_pool2d(self.ca(x), 2))


class Network(nn.Module):
    def __init__(self, xin, rate):
        super().__init__()
        self.xin, self.bands = xin, nn.BatchNorm2d(BANDS)
        self.mask = MixMask(2) if xin else nn.Identity()
        self.blocks = nn.ModuleList(Block(i, o, xin) for i, o in zip((1, *WIDTHS), WIDTHS))
        self.drop, self.hidden, self.scene = Dropout(rate), nn.Linear(WIDTHS[-1], WIDTHS[-1]), nn.Linear(WIDTHS[-1], 10)

    def forward(self, x):
        x = self.mask(self.bands(x.transpose(1, 2)).transpose(1, 2))
        for b in self.blocks:
            x = b(x)
        m = x.mean(2)
        m = m.max(2).values + m.mean(2)
        return (self.scene(self.drop(torch.relu(self.hidden(self.drop(m))))),)


def names(net):
    out = Names()
    out.norm("band_norm", net.bands)
    for k, b in enumerate(net.blocks, 1):
        out.conv(f"block{k}_mix", b.mix)
        out.conv(f"block{k}_cross", b.cross.f, (2, 3, 0, 1), "frequency_kernel")
        out.conv(f"block{k}_cross", b.cross.t, (2, 3, 0, 1), "time_kernel")
        out.norm(f"block{k}_norm", b.bn)
        if net.xin:
            at = f"block{k}_attention"
            out.norm(f"block{k}_mix_norm", b.mixbn)
            out.conv(at, b.ca.squeeze, weight="reduce_kernel", bias="reduce_bias")
            out.norm(at, b.ca.bn)
            out.conv(at, b.ca.of_bands, weight="frequency_kernel", bias="frequency_bias")
            out.conv(at, b.ca.of_frames, weight="time_kernel", bias="time_bias")
    out.dense("hidden", net.hidden)
    out.dense("scene", net.scene)
    return out


# Xin's network with every second frame has the same weights.
for name, xin, rate, frames in (("xin2022", True, 0.1, 32), ("xin2022-30mmac", True, 0.1, 16), ("sp4asc", False, 0.2, 32)):
    net = Network(xin, rate)
    record(name, net, names(net), (2, BANDS, frames), "block1_cross/frequency_kernel", [[3, 7]])
