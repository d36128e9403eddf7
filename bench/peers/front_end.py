"""A waveform to a feature map with the usual Python tools, from this project's front-end configuration.

The bases (window, filterbank) are made once; `log_mel_torch` and `log_mel_librosa` differ in who computes the spectrum.
"""

import librosa
import numpy as np
import scipy.signal
import torch


def window_of(config):
    """The window alone, zero-padded at its end where frames are not centred."""
    name, _, symmetric = config["window"].partition("-")
    name = {"rectangular": "boxcar"}.get(name, name)
    window = scipy.signal.get_window(name, config["windowSamples"], fftbins=symmetric == "")
    missing = config["fftLength"] - config["windowSamples"]
    before = 0 if config["center"] == "none" else missing // 2
    return np.pad(window, (before, missing - before)).astype(np.float32)


def filterbank_of(config):
    """(F, K) float32."""
    rate, length, bands = config["sampleRateHz"], config["fftLength"], config["bands"]
    limits = {"fmin": config["minHz"], "fmax": config["maxHz"]}
    if config["mel"] == "vggish":
        return vggish_filterbank(rate, length, bands, **limits)
    norm = "slaney" if config["melNorm"] == "slaney" else None
    return librosa.filters.mel(sr=rate, n_fft=length, n_mels=bands, htk=config["mel"] == "htk", norm=norm, **limits)


def vggish_filterbank(rate, length, bands, fmin, fmax):
    """Triangles straight in mel, no weight on bin 0, after the public description of VGGish's front end."""
    to_mel = lambda hz: 1127.0 * np.log1p(np.asarray(hz) / 700.0)  # noqa: E731
    corners = np.linspace(to_mel(fmin), to_mel(fmax), bands + 2)
    bins = to_mel(np.linspace(0, rate / 2, length // 2 + 1))
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    weights = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    weights[:, 0] = 0
    return weights.astype(np.float32)


def prepare_samples(config, samples):
    """Pre-emphasis, and zeros at the end so that a last window shorter than the FFT gets its frame."""
    if config["preEmphasis"]:
        samples = samples[1:] - config["preEmphasis"] * samples[:-1]
    missing = config["fftLength"] - config["windowSamples"]
    if config["center"] == "none" and missing:
        pad = torch.nn.functional.pad if isinstance(samples, torch.Tensor) else np.pad
        samples = pad(samples, (0, missing))
    return samples


class TorchFrontEnd:
    """torch.stft, a dense filterbank, torch for the rest."""

    def __init__(self, config):
        self.config = config
        self.window = torch.from_numpy(window_of(config))
        self.filterbank = torch.from_numpy(filterbank_of(config))
        self.kernels = [torch.from_numpy(kernel) for kernel in delta_kernels(config)]

    def __call__(self, samples):
        """(S) float32 tensor -> (C, F, T)."""
        config = self.config
        centred = config["center"] != "none"
        spectrum = torch.stft(
            prepare_samples(config, samples),
            config["fftLength"],
            config["hopSamples"],
            window=self.window,
            center=centred,
            pad_mode="reflect" if config["center"] != "zero" else "constant",
            return_complex=True,
        )
        magnitude = spectrum.abs()
        mel = self.filterbank @ (magnitude * magnitude if config["spectrum"] == "power" else magnitude)
        maps = torch.stack([self.compress(mel)])
        if self.kernels:
            padded = maps[0][:, None]
            half = config["deltas"]["width"] // 2
            deltas = []
            for kernel in self.kernels:
                inner = torch.nn.functional.conv1d(padded, kernel[None, None])[:, 0]
                deltas.append(torch.nn.functional.pad(inner[:, None], (half, half), mode="replicate")[:, 0])
            maps = torch.stack([maps[0], *deltas])
        return self.normalise(maps)

    def compress(self, mel):
        log = self.config["log"]
        if log["kind"] == "none":
            return mel
        if log["kind"] == "ln":
            return torch.log(mel + log["eps"])
        decibels = 10 * torch.log10(mel.clamp(min=log["amin"]))
        return decibels if log["topDb"] is None else decibels.clamp(min=(decibels.max() - log["topDb"]).item())

    def normalise(self, maps):
        rule = self.config["normalise"]
        if rule["kind"] == "none":
            return maps
        if rule["kind"] == "affine":
            return (maps - rule["offset"]) / rule["scale"]
        std, mean = torch.std_mean(maps, dim=2, keepdim=True)
        return (maps - mean) / std.clamp(min=rule["floor"])


class LibrosaFrontEnd:
    """librosa.stft, a dense filterbank, librosa and NumPy for the rest."""

    def __init__(self, config):
        self.config = config
        self.window = window_of(config)
        self.filterbank = filterbank_of(config)

    def __call__(self, samples):
        """(S) float32 array -> (C, F, T)."""
        config = self.config
        spectrum = librosa.stft(
            prepare_samples(config, samples),
            n_fft=config["fftLength"],
            hop_length=config["hopSamples"],
            window=self.window,
            center=config["center"] != "none",
            pad_mode="reflect" if config["center"] != "zero" else "constant",
        )
        magnitude = np.abs(spectrum)
        mel = self.compress(self.filterbank @ (magnitude**2 if config["spectrum"] == "power" else magnitude))
        deltas = config["deltas"]
        orders = range(1, deltas["order"] + 1)
        maps = np.stack([mel, *(librosa.feature.delta(mel, width=deltas["width"], order=order) for order in orders)])
        return self.normalise(maps)

    def compress(self, mel):
        log = self.config["log"]
        if log["kind"] == "none":
            return mel
        if log["kind"] == "ln":
            return np.log(mel + np.float32(log["eps"]))
        return librosa.power_to_db(mel, amin=log["amin"], top_db=log["topDb"])

    def normalise(self, maps):
        rule = self.config["normalise"]
        if rule["kind"] == "none":
            return maps
        if rule["kind"] == "affine":
            return (maps - rule["offset"]) / rule["scale"]
        mean = maps.mean(axis=2, keepdims=True)
        std = maps.std(axis=2, ddof=1, keepdims=True)
        return (maps - mean) / np.maximum(std, rule["floor"])


def delta_kernels(config):
    """Savitzky-Golay derivative weights, oldest frame first, an order each."""
    deltas = config["deltas"]
    return [
        scipy.signal.savgol_coeffs(deltas["width"], order, deriv=order, use="dot").astype(np.float32)
        for order in range(1, deltas["order"] + 1)
    ]
