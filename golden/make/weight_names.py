"""State dictionaries under the module names of public PyTorch code, and what the networks answer. Run: python golden/make/weight_names.py

Modules are nested and named as in valeoai/SP4ASC (sp4asc/models/cnns.py), fschmid56/cpjku_dcase23 (models/cp_mobile.py),
yqcai888/easy_dcase_task1 (model/backbones.py as first released, without gates), and shimhz/AMFM with the CBAM of
Jongchan/attention-module; written from their description, nothing reads our code. Maps are (B, C, F, T), SP4ASC's (B, C, T, F).
Tensor k in order of name holds u = network_formula's array k: running_var 0.5 + u; other one-dimensional weights and gamma
1 + 0.4 (u - 0.5); other one-dimensional tensors 0.4 (u - 0.5); kernels (2u - 1) sqrt(3 / n), n = product of all sizes but the first.
"""

import json
import math

import torch
from torch import nn
from torch.nn import functional as F

from network_formula import OUT, make_input, numbers, uniform


def law(name, u, shape):
    if name.endswith("running_var"):
        return 0.5 + u
    if len(shape) == 1:
        return 1 + 0.4 * (u - 0.5) if name.endswith(("weight", "gamma")) else 0.4 * (u - 0.5)
    return (2 * u - 1) * math.sqrt(3 / math.prod(shape[1:]))


def save(name, net, shape, config):
    state = {n: t for n, t in net.state_dict().items() if not n.endswith("num_batches_tracked")}
    for k, n in enumerate(sorted(state)):
        t = state[n]
        t.copy_(torch.tensor(law(n, uniform(k, t.numel()), list(t.shape))).reshape(t.shape))
    with torch.no_grad():
        logits = net.eval()(make_input(-1, *shape))
    document = {
        "made_with": {"torch": torch.__version__},
        "config": config,
        "shape": [*shape, 1],
        "tensors": {n: list(t.shape) for n, t in sorted(state.items())},
        "logits": numbers(logits),
    }
    path = OUT.parent / "weights" / f"{name}.names.json"
    path.write_text(json.dumps(document, separators=(",", ":")))
    print(name, len(state), sum(p.numel() for p in net.parameters()), document["logits"][:3])


def unit(i, o, k, s=1, groups=1, act=True):
    parts = [nn.Conv2d(i, o, k, s, (k - 1) // 2, groups=groups, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*parts, *([nn.ReLU()] if act else []))


class SepConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.bn = nn.BatchNorm2d(o)
        self.ch_conv1 = nn.Conv2d(i, o, 1, bias=False)
        self.sp_conv1 = nn.Conv2d(o, o, (3, 1), padding=(2, 0), dilation=(2, 1), groups=o, bias=False)
        self.sp_conv2 = nn.Conv2d(o, o, (1, 3), padding=(0, 2), dilation=(1, 2), groups=o, bias=False)

    def forward(self, x):
        x = self.ch_conv1(x)
        return F.avg_pool2d(torch.relu(self.bn(self.sp_conv1(x) + self.sp_conv2(x))), 2)


class Sp4asc(nn.Module):
    def __init__(self, bands):
        super().__init__()
        self.bn0 = nn.BatchNorm2d(bands)
        for i, (a, b) in enumerate(((1, 64), (64, 128), (128, 128), (128, 128)), 1):
            self.add_module(f"conv{i}", SepConv(a, b))
        self.fc1, self.fc2 = nn.Linear(128, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = self.bn0(x.permute(0, 2, 3, 1)).permute(0, 3, 2, 1)
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = conv(x)
        x = x.mean(3)
        return self.fc2(torch.relu(self.fc1(x.amax(2) + x.mean(2))))


class Grn(nn.Module):
    def __init__(self):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x):
        size = torch.linalg.vector_norm(x, dim=(2, 3), keepdim=True)
        return self.gamma * x * (size / (size.mean(1, keepdim=True) + 1e-6)) + self.beta + x


def divisible(v):
    n = max(8, int(v + 4) // 8 * 8)
    return n + 8 if n < 0.9 * v else n


class MobileBlock(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        e = divisible(3 * i)
        self.block = nn.Sequential(unit(i, e, 1), unit(e, e, 3, stride, e), unit(e, o, 1, act=False))
        self.after_block_norm = Grn()
        self.shortcut = nn.Identity() if stride == (1, 1) else nn.AvgPool2d(3, stride, 1)
        self.same = i == o

    def forward(self, x):
        y = self.block(x)
        return torch.relu(self.after_block_norm(y + self.shortcut(x) if self.same else y))


class CpMobile(nn.Module):
    def __init__(self):
        super().__init__()
        self.in_c = nn.Sequential(unit(1, 8, 3, 2), unit(8, 32, 3, 2))
        self.stages, c, n = nn.Sequential(), 32, 0
        for s, count in enumerate((3, 2, 1)):
            stage = nn.Sequential()
            for _ in range(count):
                n, o = n + 1, divisible(32 * 2.3**s)
                stage.add_module(f"b{n}", MobileBlock(c, o, {2: (2, 2), 4: (2, 1)}.get(n, (1, 1))))
                c = o
            self.stages.add_module(f"s{s + 1}", stage)
        self.feed_forward = nn.Sequential(nn.Conv2d(c, 10, 1, bias=False), nn.BatchNorm2d(10), nn.AdaptiveAvgPool2d(1))

    def forward(self, x):
        return self.feed_forward(self.stages(self.in_c(x))).flatten(1)


class ConvBnRelu(nn.Module):
    def __init__(self, i, o, k, stride=1, padding=0, groups=1):
        super().__init__()
        self._conv, self._bn = nn.Conv2d(i, o, k, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(o)

    def forward(self, x):
        return torch.relu(self._bn(self._conv(x)))


class ResNorm(nn.Module):
    def forward(self, x):
        variance, mean = torch.var_mean(x, (1, 3), keepdim=True)
        return 0.1 * x + (x - mean) / (variance + 1e-5).sqrt()


class Separate(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        h = o // 2
        self.trans_conv = ConvBnRelu(i, o, 1) if i != o else None
        self.freq_dw_conv, self.freq_pw_conv = ConvBnRelu(h, h, (3, 1), 1, (1, 0), h), ConvBnRelu(h, h, 1)
        self.temp_dw_conv, self.temp_pw_conv = ConvBnRelu(h, h, (1, 3), 1, (0, 1), h), ConvBnRelu(h, h, 1)

    def forward(self, x):
        x = F.channel_shuffle(x if self.trans_conv is None else self.trans_conv(x), 2)
        a, b = torch.chunk(x, 2, 1)
        a = a + self.freq_pw_conv(self.freq_dw_conv(a).mean(2, keepdim=True))
        b = b + self.temp_pw_conv(self.temp_dw_conv(b).mean(3, keepdim=True))
        return torch.cat([a, b], 1)


class Classifier(nn.Module):
    def __init__(self, i):
        super().__init__()
        self.conv = nn.Conv2d(i, 10, 1)

    def forward(self, x):
        return self.conv(x).mean((2, 3))


class TfSepNet(nn.Module):
    def __init__(self, base):
        super().__init__()
        half = base // 2
        self.conv_layers = nn.Sequential(ConvBnRelu(1, half, 3, 2, 1), ConvBnRelu(half, 2 * base, 3, 2, 1, half))
        parts, c = [ResNorm()], 2 * base
        for count, factor, pool in ((2, 1, True), (2, 1.5, True), (2, 2, True), (3, 2.5, False)):
            for _ in range(count):
                parts.append(Separate(c, int(factor * base)))
                c = int(factor * base)
            parts += [ResNorm(), *([nn.MaxPool2d(2)] if pool else [])]
        self.middle_layers, self.classifier = nn.Sequential(*parts), Classifier(c)

    def forward(self, x):
        return self.classifier(self.middle_layers(self.conv_layers(x)))


class Mfm(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.filter = layer

    def forward(self, x):
        return torch.maximum(*torch.chunk(self.filter(x), 2, 1))


class ChannelGate(nn.Module):
    def __init__(self, c):
        super().__init__()
        h = max(1, c // 16)
        self.mlp = nn.Sequential(nn.Flatten(), nn.Linear(c, h), nn.ReLU(), nn.Linear(h, c))

    def forward(self, x):
        scale = self.mlp(x.mean((2, 3))) + self.mlp(x.amax((2, 3)))
        return x * torch.sigmoid(scale)[:, :, None, None]


class SpatialGate(nn.Module):
    def __init__(self):
        super().__init__()
        self.spatial = nn.Module()
        self.spatial.conv, self.spatial.bn = nn.Conv2d(2, 1, 7, padding=3, bias=False), nn.BatchNorm2d(1)

    def forward(self, x):
        p = torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.spatial.bn(self.spatial.conv(p)))


class Cbam(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.ChannelGate, self.SpatialGate = ChannelGate(c), SpatialGate()

    def forward(self, x):
        return self.SpatialGate(self.ChannelGate(x))


class Group(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv_a, self.conv = Mfm(nn.Conv2d(i, 2 * i, 1)), Mfm(nn.Conv2d(i, 2 * o, 3, padding=1))
        self.bn, self.cbam = nn.BatchNorm2d(i), Cbam(o)

    def forward(self, x):
        x = self.conv(self.bn(self.conv_a(x)))
        return torch.maximum(x, self.cbam(x))


def pool():
    return nn.MaxPool2d(2, 2, ceil_mode=True)


class Amfm(nn.Module):
    """The extended-MTL network; `w` is 32 in the original, `cells` what is left of the map behind the tails."""

    def __init__(self, w, cells):
        super().__init__()
        stem = Mfm(nn.Conv2d(1, 2 * w, (7, 3), padding=(1, 7)))
        a, b = 3 * w // 2, 2 * w
        self.features = nn.Sequential(
            stem, pool(), Group(w, a), pool(), nn.BatchNorm2d(a), Group(a, b), pool(), Group(b, w), nn.BatchNorm2d(w), pool()
        )
        tail = lambda: nn.Sequential(Group(w, w // 2), nn.BatchNorm2d(w // 2), pool())  # noqa: E731
        self.features2, self.features3 = tail(), tail()
        self.pre_mid, self.out_mid = Mfm(nn.Linear(w // 2 * cells, 200)), nn.Linear(100, 3)
        self.fc1, self.fc_last = Mfm(nn.Linear(w // 2 * cells, 200)), nn.Linear(100, 10)

    def forward(self, x):
        return self.fc_last(self.fc1(self.features3(self.features(x)).flatten(1)))


save("sp4asc", Sp4asc(32), (2, 32, 20), {})
save("cp-mobile", CpMobile(), (2, 24, 20), {})
save("tf-sepnet", TfSepNet(8), (2, 64, 48), {"width": 8})
save("shim2022-extended-mtl", Amfm(4, 2), (2, 22, 22), {"width": 4})
