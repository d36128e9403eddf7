"""The networks of `bench train` in ordinary PyTorch, by the names our presets have.

Written from the publications, the way a PyTorch user would: (B, C, F, T) maps, modules of torch.nn, vectorised masks.
Fresh weights; a network refuses to start unless it has as many parameters as ours.
"""

import torch
from torch import nn
from torch.nn import functional as F

import amfm_small


def mfm(x):
    return torch.maximum(*x.chunk(2, 1))


def halve(x):
    return F.max_pool2d(x, 2, ceil_mode=True)


# Heo et al. 2021: residual blocks over max feature maps, squeeze-and-excitation, low-rank convolutions.


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        self.down = nn.Linear(channels, max(1, channels // reduction))
        self.up = nn.Linear(max(1, channels // reduction), channels)

    def forward(self, x):
        return x * torch.sigmoid(self.up(F.relu(self.down(x.mean((2, 3))))))[:, :, None, None]


def low_rank(i, o, stride):
    rank = i // 3
    return nn.Sequential(
        nn.Conv2d(i, rank, (3, 1), (stride, 1), (1, 0)), nn.Conv2d(rank, o, (1, 3), (1, stride), (0, 1))
    )


class Residual(nn.Module):
    def __init__(self, i, width, stride, decomposed):
        super().__init__()
        conv = low_rank if decomposed else lambda i, o, s: nn.Conv2d(i, o, 3, s, 1)
        self.conv1, self.norm1 = conv(i, 2 * width, stride), nn.BatchNorm2d(width)
        self.conv2, self.norm2 = conv(width, 2 * width, 1), nn.BatchNorm2d(2 * width)
        self.excite, self.shortcut = SqueezeExcitation(2 * width, 8), nn.Conv2d(i, 2 * width, 1, stride)

    def forward(self, x):
        y = self.norm2(self.conv2(self.norm1(mfm(self.conv1(x)))))
        return mfm(self.excite(y) + self.shortcut(x))


class ResnetSeMfm(nn.Module):
    def __init__(self, classes):
        super().__init__()
        widths, i, blocks = (16, 24, 28, 32), 16, []
        self.stem, self.norm = nn.Conv2d(1, 32, 5, padding=2), nn.BatchNorm2d(16)
        for stage, width in enumerate(widths):
            for first in (True, False):
                blocks.append(Residual(i, width, 2 if stage > 0 and first else 1, stage > 0))
                i = width
        self.blocks, self.scene = nn.Sequential(*blocks), nn.Linear(i, classes)

    def forward(self, x):
        return (self.scene(self.blocks(self.norm(mfm(self.stem(x)))).mean((2, 3))),)


# Xin et al. 2022: dilated depthwise pairs, coordinate attention, SpecAugment++ (mixture masks).


class MixtureMask(nn.Module):
    def __init__(self, stripes):
        super().__init__()
        self.stripes = stripes

    def forward(self, x):
        if not self.training:
            return x
        for axis, limit in ((3, x.shape[3] // 4), (2, x.shape[2] // 8)):
            if limit < 2:
                continue
            batch, size = len(x), x.shape[axis]
            partner = x[torch.randperm(batch)]
            position = torch.arange(size)
            for _ in range(self.stripes):
                width = torch.randint(limit, (batch, 1))
                start = (torch.rand(batch, 1) * (size - width)).floor()
                inside = (position >= start) & (position < start + width)
                x = torch.where(inside[:, None, None] if axis == 3 else inside[:, None, :, None], (x + partner) / 2, x)
        return x


class CoordinateAttention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        squeezed = max(8, channels // 32)
        self.squeeze, self.norm = nn.Conv2d(channels, squeezed, 1), nn.BatchNorm2d(squeezed)
        self.bands, self.frames = nn.Conv2d(squeezed, channels, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        rows = torch.cat([x.mean(3, keepdim=True), x.mean(2, keepdim=True).transpose(2, 3)], 2)
        a, b = torch.split(F.hardswish(self.norm(self.squeeze(rows))), x.shape[2:], 2)
        return x * torch.sigmoid(self.frames(b.transpose(2, 3))) * torch.sigmoid(self.bands(a))


class SeparableBlock(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.mix, self.mix_norm = nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o)
        self.along_bands = nn.Conv2d(o, o, (3, 1), padding=(2, 0), dilation=(2, 1), groups=o, bias=False)
        self.along_frames = nn.Conv2d(o, o, (1, 3), padding=(0, 2), dilation=(1, 2), groups=o, bias=False)
        self.norm, self.attention, self.mask = nn.BatchNorm2d(o), CoordinateAttention(o), MixtureMask(1)

    def forward(self, x):
        x = self.mix_norm(self.mix(x))
        x = F.relu(self.norm(self.along_bands(x) + self.along_frames(x)))
        return self.mask(F.avg_pool2d(self.attention(x), 2))


class Xin2022(nn.Module):
    def __init__(self, classes, bands=256):
        super().__init__()
        widths = (64, 128, 128, 128)
        self.norm, self.mask = nn.BatchNorm2d(bands), MixtureMask(2)
        self.blocks = nn.Sequential(*(SeparableBlock(i, o) for i, o in zip((1, *widths), widths)))
        self.head = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(128, 128), nn.ReLU(), nn.Dropout(0.1), nn.Linear(128, classes)
        )

    def forward(self, x):
        x = self.mask(self.norm(x.transpose(1, 2)).transpose(1, 2))
        x = self.blocks(x).mean(2)
        return (self.head(x.amax(2) + x.mean(2)),)


# Shim et al. 2022: extended MTL.


class Tail(nn.Module):
    def __init__(self, cells, classes):
        super().__init__()
        self.group, self.norm = amfm_small.AmfmGroup(32, 16), nn.BatchNorm2d(16)
        self.drop, self.hidden, self.out = nn.Dropout(0.5), nn.Linear(16 * cells, 200), nn.Linear(100, classes)

    def forward(self, x):
        return self.out(mfm(self.hidden(self.drop(halve(self.norm(self.group(x))).flatten(1)))))


class Shim2022Extended(nn.Module):
    def __init__(self, classes, abstract_classes):
        super().__init__()
        self.stem = amfm_small.MfmConv(1, 32, (7, 3), padding=(1, 7))
        self.group1, self.norm1 = amfm_small.AmfmGroup(32, 48), nn.BatchNorm2d(48)
        self.group2 = amfm_small.AmfmGroup(48, 64)
        self.group3, self.norm3 = amfm_small.AmfmGroup(64, 32), nn.BatchNorm2d(32)
        self.scene, self.abstract = Tail(8 * 9, classes), Tail(8 * 9, abstract_classes)

    def forward(self, x):
        x = self.norm1(halve(self.group1(halve(self.stem(x)))))
        x = halve(self.norm3(self.group3(halve(self.group2(x)))))
        return self.scene(x), self.abstract(x)


# Zhang et al. 2019: one-dimensional encoder, multi-head attentive pooling, and the cross-modal attention model.


class Encoder(nn.Module):
    def __init__(self, bands):
        super().__init__()
        sizes = (bands, 64, 128, 256, 512)
        self.convs = nn.ModuleList(nn.Conv1d(i, o, 3, padding=1) for i, o in zip(sizes, sizes[1:]))
        self.norms = nn.ModuleList(nn.BatchNorm1d(o) for o in sizes[1:])

    def forward(self, x):
        """(B, 1, F, T) -> (B, T', 512)."""
        x = x[:, 0]
        for conv, norm in zip(self.convs, self.norms):
            x = F.max_pool1d(F.relu(norm(conv(x))), 2, ceil_mode=True)
        return x.transpose(1, 2)


class AttentivePool(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.hidden, self.score = nn.Linear(size, 1024, bias=False), nn.Linear(1024, 4, bias=False)

    def forward(self, x):
        weights = torch.softmax(self.score(F.relu(self.hidden(x))), 1)
        return (weights.transpose(1, 2) @ x).flatten(1)


class Attend(nn.Module):
    def __init__(self, size, memory, inner=2048, heads=8):
        super().__init__()
        self.heads = heads
        self.query, self.key = nn.Linear(size, inner, bias=False), nn.Linear(memory, inner, bias=False)
        self.value, self.out = nn.Linear(memory, inner, bias=False), nn.Linear(inner, size, bias=False)
        self.norm, self.drop = nn.LayerNorm(size), nn.Dropout(0.1)

    def forward(self, x, memory):
        def split(t):
            return t.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        y = F.scaled_dot_product_attention(
            split(self.query(x)), split(self.key(memory)), split(self.value(memory))
        )
        return self.norm(self.drop(self.out(y.transpose(1, 2).flatten(2))) + x)


class Zhang2019(nn.Module):
    def __init__(self, classes, bands=64):
        super().__init__()
        self.encoder, self.pool, self.scene = Encoder(bands), AttentivePool(512), nn.Linear(2048, classes)

    def forward(self, x):
        return (self.scene(self.pool(self.encoder(x))),)


class Zhang2019Cmam(nn.Module):
    def __init__(self, classes, bands=64, size=128, layers=12):
        super().__init__()
        self.encoder = Encoder(bands)
        self.own = nn.ModuleList(Attend(size, size) for _ in range(layers))
        self.cross = nn.ModuleList(Attend(size, 512) for _ in range(layers))
        self.pool, self.scene = AttentivePool(size), nn.Linear(4 * size, classes)

    def forward(self, x, embeddings):
        """`embeddings` (B, 1, 128, 10)."""
        memory, y = self.encoder(x), embeddings[:, 0].transpose(1, 2)
        _, t, c = y.shape
        angle = torch.arange(t)[:, None] / 10000 ** (torch.arange(0, c, 2) / c)
        y = y + torch.stack([angle.sin(), angle.cos()], -1).flatten(1)
        for own, cross in zip(self.own, self.cross):
            y = own(y, y)
            y = cross(y, memory)
        return (self.scene(self.pool(y)),)


# Schmid et al. 2024: the DCASE 2024 baseline, CP-Mobile without global response norm.


def divisible_by_8(value):
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded


def unit(i, o, kernel, stride=1, groups=1, active=True):
    layers = [nn.Conv2d(i, o, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if active else nn.Sequential(*layers)


class InvertedBottleneck(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        wide = divisible_by_8(i * 2.1)
        self.body = nn.Sequential(
            unit(i, wide, 1), unit(wide, wide, 3, stride, wide), unit(wide, o, 1, active=False)
        )
        self.residual = i == o
        self.shortcut = nn.Identity() if stride == (1, 1) else nn.AvgPool2d(3, stride, 1)

    def forward(self, x):
        y = self.body(x)
        return F.relu(y + self.shortcut(x) if self.residual else y)


class Dcase2024(nn.Module):
    def __init__(self, classes):
        super().__init__()
        widths, blocks, i = [divisible_by_8(32 * 1.8**k) for k in range(3)], [], 32
        for stage, count in enumerate((3, 2, 1)):
            for _ in range(count):
                stride = {2: (1, 2), 3: (2, 1)}.get(len(blocks), (1, 1))
                blocks.append(InvertedBottleneck(i, widths[stage], stride))
                i = widths[stage]
        self.body = nn.Sequential(unit(1, 8, 3, 2), unit(8, 32, 3, 2), *blocks, unit(i, classes, 1, active=False))

    def forward(self, x):
        return (self.body(x).mean((2, 3)),)


NETWORKS = {
    "amfm-small": lambda scenes, abstracts: amfm_small.build(scenes, abstracts),
    "clova2021-resnetse-mfm": lambda scenes, abstracts: ResnetSeMfm(scenes),
    "xin2022": lambda scenes, abstracts: Xin2022(scenes),
    "shim2022-extended-mtl": Shim2022Extended,
    "zhang2019": lambda scenes, abstracts: Zhang2019(scenes),
    "zhang2019-cmam": lambda scenes, abstracts: Zhang2019Cmam(scenes),
    "dcase2024": lambda scenes, abstracts: Dcase2024(scenes),
}
