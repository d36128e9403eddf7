/** Every metric of one model on one set of clips; plain JSON. Rates and accuracies are fractions, log loss is in nats. */
export interface Report {
  readonly clips: number;
  /** Scenes in the order of every per-class table here. */
  readonly labels: readonly string[];
  readonly accuracy: number;
  /** Mean recall over the scenes that occur. */
  readonly balancedAccuracy: number;
  /** Mean −ln p(true scene), probabilities clipped to [2^-52, 1 − 2^-52]. */
  readonly logLoss: number;
  readonly classes: readonly ClassReport[];
  /** (Y, Y) counts: row = true scene, column = predicted scene. */
  readonly confusion: readonly (readonly number[])[];
  /** One entry for each device that occurs, sorted by name. */
  readonly devices: readonly GroupReport[];
  /** Groups of {@link DEVICE_GROUPS} that occur. */
  readonly deviceGroups: readonly GroupReport[];
  /** Clips whose device is not known; they count everywhere but in the two device tables. */
  readonly clipsWithoutDevice: number;
  /** The coarser classes, judged by summed scene posteriors; `null` where the label space defines none. */
  readonly abstract: AbstractReport | null;
  readonly calibration: CalibrationReport;
}

export interface ClassReport {
  readonly scene: string;
  /** Clips of this scene. */
  readonly count: number;
  /** Clips said to be this scene. */
  readonly predicted: number;
  /** Of the clips of this scene, the fraction found (the per-class accuracy of DCASE); `null` where there are none. */
  readonly recall: number | null;
  /** Of the clips said to be this scene, the fraction that are; `null` where there are none. */
  readonly precision: number | null;
  /** Log loss over the clips of this scene; `null` where there are none. */
  readonly logLoss: number | null;
}

export interface GroupReport {
  readonly name: string;
  /** Devices of the group that occur. */
  readonly devices: readonly string[];
  readonly clips: number;
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  readonly logLoss: number;
}

export interface AbstractReport {
  readonly labels: readonly string[];
  readonly accuracy: number;
  readonly logLoss: number;
  /** Counts: row = true abstract class, column = predicted one. */
  readonly confusion: readonly (readonly number[])[];
}

export interface CalibrationReport {
  /** Expected calibration error: mean |confidence − accuracy| over bins, weighted by clips. */
  readonly ece: number;
  /** Equal bins of confidence (the largest posterior) over (0, 1]. */
  readonly bins: readonly CalibrationBin[];
}

export interface CalibrationBin {
  /** The bin is (above, upTo]. */
  readonly above: number;
  readonly upTo: number;
  readonly clips: number;
  /** Mean confidence; `null` in an empty bin. */
  readonly confidence: number | null;
  /** Fraction right; `null` in an empty bin. */
  readonly accuracy: number | null;
}
