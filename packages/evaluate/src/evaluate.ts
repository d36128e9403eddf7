import { abstractProbabilities, type LabelSpace, type Predictions } from '@asc/core';
import { calibration } from './calibration.js';
import { DEVICE_GROUPS } from './device-groups.js';
import { judgeClips, largest, type JudgedClip } from './judged-clip.js';
import type { AbstractReport, ClassReport, GroupReport, Report } from './report.js';
import { accuracy, balancedAccuracy, confusionMatrix, logLoss } from './scores.js';

/**
 * Every metric of a model on a set of labelled clips. The columns of `predictions` may be in any order; the report's
 * classes are in the order of `labels`.
 *
 * @throws UsageError naming the clip: no rows, labels other than the label space's, an id that occurs twice, an unlabelled
 * row, an unknown scene, or a row that is not a posterior (length, NaN, negative, sum).
 */
export function evaluate(predictions: Predictions, labels: LabelSpace): Report {
  const clips = judgeClips(predictions, labels.scenes);
  const confusion = confusionMatrix(clips, labels.scenes.length);
  return {
    clips: clips.length,
    labels: [...labels.scenes],
    accuracy: accuracy(clips),
    balancedAccuracy: balancedAccuracy(clips),
    logLoss: logLoss(clips),
    classes: labels.scenes.map((scene, i) => classReport(scene, i, clips, confusion)),
    confusion,
    devices: devicesOf(clips).map((device) => groupReport(device, [device], clips)),
    deviceGroups: Object.entries(DEVICE_GROUPS)
      .filter(([, devices]) => clips.some(({ device }) => device !== undefined && devices.includes(device)))
      .map(([name, devices]) => groupReport(name, devices, clips)),
    clipsWithoutDevice: clips.filter(({ device }) => device === undefined).length,
    abstract: labels.abstracts.length === 0 ? null : abstractReport(labels, clips),
    calibration: calibration(clips),
  };
}

function classReport(
  scene: string,
  index: number,
  clips: readonly JudgedClip[],
  confusion: readonly (readonly number[])[],
): ClassReport {
  const own = clips.filter(({ truth }) => truth === index);
  const right = confusion[index]?.[index] ?? 0;
  const predicted = confusion.reduce((sum, row) => sum + (row[index] ?? 0), 0);
  return {
    scene,
    count: own.length,
    predicted,
    recall: own.length === 0 ? null : right / own.length,
    precision: predicted === 0 ? null : right / predicted,
    logLoss: own.length === 0 ? null : logLoss(own),
  };
}

function devicesOf(clips: readonly JudgedClip[]): string[] {
  const names = new Set(clips.map(({ device }) => device).filter((device) => device !== undefined));
  // By code unit, not by locale: the report of the same clips is the same everywhere.
  return [...names].sort();
}

function groupReport(name: string, devices: readonly string[], clips: readonly JudgedClip[]): GroupReport {
  const own = clips.filter(({ device }) => device !== undefined && devices.includes(device));
  return {
    name,
    devices: devicesOf(own),
    clips: own.length,
    accuracy: accuracy(own),
    balancedAccuracy: balancedAccuracy(own),
    logLoss: logLoss(own),
  };
}

function abstractReport(labels: LabelSpace, clips: readonly JudgedClip[]): AbstractReport {
  const judged = clips.map((clip) => {
    const posterior = abstractProbabilities(labels, clip.posterior);
    return { truth: labels.abstractOf[clip.truth] ?? 0, guess: largest(posterior), posterior };
  });
  return {
    labels: [...labels.abstracts],
    accuracy: accuracy(judged),
    logLoss: logLoss(judged),
    confusion: confusionMatrix(judged, labels.abstracts.length),
  };
}
