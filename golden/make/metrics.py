"""Reference metrics from scikit-learn and intervals from SciPy: writes golden/metrics/*.json.

Usage: python golden/make/metrics.py   (needs numpy, SciPy and scikit-learn; prints their versions)
"""

import json
import pathlib
import warnings

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn import metrics
from sklearn.calibration import calibration_curve

OUT = pathlib.Path(__file__).resolve().parents[1] / "metrics"
SCENES = ["airport", "bus", "metro", "metro_station", "park", "public_square", "shopping_mall",
          "street_pedestrian", "street_traffic", "tram"]
ABSTRACT = {"indoor": ["airport", "shopping_mall", "metro_station"],
            "outdoor": ["street_traffic", "street_pedestrian", "park", "public_square"],
            "transportation": ["bus", "metro", "tram"]}
GROUPS = {"A": ["a"], "B&C": ["b", "c"], "S1-S3": ["s1", "s2", "s3"], "S4-S6": ["s4", "s5", "s6"],
          "real": ["a", "b", "c"], "seen": ["a", "b", "c", "s1", "s2", "s3"], "unseen": ["s4", "s5", "s6"]}


def scores(truth, proba, classes):
    guess = proba.argmax(1)
    return {"clips": len(truth),
            "accuracy": metrics.accuracy_score(truth, guess),
            "balancedAccuracy": metrics.balanced_accuracy_score(truth, guess),
            "logLoss": metrics.log_loss(truth, y_proba=proba, labels=range(classes))}


def nullable(values):
    return [None if np.isnan(v) else float(v) for v in values]


def case(name, seed, rows, scenes, abstract, absent=(), zeros=False):
    rng = np.random.default_rng(seed)
    classes = len(scenes)
    truth = rng.choice([i for i in range(classes) if i not in absent], rows)
    logits = rng.normal(0, 1.5, (rows, classes))
    logits[np.arange(rows), truth] += 1.5
    proba = np.exp(logits - logits.max(1, keepdims=True))
    proba /= proba.sum(1, keepdims=True)
    if zeros:  # hard posteriors, some of them exactly wrong
        proba = np.eye(classes)[proba.argmax(1)]
    # float32, as a network gives them; stored and judged as the float64 numbers they are.
    proba = proba.astype(np.float32).astype(np.float64)
    device = rng.choice(sum([GROUPS["seen"], GROUPS["unseen"]], []), rows)
    guess = proba.argmax(1)
    confidence, right = proba.max(1), (guess == truth)

    report = scores(truth, proba, classes)
    labels = range(classes)
    report["confusion"] = metrics.confusion_matrix(truth, guess, labels=labels).tolist()
    report["recall"] = nullable(metrics.recall_score(truth, guess, labels=labels, average=None, zero_division=np.nan))
    report["precision"] = nullable(
        metrics.precision_score(truth, guess, labels=labels, average=None, zero_division=np.nan))
    report["classLogLoss"] = [metrics.log_loss(truth[truth == i], y_proba=proba[truth == i], labels=labels)
                              if (truth == i).any() else None for i in labels]
    report["devices"] = {d: scores(truth[device == d], proba[device == d], classes) for d in np.unique(device)}
    members = {g: np.isin(device, names) for g, names in GROUPS.items()}
    report["deviceGroups"] = {g: scores(truth[m], proba[m], classes) for g, m in members.items()}
    if abstract:
        index = np.array([[s in members for members in abstract.values()].index(True) for s in scenes])
        coarse = np.stack([proba[:, index == i].sum(1) for i in range(len(abstract))], 1)
        report["abstract"] = scores(index[truth], coarse, len(abstract))
        report["abstract"]["confusion"] = metrics.confusion_matrix(
            index[truth], coarse.argmax(1), labels=range(len(abstract))).tolist()
    # scikit-learn's reliability curve drops empty bins; their sizes come from numpy.
    accuracy, mean_confidence = calibration_curve(right, np.minimum(confidence, 1), n_bins=10)
    edges = np.linspace(0, 1, 11)
    sizes = np.bincount(np.searchsorted(edges[1:-1], confidence), minlength=10)
    filled = sizes[sizes > 0]
    report["ece"] = float((np.abs(accuracy - mean_confidence) * filled).sum() / rows)
    report["binSizes"] = sizes.tolist()

    predictions = {"labels": scenes,
                   "rows": [{"id": f"audio/{scenes[t]}-{i}-{d}.wav", "scene": scenes[t], "device": str(d),
                             "probabilities": p.tolist()} for i, (t, d, p) in enumerate(zip(truth, device, proba))]}
    document = {"versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
                "abstract": abstract, "predictions": predictions, "report": report}
    (OUT / f"{name}.json").write_text(json.dumps(document) + "\n")


def two_models(seed, rows, classes, seeds):
    """Two models of several seeds each on the same clips: mean and deviation of scores, paired interval of means over seeds."""
    rng = np.random.default_rng(seed)
    labels = [f"scene {i}" for i in range(classes)]
    truth = rng.integers(0, classes, rows)
    hardness = rng.normal(0, 1, rows)
    models, summaries, clip_scores = [], [], []
    for gain in (1.0, 1.6):
        runs, right, loss = [], [], []
        for _ in range(seeds):
            logits = rng.normal(0, 1, (rows, classes))
            logits[np.arange(rows), truth] += gain - hardness
            proba = np.exp(logits - logits.max(1, keepdims=True))
            proba = (proba / proba.sum(1, keepdims=True)).round(4)
            proba[:, 0] = (1 - proba[:, 1:].sum(1)).round(4)
            right.append(proba.argmax(1) == truth)
            loss.append([metrics.log_loss([t], y_proba=[p], labels=range(classes)) for t, p in zip(truth, proba)])
            runs.append({"labels": labels, "rows": [
                {"id": f"{i}.wav", "scene": labels[t], "probabilities": p.tolist()}
                for i, (t, p) in enumerate(zip(truth, proba))]})
        right, loss = np.array(right), np.array(loss)
        models.append(runs)
        summaries.append({name: {"mean": float(v.mean(1).mean()), "sd": float(v.mean(1).std(ddof=1))}
                          for name, v in [("accuracy", right), ("logLoss", loss)]})
        clip_scores.append({"accuracy": right.mean(0), "logLoss": loss.mean(0)})
    paired = {}
    for name in ("accuracy", "logLoss"):
        difference = clip_scores[1][name] - clip_scores[0][name]
        interval = stats.bootstrap((difference,), np.mean, n_resamples=50_000, method="percentile",
                                   random_state=np.random.default_rng(0)).confidence_interval
        paired[name] = {"difference": float(difference.mean()), "low": interval.low, "high": interval.high}
    document = {"versions": {"scipy": scipy.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__},
                "models": models, "summaries": summaries, "paired": paired}
    (OUT / "two-models.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    print("scikit-learn", sklearn.__version__, "scipy", scipy.__version__, "numpy", np.__version__)
    OUT.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        # Groups that miss a class are part of what is tested.
        warnings.simplefilter("ignore")
        case("ten-scenes", 1, 200, SCENES, ABSTRACT)
        case("absent-class", 2, 60, SCENES[:4], None, absent=(2,))
        case("hard-posteriors", 3, 60, SCENES[:3], None, zeros=True)
    two_models(4, 80, 3, 3)
