import { checkOneOf, type FrontEndConfig } from '@asc/core';
import { checkFrontEndConfig } from './check-config.js';
import { frontEndPreset, PRESET_NAMES, type PresetName } from './presets.js';

/** A preset by name, a preset with some values replaced, or a whole configuration. */
export type FrontEndInput = PresetName | FrontEndConfig | ({ readonly preset: PresetName } & Partial<FrontEndConfig>);

/**
 * The whole, checked configuration `input` stands for. Groups (`log`, `deltas`, `normalise`) are replaced whole.
 *
 * @throws UsageError for an unknown preset or key, a missing key, or an impossible value.
 */
export function resolveFrontEndConfig(input: FrontEndInput): FrontEndConfig {
  if (typeof input === 'string') return checkFrontEndConfig(presetConfig(input));
  if (typeof input === 'object' && input !== null && 'preset' in input) {
    const { preset, ...overrides } = input;
    return checkFrontEndConfig({ ...presetConfig(preset), ...overrides });
  }
  return checkFrontEndConfig(input);
}

function presetConfig(name: unknown): FrontEndConfig {
  return frontEndPreset(checkOneOf('The front-end preset', name, PRESET_NAMES)).config;
}
