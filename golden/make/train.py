"""Optimiser and schedule trajectories of torch, losses of torch, and a file written by the safetensors package.

Writes golden/train/{optimisers,schedules,losses,averages}.json and golden/train/reference.safetensors.
Run: python golden/make/train.py   (needs torch, numpy, safetensors)
"""
import json
import os

import numpy as np
import safetensors
import torch
from safetensors.numpy import save_file

OUT = os.path.join(os.path.dirname(__file__), "..", "train")
os.makedirs(OUT, exist_ok=True)
print("torch", torch.__version__, "numpy", np.__version__, "safetensors", safetensors.__version__)
torch.manual_seed(0)
torch.set_num_threads(1)

STEPS, SIZE = 8, 12
start = torch.randn(SIZE)
# Gradients of several magnitudes, some exactly zero: the corners of a division by a root.
gradients = torch.randn(STEPS, SIZE) * torch.logspace(-6, 2, SIZE)
gradients[:, 3] = 0
rates = [1e-3, 1e-3, 5e-3, 2e-2, 1e-2, 1e-3, 1e-4, 1e-6]

CASES = {
    "adam": (torch.optim.Adam, dict(betas=(0.9, 0.999), eps=1e-8), dict(kind="adam")),
    "adam with weight decay": (
        torch.optim.Adam,
        dict(betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
        dict(kind="adam", beta1=0.8, beta2=0.95, epsilon=1e-6, weightDecay=0.1),
    ),
    "sgd": (torch.optim.SGD, dict(), dict(kind="sgd")),
    "sgd with momentum": (torch.optim.SGD, dict(momentum=0.9), dict(kind="sgd", momentum=0.9)),
    "sgd with nesterov and weight decay": (
        torch.optim.SGD,
        dict(momentum=0.9, nesterov=True, weight_decay=1e-3),
        dict(kind="sgd", momentum=0.9, nesterov=True, weightDecay=1e-3),
    ),
    "adamw": (torch.optim.AdamW, dict(), dict(kind="adamw")),
    "adamw with another weight decay": (
        torch.optim.AdamW,
        dict(betas=(0.8, 0.95), eps=1e-6, weight_decay=0.5),
        dict(kind="adamw", beta1=0.8, beta2=0.95, epsilon=1e-6, weightDecay=0.5),
    ),
    # The norms run from 30 to 133 (printed below): one limit cuts some steps, the other all.
    "sgd, some norms clipped": (
        torch.optim.SGD,
        dict(momentum=0.9),
        dict(kind="sgd", momentum=0.9, clip=dict(kind="norm", max=50.0)),
    ),
    "adam, all norms clipped": (torch.optim.Adam, dict(), dict(kind="adam", clip=dict(kind="norm", max=1e-3))),
    "sgd, values clipped": (torch.optim.SGD, dict(), dict(kind="sgd", clip=dict(kind="value", max=0.05))),
    # Gradients of 3, 3 and 2 batches of 4, 4, 2, 4, 4, 2, 4, 2 clips.
    "adamw of gathered gradients": (torch.optim.AdamW, dict(), dict(kind="adamw", accumulate=3)),
    "sgd of gathered, clipped gradients": (
        torch.optim.SGD,
        dict(momentum=0.9),
        dict(kind="sgd", momentum=0.9, accumulate=3, clip=dict(kind="norm", max=20.0)),
    ),
}
clips = [4, 4, 2, 4, 4, 2, 4, 2]
print("gradient norms", gradients.norm(dim=1).tolist())


def parts(accumulate):
    """First and last batch of every update."""
    return [(i, min(i + accumulate, STEPS) - 1) for i in range(0, STEPS, accumulate)]

cases = []
for name, (kind, options, config) in CASES.items():
    parameter = torch.nn.Parameter(start.clone())
    optimiser = kind([parameter], lr=rates[0], **options)
    trajectory = []
    for first, last in parts(config.get("accumulate", 1)):
        trajectory += [parameter.detach().tolist()] * (last - first)
        optimiser.param_groups[0]["lr"] = rates[last]
        weights = torch.tensor(clips[first : last + 1], dtype=torch.float32)[:, None]
        parameter.grad = (gradients[first : last + 1] * weights).sum(0) / weights.sum()
        clip = config.get("clip", {})
        if clip.get("kind") == "norm":
            torch.nn.utils.clip_grad_norm_([parameter], clip["max"])
        if clip.get("kind") == "value":
            torch.nn.utils.clip_grad_value_([parameter], clip["max"])
        optimiser.step()
        trajectory.append(parameter.detach().tolist())
    cases.append(dict(name=name, config=config, trajectory=trajectory))
json.dump(
    dict(torch=torch.__version__, rates=rates, clips=clips, start=start.tolist(), gradients=gradients.tolist(), cases=cases),
    open(os.path.join(OUT, "optimisers.json"), "w"),
)


schedulers = torch.optim.lr_scheduler


def rates_of(base, make, total, position=None):
    """The learning rate before each of `total` scheduler steps."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    schedule = make(optimiser)
    values = []
    for i in range(total):
        values.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step(*([] if position is None else [position(i + 1)]))
    return values


def cosine(base, minimum, total):
    values = rates_of(base, lambda o: schedulers.CosineAnnealingLR(o, T_max=total, eta_min=minimum), total)
    return dict(base=base, minimum=minimum, total=total, values=values)


def restarts(base, minimum, period, multiplier, epochs, per_epoch):
    """`per_epoch` steps of 1/per_epoch of an epoch each."""
    make = lambda o: schedulers.CosineAnnealingWarmRestarts(o, T_0=period, T_mult=multiplier, eta_min=minimum)
    values = rates_of(base, make, epochs * per_epoch, lambda i: i / per_epoch)
    return dict(
        base=base, minimum=minimum, period=period, multiplier=multiplier, stepsPerEpoch=per_epoch, values=values
    )


def warm_cosine(base, minimum, start, warm, total):
    def make(optimiser):
        line = schedulers.LinearLR(optimiser, start_factor=start, end_factor=1.0, total_iters=warm)
        rest = schedulers.CosineAnnealingLR(optimiser, T_max=total - warm, eta_min=minimum)
        return schedulers.SequentialLR(optimiser, [line, rest], milestones=[warm])

    return dict(base=base, minimum=minimum, start=start, warm=warm, total=total, values=rates_of(base, make, total))


def amfm(per_epoch, epochs):
    """
    As shimhz/AMFM trains (m_trainer.py, utils.py): in epochs 0 to 10 the rate is overwritten by a line that counts epochs from
    1, before every batch; the scheduler, stepped after every batch, has a first period of 4 epochs here (80 there).
    """
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=1e-3)
    schedule = schedulers.CosineAnnealingWarmRestarts(optimiser, T_0=4 * per_epoch, eta_min=1e-6)
    values = []
    for epoch in range(epochs):
        for batch in range(per_epoch):
            if epoch <= 10:
                share = (batch + (epoch - 1) * per_epoch) / (10 * per_epoch)
                optimiser.param_groups[0]["lr"] = 1e-3 + share * (1e-2 - 1e-3)
            values.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            schedule.step()
    return dict(stepsPerEpoch=per_epoch, periodEpochs=4, values=values)


def noam(factor, width, warm, exponent, total):
    shape = lambda i: factor * width**exponent * min((i + 1) ** -0.5, (i + 1) * warm**-1.5)
    values = rates_of(1.0, lambda o: schedulers.LambdaLR(o, shape), total)
    return dict(factor=factor, width=width, warm=warm, exponent=exponent, values=values)


json.dump(
    dict(
        torch=torch.__version__,
        cosine=[cosine(1e-3, 1e-6, 60), cosine(0.1, 0.0, 7)],
        restarts=[
            restarts(0.1, 0.0, 3, 1, 10, 1),
            restarts(1e-3, 1e-6, 2, 2, 15, 1),
            restarts(1e-3, 1e-6, 1, 3, 8, 4),
        ],
        warmCosine=[warm_cosine(1e-2, 1e-5, 0.1, 5, 20), warm_cosine(5e-3, 0.0, 1e-9, 7, 30)],
        amfm=amfm(3, 20),
        noam=[noam(0.5, 2048, 12, 0.5, 30), noam(0.5, 128, 12, -0.5, 30)],
    ),
    open(os.path.join(OUT, "schedules.json"), "w"),
)

logits = torch.randn(6, 5) * torch.tensor([0.1, 1.0, 10.0, 30.0, 1.0, 100.0])[:, None]
logits.requires_grad_(True)
targets = torch.softmax(torch.randn(6, 5), 1).detach()
targets[0] = torch.nn.functional.one_hot(torch.tensor(2), 5)
loss = torch.nn.functional.cross_entropy(logits, targets)
loss.backward()
json.dump(
    dict(
        torch=torch.__version__,
        logits=logits.detach().tolist(),
        targets=targets.tolist(),
        loss=loss.item(),
        gradient=logits.grad.tolist(),
    ),
    open(os.path.join(OUT, "losses.json"), "w"),
)


def averages(name, options):
    """Weights after every step of SGD, and torch's average of them."""
    parameter = torch.nn.ParameterList([start.clone()])
    model = torch.optim.swa_utils.AveragedModel(parameter, **options)
    optimiser = torch.optim.SGD(parameter, lr=1e-3)
    values = []
    for gradient in gradients:
        parameter[0].grad = gradient.clone()
        optimiser.step()
        model.update_parameters(parameter)
        values.append(model.module[0].detach().tolist())
    return dict(name=name, values=values)


class Twice(torch.nn.Module):
    """Two batch norms, so that the second one's statistics depend on the first one's form in training."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.BatchNorm2d(3)
        self.second = torch.nn.BatchNorm2d(3)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


network = Twice()
for norm in (network.first, network.second):
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
batches = [torch.randn(size, 3, 4, 2) * 3 + 1 for size in (4, 4, 3)]
torch.optim.swa_utils.update_bn(batches, network)
last_first = lambda tensor: tensor.permute(0, 2, 3, 1).flatten().tolist()
json.dump(
    dict(
        torch=torch.__version__,
        rate=1e-3,
        swa=averages("swa", {}),
        ema=averages("ema", dict(multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))),
        updateBn=dict(
            shape=[4, 2, 3],
            batches=[dict(size=batch.shape[0], data=last_first(batch)) for batch in batches],
            weights={name: value.tolist() for name, value in network.state_dict().items() if value.ndim == 1},
        ),
    ),
    open(os.path.join(OUT, "averages.json"), "w"),
)

save_file(
    {
        "weights/kernel": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
        "steps": np.array([-1, 2**31 - 1], dtype=np.int32),
        "mask": np.array([True, False, True]),
        "scalar": np.array(1.5, dtype=np.float32),
        "empty": np.zeros((0, 4), dtype=np.float32),
    },
    os.path.join(OUT, "reference.safetensors"),
    metadata={"note": "written by safetensors for Python"},
)
