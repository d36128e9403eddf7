"""Reference numbers for @asc/features, from numpy, scipy, librosa and torch alone.

Run: python golden/make/features.py        (writes golden/features/)

Everything is computed in float64 from one float32 signal, so that what is left between these numbers and ours is our
error. Mel banks of the HTK kind follow the documented formula of torchaudio.functional.melscale_fbanks, spectra of those
front ends are torch.stft's; Slaney front ends, decibels and deltas are librosa's own. The VGGish path follows the
description in Google's mel_features.py (constants from vggish_params.py).

Arrays are raw little-endian .bin files; front-ends.json says what they hold.
"""

import io
import json
import pathlib

import librosa
import numpy as np
import scipy
import scipy.signal
import torch

OUT = pathlib.Path(__file__).resolve().parents[1] / "features"
VERSIONS = {m.__name__: m.__version__ for m in (np, scipy, librosa, torch)}


def write(name, array):
    array = np.ascontiguousarray(array)
    (OUT / name).write_bytes(array.tobytes())


def write_json(name, value):
    (OUT / name).write_text(json.dumps(value) + "\n")


# --- one signal for all: noise, two chirps, a click, silence (exact zeros), faint noise -------------------------------
def make_signal():
    rng = np.random.default_rng(20220427)
    n = np.arange(44100)
    t = n / 44100
    x = 0.02 * rng.standard_normal(44100)
    x += 0.3 * scipy.signal.chirp(t, 60, 1, 18000, method="quadratic") * np.hanning(44100)
    x += 0.1 * scipy.signal.chirp(t, 5000, 1, 200)
    x[12000:12003] += [0.9, -0.8, 0.4]
    x[20000:26000] = 0
    x[33000:37000] = 1e-4 * rng.standard_normal(4000)
    return x.astype(np.float32)


# --- windows --------------------------------------------------------------------------------------------------------
def windows():
    kinds = {"hann": "hann", "hamming": "hamming", "blackman": "blackman", "rectangular": "boxcar"}
    cases = []
    for name, scipy_name in kinds.items():
        for length in (1, 2, 7, 16, 441):
            periodic = scipy.signal.get_window(scipy_name, length, fftbins=True)
            cases.append({"name": name, "values": periodic.tolist()})
            if name != "rectangular" and length > 1:
                symmetric = scipy.signal.get_window(scipy_name, length, fftbins=False)
                cases.append({"name": f"{name}-symmetric", "values": symmetric.tolist()})
    ours = torch.hamming_window(1764, dtype=torch.float64).numpy()
    assert np.allclose(ours, scipy.signal.get_window("hamming", 1764, fftbins=True), atol=1e-15)
    write_json("windows.json", cases)


# --- FFT: the input is an exact formula, so that it need not be stored -----------------------------------------------
def fft():
    rng = np.random.default_rng(1)
    cases = []
    for length in (1, 2, 3, 4, 5, 6, 7, 9, 16, 30, 49, 97, 121, 210, 441, 1000, 1009, 1323, 1764, 2048, 2205, 2209, 4096, 65537):
        n = np.arange(length, dtype=np.int64)
        x = (n * n * 7919 + n * 104729) % 2003 / 1001.5 - 1
        spectrum = np.fft.rfft(x)
        bins = np.unique(np.concatenate([[0, len(spectrum) - 1], rng.integers(0, len(spectrum), 24)]))
        cases.append({"length": length, "bins": bins.tolist(),
                      "re": spectrum[bins].real.tolist(), "im": spectrum[bins].imag.tolist()})
    write_json("fft.json", cases)


# --- mel banks: (K, F) ----------------------------------------------------------------------------------------------
def torchaudio_bank(sample_rate, n_fft, bands, low, high, norm, dtype=torch.float64):
    freqs = torch.linspace(0, sample_rate / 2, n_fft // 2 + 1, dtype=dtype)
    to_mel = lambda f: 2595.0 * np.log10(1.0 + f / 700.0)
    points = torch.linspace(to_mel(low), to_mel(high), bands + 2, dtype=dtype)
    hz = 700.0 * (10.0 ** (points / 2595.0) - 1.0)
    widths = hz[1:] - hz[:-1]
    slopes = hz.unsqueeze(0) - freqs.unsqueeze(1)
    down = -slopes[:, :-2] / widths[:-1]
    up = slopes[:, 2:] / widths[1:]
    bank = torch.clamp(torch.minimum(down, up), min=0)
    if norm == "slaney":
        bank = bank * (2.0 / (hz[2:] - hz[:-2])).unsqueeze(0)
    return bank.numpy()


def vggish_bank(sample_rate, n_fft, bands, low, high):
    to_mel = lambda f: 1127.0 * np.log(1.0 + f / 700.0)
    bins = to_mel(np.linspace(0.0, sample_rate / 2, n_fft // 2 + 1))
    edges = np.linspace(to_mel(low), to_mel(high), bands + 2)
    bank = np.empty((len(bins), bands))
    for i in range(bands):
        lower, center, upper = edges[i : i + 3]
        bank[:, i] = np.maximum(0, np.minimum((bins - lower) / (center - lower), (upper - bins) / (upper - center)))
    bank[0, :] = 0
    return bank


def bank(mel, norm, sample_rate, n_fft, bands, low, high):
    if mel == "vggish":
        return vggish_bank(sample_rate, n_fft, bands, low, high)
    if mel == "htk":
        ours = torchaudio_bank(sample_rate, n_fft, bands, low, high, norm)
        theirs = librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=bands, fmin=low, fmax=high, htk=True,
                                     norm=None if norm == "none" else norm, dtype=np.float64).T
        if n_fft % 2 == 0:  # torchaudio spreads its bins up to Nyquist, which an odd FFT has no bin for
            assert np.allclose(ours, theirs, atol=1e-11), "torchaudio's formula and librosa's htk=True are one bank"
        return theirs
    return librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=bands, fmin=low, fmax=high, htk=False,
                               norm=None if norm == "none" else norm, dtype=np.float64).T


def mel_banks():
    cases = []
    for mel, norm, sr, n_fft, bands, low, high in [
        ("htk", "none", 44100, 512, 40, 0, 22050),
        ("htk", "slaney", 16000, 400, 32, 50, 7000),
        ("slaney", "slaney", 44100, 512, 40, 0, 22050),
        ("slaney", "none", 22050, 441, 24, 20, 8000),
        ("vggish", "none", 16000, 512, 64, 125, 7500),
    ]:
        file = f"bank-{mel}-{norm}-{n_fft}.bin"
        write(file, bank(mel, norm, sr, n_fft, bands, low, high))
        cases.append({"file": file, "scale": mel, "norm": norm, "sampleRateHz": sr, "fftLength": n_fft, "bands": bands,
                      "minHz": low, "maxHz": high})
    write_json("banks.json", cases)


# --- front ends -----------------------------------------------------------------------------------------------------
def torch_spectrum(y, c):
    name = c["window"].split("-")[0]
    window = torch.from_numpy(scipy.signal.get_window("boxcar" if name == "rectangular" else name, c["windowSamples"],
                                                      fftbins=not c["window"].endswith("symmetric")))
    pad = {"reflect": "reflect", "zero": "constant", "none": "reflect"}[c["center"]]
    return torch.stft(torch.from_numpy(y), c["fftLength"], c["hopSamples"], c["windowSamples"], window,
                      center=c["center"] != "none", pad_mode=pad, return_complex=True).numpy()


def librosa_spectrum(y, c):
    name = c["window"]
    assert not name.endswith("symmetric")
    return librosa.stft(y, n_fft=c["fftLength"], hop_length=c["hopSamples"], win_length=c["windowSamples"],
                        window="boxcar" if name == "rectangular" else name, center=c["center"] != "none",
                        pad_mode="constant" if c["center"] == "zero" else "reflect")


def vggish_spectrum(y, c):
    w = c["windowSamples"]
    count = 1 + (len(y) - w) // c["hopSamples"]
    frames = np.stack([y[t * c["hopSamples"] :][:w] for t in range(count)])
    hann = 0.5 - 0.5 * np.cos(2 * np.pi / w * np.arange(w))
    return np.fft.rfft(frames * hann, c["fftLength"]).T


def compute(x, c):
    y = x.astype(np.float64)
    if c["preEmphasis"]:
        y = y[1:] - c["preEmphasis"] * y[:-1]
    if c["mel"] == "vggish" and c["center"] == "none":
        spectrum = vggish_spectrum(y, c)
    elif c["mel"] == "slaney":
        spectrum = librosa_spectrum(y, c)
    else:
        spectrum = torch_spectrum(y, c)
    s = np.abs(spectrum) ** (2 if c["spectrum"] == "power" else 1)
    if c["mel"] != "none":
        s = bank(c["mel"], c["melNorm"], c["sampleRateHz"], c["fftLength"], c["bands"], c["minHz"], c["maxHz"]).T @ s
    if c["mel"] == "slaney" and c["spectrum"] == "power" and c["preEmphasis"] == 0:
        whole = librosa.feature.melspectrogram(
            y=y, sr=c["sampleRateHz"], n_fft=c["fftLength"], hop_length=c["hopSamples"], win_length=c["windowSamples"],
            window="boxcar" if c["window"] == "rectangular" else c["window"], center=c["center"] != "none",
            pad_mode="constant" if c["center"] == "zero" else "reflect", n_mels=c["bands"], fmin=c["minHz"],
            fmax=c["maxHz"], norm=None if c["melNorm"] == "none" else "slaney", dtype=np.float64)
        assert np.allclose(whole, s, rtol=1e-9, atol=1e-18)
    log = c["log"]
    if log["kind"] == "ln":
        s = np.log(s + log["eps"])
    elif log["kind"] == "db":
        s = librosa.power_to_db(s, ref=1.0, amin=log["amin"], top_db=log["topDb"])
    planes = [s]
    for order in range(1, c["deltas"]["order"] + 1):
        planes.append(librosa.feature.delta(s, width=c["deltas"]["width"], order=order, mode="interp"))
    if c["deltas"]["stack"] == "channel":
        out = np.stack(planes, -1)  # (F, T, C)
    else:
        out = np.concatenate(planes, 0)[:, :, None]
    n = c["normalise"]
    if n["kind"] == "clip-band":
        t = torch.from_numpy(out)
        std = t.std(1, keepdim=True)  # unbiased
        std[std < n["floor"]] = n["floor"]
        out = ((t - t.mean(1, keepdim=True)) / std).numpy()
    elif n["kind"] == "affine":
        out = (out - n["offset"]) / n["scale"]
    return out


HAMMING = dict(sampleRateHz=44100, preEmphasis=0.97, windowSamples=1764, hopSamples=882, fftLength=2048, window="hamming",
               center="reflect", spectrum="power", mel="htk", melNorm="none", minHz=0, maxHz=22050)
NO_DELTAS = dict(order=0, width=9, stack="channel")
CLIP_BAND = dict(kind="clip-band", floor=0.001)
LN7 = dict(kind="ln", eps=1e-7)
NONE = dict(kind="none")
# dcase_util's MelExtractor: librosa's magnitudes and Slaney bands, ln(x + eps) of float64.
DCASE_UTIL = dict(preEmphasis=0, fftLength=2048, window="hamming", center="reflect", spectrum="magnitude", mel="slaney",
                  melNorm="slaney", bands=40, minHz=0, log=dict(kind="ln", eps=2.0**-52), deltas=NO_DELTAS, normalise=NONE)
# models/mel.py of CP-JKU: torch.stft and Kaldi's bank, whose formula is VGGish's (check_torchaudio.py compares the two).
KALDI = dict(sampleRateHz=32000, preEmphasis=0.97, windowSamples=3072, hopSamples=500, fftLength=4096, window="hann-symmetric",
             center="reflect", spectrum="power", mel="vggish", melNorm="none", minHz=0, maxHz=16000,
             log=dict(kind="ln", eps=1e-5), deltas=NO_DELTAS, normalise=dict(kind="affine", offset=-4.5, scale=5))

PRESETS = {
    "shim2022": dict(HAMMING, bands=256, log=NONE, deltas=NO_DELTAS, normalise=CLIP_BAND),
    "clova2021": dict(HAMMING, bands=128, log=LN7, deltas=dict(order=2, width=9, stack="channel"), normalise=CLIP_BAND),
    "amfm-small": dict(HAMMING, bands=128, log=LN7, deltas=NO_DELTAS, normalise=CLIP_BAND),
    "xin2022": dict(sampleRateHz=44100, preEmphasis=0, windowSamples=2048, hopSamples=1024, fftLength=2048, window="hann",
                    center="reflect", spectrum="power", mel="slaney", melNorm="slaney", bands=256, minHz=0, maxHz=22050,
                    log=dict(kind="db", amin=1e-10, topDb=None), deltas=NO_DELTAS, normalise=NONE),
    "zhang2019": dict(sampleRateHz=44100, preEmphasis=0, windowSamples=1102, hopSamples=441, fftLength=2048, window="hann",
                      center="reflect", spectrum="power", mel="htk", melNorm="none", bands=64, minHz=0, maxHz=22050,
                      log=LN7, deltas=NO_DELTAS, normalise=NONE),
    "vggish": dict(sampleRateHz=16000, preEmphasis=0, windowSamples=400, hopSamples=160, fftLength=512, window="hann",
                   center="none", spectrum="magnitude", mel="vggish", melNorm="none", bands=64, minHz=125, maxHz=7500,
                   log=dict(kind="ln", eps=0.01), deltas=NO_DELTAS, normalise=NONE),
    "dcase2024": dict(sampleRateHz=32000, preEmphasis=0, windowSamples=3072, hopSamples=500, fftLength=4096, window="hann",
                      center="reflect", spectrum="power", mel="htk", melNorm="none", bands=256, minHz=0, maxHz=16000,
                      log=dict(kind="ln", eps=1e-5), deltas=NO_DELTAS, normalise=NONE),
}

# Behind the others in the file, so that the frames drawn for those stay theirs.
LATER_PRESETS = {
    "xin2022-30mmac": dict(sampleRateHz=44100, preEmphasis=0, windowSamples=2048, hopSamples=2048, fftLength=2048,
                           window="hann", center="reflect", spectrum="power", mel="slaney", melNorm="slaney", bands=256,
                           minHz=0, maxHz=22050, log=dict(kind="db", amin=1e-10, topDb=None), deltas=NO_DELTAS,
                           normalise=NONE),
    "dcase2020-1b": dict(DCASE_UTIL, sampleRateHz=48000, windowSamples=1920, hopSamples=960, maxHz=24000),
    "dcase2022": dict(DCASE_UTIL, sampleRateHz=44100, windowSamples=1764, hopSamples=882, maxHz=22050),
    "cp-mobile": dict(KALDI, bands=256),
    "tf-sepnet": dict(KALDI, bands=512),
    "bc-resnet-asc": dict(sampleRateHz=16000, preEmphasis=0, windowSamples=2080, hopSamples=480, fftLength=4096,
                          window="hann", center="reflect", spectrum="power", mel="htk", melNorm="none", bands=256, minHz=0,
                          maxHz=8000, log=dict(kind="ln", eps=1e-5), deltas=NO_DELTAS, normalise=NONE),
}

SMALL = dict(sampleRateHz=22050, preEmphasis=0, windowSamples=512, hopSamples=256, fftLength=512, window="hann",
             center="reflect", spectrum="power", mel="slaney", melNorm="slaney", bands=24, minHz=0, maxHz=11025, log=NONE,
             deltas=NO_DELTAS, normalise=NONE)
OTHERS = {
    "top-db": dict(SMALL, log=dict(kind="db", amin=1e-10, topDb=80.0)),
    "zero-padding": dict(SMALL, center="zero", window="blackman", melNorm="none", log=LN7),
    "no-padding": dict(SMALL, center="none", mel="htk", melNorm="slaney", window="hamming-symmetric", log=LN7),
    "odd-fft": dict(SMALL, windowSamples=300, hopSamples=147, fftLength=441, log=LN7),
    "prime-fft": dict(SMALL, windowSamples=509, hopSamples=509, fftLength=509, mel="none", melNorm="none", bands=255,
                      window="rectangular"),
    "magnitude-affine": dict(SMALL, mel="htk", melNorm="none", spectrum="magnitude", log=dict(kind="ln", eps=1e-5),
                             normalise=dict(kind="affine", offset=-4.5, scale=5)),
    "deltas-in-frequency": dict(SMALL, log=LN7, deltas=dict(order=2, width=5, stack="frequency")),
    "one-delta": dict(SMALL, log=LN7, deltas=dict(order=1, width=3, stack="channel"),
                      normalise=dict(kind="clip-band", floor=1e-5)),
}


def front_ends(x):
    rng = np.random.default_rng(7)
    cases = []
    for name, config in {**PRESETS, **OTHERS, **LATER_PRESETS}.items():
        full = compute(x, config)
        count = full.shape[1]
        frames = np.unique(np.concatenate([[0, 1, 2, count - 2, count - 1], rng.integers(0, count, 9)]))
        write(f"map-{name}.bin", full[:, frames])
        cases.append({"name": name, "preset": name in PRESETS or name in LATER_PRESETS, "config": config, "shape": list(full.shape),
                      "frames": frames.tolist(), "file": f"map-{name}.bin"})
    write_json("front-ends.json", cases)


def npy():
    for name, array in {"f4": np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 7,
                        "f8": np.arange(5, dtype=np.float64) / 3}.items():
        buffer = io.BytesIO()
        np.save(buffer, array)
        (OUT / f"{name}.npy").write_bytes(buffer.getvalue())


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    print(VERSIONS)
    signal = make_signal()
    write("signal.bin", signal)
    windows()
    fft()
    mel_banks()
    front_ends(signal)
    npy()
    write_json("versions.json", VERSIONS)
