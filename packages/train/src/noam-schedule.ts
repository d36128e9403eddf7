import type { Schedule } from './schedule.js';

export interface NoamConfig {
  /** The formula's k. */
  readonly learningRate: number;
  /** Width of the attention, d. */
  readonly modelSize: number;
  readonly warmUpSteps: number;
  readonly exponent: 'corrected' | 'printed';
}

/**
 * The Transformer's schedule: k·d^−0.5·min(n^−0.5, n·w^−1.5) at update n = 1, 2, …: a straight line up to n = w, then 1/√n.
 *
 * Source: Vaswani et al., 2017. Zhang et al., 2019 (equation 8, k 0.5, w 8000) print d^0.5, which at d = 2048 would peak at
 * 0.25; it is taken for a misprint and computed where `exponent` is `printed`.
 */
export function noamSchedule({ learningRate, modelSize, warmUpSteps, exponent }: NoamConfig): Schedule {
  const scale = learningRate * modelSize ** (exponent === 'printed' ? 0.5 : -0.5);
  return ({ step }) => scale * Math.min((step + 1) ** -0.5, (step + 1) * warmUpSteps ** -1.5);
}
