"""Reference values of the baselines of DCASE 2020 to 2022, CP-Mobile, BC-ResNet-ASC and TF-SepNet, from PyTorch.

Run: python golden/make/models_beyond.py

The networks are written here from their descriptions, in ordinary PyTorch; nothing reads our code. Weights and inputs follow
network_formula.py. Dropout keeps value i of a map laid out as (B, F, T, C), or of a (B, C), where
element i of the formula's array -2 is at least the rate, and divides it by 1 - rate.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from network_formula import Names, record, uniform

# Numbers that go in are float32; the reference computes in float64, so that what is left is the error of the other side.
torch.set_default_dtype(torch.float64)


class Dropout(nn.Module):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training:
            return x
        kept = torch.tensor(uniform(-2, x.numel()).astype(np.float32) >= self.rate)
        if x.ndim == 4:
            b, c, f, t = x.shape
            kept = kept.reshape(b, f, t, c).permute(0, 3, 1, 2)
        return x * kept.reshape(x.shape) / (1 - self.rate)


class Net(nn.Module):
    """Modules by our layer name; self.ours holds our weight names."""

    def __init__(self):
        super().__init__()
        self.parts, self.ours = nn.ModuleDict(), Names()

    def conv(self, name, module):
        self.parts[name] = module
        (self.ours.conv if module.groups == 1 else self.ours.depthwise)(name, module)

    def norm(self, name, module):
        self.parts[name] = module
        self.ours.norm(name, module)

    def dense(self, name, module):
        self.parts[name] = module
        self.ours.dense(name, module)

    def run(self, x, *names):
        for name in names:
            x = torch.relu(x) if name == "relu" else self.parts[name](x)
        return x


class Baseline(Net):
    """Convolutions 7x7 with Keras' batch norms, over channels or over bands; `pools`: after which convolution, how large."""

    def __init__(self, widths, pools, norm_sizes, over_bands):
        super().__init__()
        self.pools, self.over_bands, self.count, c = pools, over_bands, len(widths), 1
        for i, (width, size) in enumerate(zip(widths, norm_sizes), 1):
            self.conv(f"conv{i}_conv", nn.Conv2d(c, width, 7, padding=3))
            self.norm(f"conv{i}_norm", nn.BatchNorm2d(size, eps=1e-3, momentum=0.01))
            c = width
        self.flat = c
        self.drop = Dropout(0.3)

    def head(self, inputs):
        self.dense("hidden", nn.Linear(inputs, 100))
        self.dense("scene", nn.Linear(100, 10))
        return self

    def forward(self, x):
        for i in range(1, self.count + 1):
            x = self.parts[f"conv{i}_conv"](x)
            norm = self.parts[f"conv{i}_norm"]
            x = norm(x.transpose(1, 2)).transpose(1, 2) if self.over_bands else norm(x)
            x = torch.relu(x)
            if i in self.pools:
                x = self.drop(F.max_pool2d(x, self.pools[i]))
        x = x.permute(0, 2, 3, 1).flatten(1)
        return (self.parts["scene"](self.drop(torch.relu(self.parts["hidden"](x)))),)


def make_divisible(v, d=8):
    n = max(d, int(v + d / 2) // d * d)
    return n + d if n < 0.9 * v else n


class CpMobile(Net):
    def __init__(self):
        super().__init__()
        self.pair("in1", nn.Conv2d(1, 8, 3, 2, 1, bias=False))
        self.pair("in2", nn.Conv2d(8, 32, 3, 2, 1, bias=False))
        self.blocks, c = [], 32
        self.grn = nn.ParameterDict()
        for stage, count in enumerate((3, 2, 1)):
            for _ in range(count):
                b, o = f"b{len(self.blocks) + 1}", make_divisible(32 * 2.3**stage)
                s = {"b2": (2, 2), "b4": (2, 1)}.get(b, (1, 1))
                e = make_divisible(c * 3)
                self.pair(f"{b}_expand", nn.Conv2d(c, e, 1, bias=False))
                self.pair(f"{b}_depth", nn.Conv2d(e, e, 3, s, 1, groups=e, bias=False))
                self.pair(f"{b}_project", nn.Conv2d(e, o, 1, bias=False))
                for which in ("gamma", "beta"):
                    self.grn[f"{b}_{which}"] = nn.Parameter(torch.zeros(1))
                    self.ours.plain(f"{b}_grn/{which}", self.grn[f"{b}_{which}"])
                self.blocks.append((b, c == o, s))
                c = o
        self.pair("scores", nn.Conv2d(c, 10, 1, bias=False))

    def pair(self, name, module):
        self.conv(f"{name}_conv", module)
        self.norm(f"{name}_norm", nn.BatchNorm2d(module.out_channels))

    def forward(self, x):
        x = self.run(x, "in1_conv", "in1_norm", "relu", "in2_conv", "in2_norm", "relu")
        for b, residual, stride in self.blocks:
            y = self.run(x, f"{b}_expand_conv", f"{b}_expand_norm", "relu", f"{b}_depth_conv", f"{b}_depth_norm", "relu")
            y = self.run(y, f"{b}_project_conv", f"{b}_project_norm")
            if residual:
                y = y + (x if stride == (1, 1) else F.avg_pool2d(x, 3, stride, 1))
            size = torch.linalg.vector_norm(y, dim=(2, 3), keepdim=True)
            y = self.grn[f"{b}_gamma"] * y * (size / (size.mean(1, keepdim=True) + 1e-6)) + self.grn[f"{b}_beta"] + y
            x = torch.relu(y)
        return (self.run(x, "scores_conv", "scores_norm").mean((2, 3)),)


def residual_norm(x):
    variance, mean = torch.var_mean(x, dim=(1, 3), keepdim=True, correction=1)
    return 0.1 * x + (x - mean) / torch.sqrt(variance + 1e-5)


class BcResNet(Net):
    """BC-ResNet-ASC of a base width; 4 sub-bands."""

    def __init__(self, base):
        super().__init__()
        self.conv("stem_conv", nn.Conv2d(1, 2 * base, 5, 2, 2, bias=False))
        self.norm("stem_norm", nn.BatchNorm2d(2 * base))
        self.drop, self.stages, c = Dropout(0.1), [], 2 * base
        for s, (count, factor, pool) in enumerate(((2, 1, 1), (2, 1.5, 1), (2, 2, 0), (3, 2.5, 0)), 1):
            o, names = int(factor * base), []
            for b in range(1, count + 1):
                n = f"stage{s}_b{b}"
                if c != o:
                    self.conv(f"{n}_transition_conv", nn.Conv2d(c, o, 1, bias=False))
                    self.norm(f"{n}_transition_norm", nn.BatchNorm2d(o))
                self.conv(f"{n}_frequency_conv", nn.Conv2d(o, o, (3, 1), padding=(1, 0), groups=o, bias=False))
                self.norm(f"{n}_frequency_norm", nn.BatchNorm2d(4 * o))
                self.conv(f"{n}_time_conv", nn.Conv2d(o, o, (1, 3), padding=(0, 1), groups=o, bias=False))
                self.norm(f"{n}_time_norm", nn.BatchNorm2d(o))
                self.conv(f"{n}_mix_conv", nn.Conv2d(o, o, 1, bias=False))
                names.append((n, c == o))
                c = o
            self.stages.append((names, pool))
        self.conv("scores", nn.Conv2d(c, 10, 1))

    def block(self, x, n, plain):
        y = x if plain else self.run(x, f"{n}_transition_conv", f"{n}_transition_norm", "relu")
        y = self.parts[f"{n}_frequency_conv"](y)
        b, c, f, t = y.shape
        y = self.parts[f"{n}_frequency_norm"](y.reshape(b, 4 * c, f // 4, t)).reshape(b, c, f, t)
        z = F.silu(self.run(y.mean(2, keepdim=True), f"{n}_time_conv", f"{n}_time_norm"))
        z = y + self.drop(self.parts[f"{n}_mix_conv"](z))
        return torch.relu(z + x if plain else z)

    def forward(self, x):
        x = residual_norm(self.run(x, "stem_conv", "stem_norm", "relu"))
        for names, pool in self.stages:
            for n, plain in names:
                x = self.block(x, n, plain)
            x = residual_norm(x)
            x = F.max_pool2d(x, 2) if pool else x
        return (self.parts["scores"](x).mean((2, 3)),)


class TfSepNet(Net):
    def __init__(self, base):
        super().__init__()
        self.pair("in1", nn.Conv2d(1, base // 2, 3, 2, 1, bias=False))
        self.pair("in2", nn.Conv2d(base // 2, 2 * base, 3, 2, 1, groups=base // 2, bias=False))
        self.drop, self.stages, c = Dropout(0.1), [], 2 * base
        for s, (count, factor, pool) in enumerate(((2, 1, 1), (2, 1.5, 1), (2, 2, 1), (3, 2.5, 0)), 1):
            o, names = int(factor * base), []
            for b in range(1, count + 1):
                n, h = f"stage{s}_b{b}", o // 2
                if c != o:
                    self.pair(f"{n}_transition", nn.Conv2d(c, o, 1, bias=False))
                for path, k in (("frequency", (3, 1)), ("time", (1, 3))):
                    pad = (k[0] // 2, k[1] // 2)
                    self.pair(f"{n}_{path}_depth", nn.Conv2d(h, h, k, padding=pad, groups=h, bias=False))
                    self.pair(f"{n}_{path}_mix", nn.Conv2d(h, h, 1, bias=False))
                names.append((n, c == o))
                c = o
            self.stages.append((names, pool))
        self.conv("scores", nn.Conv2d(c, 10, 1))

    def pair(self, name, module):
        self.conv(f"{name}_conv", module)
        self.norm(f"{name}_norm", nn.BatchNorm2d(module.out_channels))

    def unit(self, x, name):
        return self.run(x, f"{name}_conv", f"{name}_norm", "relu")

    def forward(self, x):
        x = residual_norm(self.unit(self.unit(x, "in1"), "in2"))
        for names, pool in self.stages:
            for n, plain in names:
                x = x if plain else self.unit(x, f"{n}_transition")
                halves = torch.chunk(F.channel_shuffle(x, 2), 2, 1)
                done = []
                for half, path, axis in zip(halves, ("frequency", "time"), (2, 3)):
                    y = self.unit(half, f"{n}_{path}_depth").mean(axis, keepdim=True)
                    done.append(half + self.drop(self.unit(y, f"{n}_{path}_mix")))
                x = torch.cat(done, 1)
            x = residual_norm(x)
            x = F.max_pool2d(x, 2) if pool else x
        return (self.parts["scores"](x).mean((2, 3)),)


def save(name, net, shape, stem, labels, width=None):
    config = {} if width is None else {"config": {"width": width}}
    record(name, net, net.ours, shape, stem, [labels], digits=7, more=lambda _: config)


save("cp-mobile", CpMobile(), (2, 24, 20), "in1_conv/kernel", [3, 7])
long = {"shape": (1, 20, 500), "stem": "conv1_conv/kernel", "labels": [3]}
save("dcase2020-1b", Baseline([2, 4], {1: (5, 5), 2: (4, 100)}, [20, 4], True).head(4), **long, width=2)
save("dcase2021", Baseline([2, 2, 4], {2: (5, 5), 3: (4, 100)}, [2, 2, 4], False).head(4), **long, width=2)
short = {**long, "shape": (2, 20, 50), "labels": [3, 7]}
save("dcase2022", Baseline([4, 4, 8], {2: (5, 5), 3: (4, 10)}, [4, 4, 8], False).head(8), **short, width=4)
save("bc-resnet-asc", BcResNet(10), (3, 32, 32), "stem_conv/kernel", [3, 7, 1], width=10)
save("tf-sepnet", TfSepNet(8), (3, 64, 64), "in1_conv/kernel", [3, 7, 1], width=8)
