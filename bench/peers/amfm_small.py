"""amfm-small with the extended-MTL branch, in PyTorch.

Written from the publications: Shim, Jung, Kim, Yu, "Attentive max feature map and joint training for acoustic scene
classification" (ICASSP 2022) for the blocks and their order; Heo, Jung, Shim, Lee (DCASE 2021 technical report) for the
small network: widths 16-32-32-32-16, global average pooling in place of the hidden dense layer. CBAM as its authors
published it: biased shared MLP, batch norm of momentum 0.01 in the spatial gate, reduction 16.
"""

import re

import torch
from torch import nn
from torch.nn import functional as F


class MfmConv(nn.Module):
    """Convolution to 2*filters channels, then the larger of the two halves."""

    def __init__(self, channels, filters, kernel, padding=0):
        super().__init__()
        self.conv = nn.Conv2d(channels, 2 * filters, kernel, padding=padding)

    def forward(self, x):
        first, second = self.conv(x).chunk(2, dim=1)
        return torch.maximum(first, second)


class ChannelGate(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        hidden = max(1, channels // reduction)
        self.reduce = nn.Linear(channels, hidden)
        self.expand = nn.Linear(hidden, channels)

    def forward(self, x):
        pooled = (x.mean((2, 3)), F.adaptive_max_pool2d(x, 1).flatten(1))
        gate = sum(self.expand(F.relu(self.reduce(p))) for p in pooled)
        return x * torch.sigmoid(gate)[:, :, None, None]


class SpatialGate(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(1, eps=1e-5, momentum=0.01)

    def forward(self, x):
        pooled = torch.cat((x.max(1, keepdim=True).values, x.mean(1, keepdim=True)), dim=1)
        return x * torch.sigmoid(self.norm(self.conv(pooled)))


class AmfmGroup(nn.Module):
    """1x1 MFM convolution, batch norm, 3x3 MFM convolution, and the larger of the map and its attended self."""

    def __init__(self, channels, filters, reduction=16):
        super().__init__()
        self.squeeze = MfmConv(channels, channels, 1)
        self.squeeze_norm = nn.BatchNorm2d(channels)
        self.expand = MfmConv(channels, filters, 3, padding=1)
        self.channel_gate = ChannelGate(filters, reduction)
        self.spatial_gate = SpatialGate()

    def forward(self, x):
        x = self.expand(self.squeeze_norm(self.squeeze(x)))
        return torch.maximum(x, self.spatial_gate(self.channel_gate(x)))


def halve(x):
    return F.max_pool2d(x, 2, ceil_mode=True)


class Head(nn.Module):
    def __init__(self, channels, width, classes):
        super().__init__()
        self.group = AmfmGroup(channels, width)
        self.norm = nn.BatchNorm2d(width)
        self.dense = nn.Linear(width, classes)

    def forward(self, x):
        return self.dense(halve(self.norm(self.group(x))).mean((2, 3)))


class AmfmSmall(nn.Module):
    """(B, 1, F, T) -> logits of scenes (B, classes) and of abstract classes (B, abstract_classes)."""

    def __init__(self, classes, abstract_classes):
        super().__init__()
        self.stem = MfmConv(1, 16, (7, 3), padding=(1, 7))
        self.group1 = AmfmGroup(16, 32)
        self.group1_norm = nn.BatchNorm2d(32)
        self.group2 = AmfmGroup(32, 32)
        self.group3 = AmfmGroup(32, 32)
        self.group3_norm = nn.BatchNorm2d(32)
        self.scene = Head(32, 16, classes)
        self.abstract = Head(32, 16, abstract_classes)

    def trunk(self, x):
        x = self.group1(halve(self.stem(x)))
        x = self.group2(self.group1_norm(halve(x)))
        return halve(self.group3_norm(self.group3(halve(x))))

    def forward(self, x):
        x = self.trunk(x)
        return self.scene(x), self.abstract(x)

    def deployed(self, x):
        """The shipped network, without the abstract branch."""
        return self.scene(self.trunk(x))


def build(classes, abstract_classes):
    """The network with fresh weights, once the published size of its layout is confirmed."""
    reference = count_parameters(AmfmSmall(10, 3))
    if reference != 76249:
        raise AssertionError(f"amfm-small has {reference} parameters at 10 + 3 classes, not 76,249")
    return AmfmSmall(classes, abstract_classes)


def count_parameters(model):
    return sum(p.numel() for p in model.parameters())


def loss_of(outputs, scene, abstract):
    """5 CE(scene) + 1 CE(abstract), labels (B, Y) soft."""
    return 5 * F.cross_entropy(outputs[0], scene) + F.cross_entropy(outputs[1], abstract)


def asc_name(name):
    """What this project's model calls a tensor of the state dictionary."""
    path, leaf = name.rsplit(".", 1)
    norm = {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "moving_mean",
        "running_var": "moving_variance",
    }
    path = re.sub(r"^(scene|abstract)\.(group|norm)", r"\1_\2", path)
    if path.endswith("spatial_gate.norm"):
        return f"{path[:-len('.spatial_gate.norm')]}_attention_spatial_gate/{norm[leaf]}"
    if path.endswith("spatial_gate.conv"):
        return f"{path[:-len('.spatial_gate.conv')]}_attention_spatial_gate/kernel"
    weight = {"weight": "kernel", "bias": "bias"}
    gate = re.fullmatch(r"(.*)\.channel_gate\.(reduce|expand)", path)
    if gate:
        return f"{gate[1]}_attention_channel_gate/{gate[2]}_{weight[leaf]}"
    if path.endswith("norm"):
        return f"{path.replace('.', '_')}/{norm[leaf]}"
    if path.endswith(".dense"):
        return f"{path[:-len('.dense')]}/{weight[leaf]}"
    return f"{path.replace('.', '_')}/{weight[leaf]}"


def load(model, tensors):
    """Takes over every weight and statistic of `tensors` (kernels (kh, kw, in, out)); none may be missing or left over."""
    state = model.state_dict()
    left = dict(tensors)
    with torch.no_grad():
        for name, target in state.items():
            if name.endswith("num_batches_tracked"):
                continue
            value = torch.from_numpy(left.pop(asc_name(name)))
            if value.ndim == 4:
                value = value.permute(3, 2, 0, 1)
            elif value.ndim == 2:
                value = value.t()
            if value.shape != target.shape:
                raise ValueError(f"{name} is {tuple(target.shape)}, the file has {tuple(value.shape)}")
            target.copy_(value)
    if left:
        raise ValueError(f"the model has no place for {', '.join(sorted(left))}")


def maps_of(x):
    """(B, F, T, C) of this project -> (B, C, F, T) contiguous."""
    return torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()
