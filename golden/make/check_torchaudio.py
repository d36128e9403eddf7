"""Checks the front-end goldens against torchaudio itself (golden/make/features.py follows its formulas instead, because a
torchaudio that matches current torch is not everywhere to be had). Run by hand where torchaudio can be imported:

    python3 golden/make/check_torchaudio.py

It changes nothing; it prints the largest differences and fails where one is above float32 rounding.
"""

import json
import pathlib

import numpy as np
import torch
import torchaudio
import torchaudio.compliance.kaldi

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "features"
print("torch", torch.__version__, "torchaudio", torchaudio.__version__)


def check(what, ours, theirs, tolerance):
    worst = np.abs(ours - theirs).max() / np.abs(theirs).max()
    print(f"{what:32s} {worst:.1e} of the largest value")
    assert worst < tolerance, what


def vggish_bank(sample_rate, n_fft, bands, low, high):
    """As in features.py, which needs a librosa that may not be here."""
    to_mel = lambda f: 1127.0 * np.log(1.0 + f / 700.0)  # noqa: E731
    bins = to_mel(np.linspace(0.0, sample_rate / 2, n_fft // 2 + 1))[:, None]
    edges = np.linspace(to_mel(low), to_mel(high), bands + 2)
    lower, center, upper = edges[:-2], edges[1:-1], edges[2:]
    return np.maximum(0, np.minimum((bins - lower) / (center - lower), (upper - bins) / (upper - center)))


for bank in json.loads((GOLDEN / "banks.json").read_text()):
    # torchaudio has VGGish's scale in its Kaldi part (below), and puts the last bin of an odd FFT at Nyquist, where it is not; librosa does not.
    if bank["scale"] == "vggish" or bank["fftLength"] % 2 == 1:
        continue
    bins = bank["fftLength"] // 2 + 1
    theirs = torchaudio.functional.melscale_fbanks(
        bins, bank["minHz"], bank["maxHz"], bank["bands"], bank["sampleRateHz"],
        None if bank["norm"] == "none" else bank["norm"], bank["scale"]).numpy()
    size = bins * bank["bands"]
    raw = (GOLDEN / bank["file"]).read_bytes()
    ours = np.frombuffer(raw, dtype=np.float64 if len(raw) == 8 * size else np.float32).reshape(bins, -1)
    # torchaudio makes the bank in float32.
    check(bank["file"], ours, theirs, 1e-5)

# Kaldi's bank, of the students of CP-JKU, is VGGish's formula; it has no bin at Nyquist, where the last triangle has ended.
for bands in (256, 512):
    theirs, _ = torchaudio.compliance.kaldi.get_mel_banks(bands, 4096, 32000.0, 0.0, 16000.0, 100.0, -500.0, 1.0)
    ours = vggish_bank(32000, 4096, bands, 0, 16000)
    assert np.abs(ours[-1]).max() < 1e-9
    check(f"Kaldi bank of {bands}", ours[:-1], theirs.numpy().T, 1e-4)

x = torch.from_numpy(np.frombuffer((GOLDEN / "signal.bin").read_bytes(), dtype=np.float32).copy())
for case in json.loads((GOLDEN / "front-ends.json").read_text()):
    config = case["config"]
    if case["name"] not in ("shim2022", "amfm-small", "dcase2024"):
        continue
    emphasis = config["preEmphasis"]
    window = torch.hamming_window if config["window"] == "hamming" else torch.hann_window
    mel = torchaudio.transforms.MelSpectrogram(
        config["sampleRateHz"], n_fft=config["fftLength"], win_length=config["windowSamples"],
        hop_length=config["hopSamples"], f_min=config["minHz"], f_max=config["maxHz"], n_mels=config["bands"],
        window_fn=window, power=2.0)(x[1:] - emphasis * x[:-1] if emphasis else x)
    if config["log"]["kind"] == "ln":
        mel = torch.log(mel + config["log"]["eps"])
    if config["normalise"]["kind"] == "clip-band":
        mel = (mel - mel.mean(1, keepdim=True)) / mel.std(1, keepdim=True).clamp_min(config["normalise"]["floor"])
    theirs = mel.numpy()[:, case["frames"]]
    # torchaudio computes in float32; the logarithm of near-silence and the normalisation of quiet bands stretch its rounding.
    check(case["file"], np.frombuffer((GOLDEN / case["file"]).read_bytes()).reshape(theirs.shape), theirs, 1e-4)
