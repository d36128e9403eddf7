import { checkKeys, checkNonNegativeInteger, checkOneOf, checkPositiveInteger } from '@asc/core';
import { AMFM_SMALL } from './amfm-small.js';
import { DCASE_2024 } from './dcase2024.js';
import type { ModelPreset, SceneModel, SceneModelConfig } from './scene-model.js';

/** Every network that can be built by name. */
export function listPresets(): readonly ModelPreset[] {
  return [AMFM_SMALL, DCASE_2024];
}

/** The preset of that name. @throws UsageError for another name, suggesting the nearest. */
export function findPreset(name: string): ModelPreset {
  const presets = listPresets();
  checkOneOf(
    'model',
    name,
    presets.map((preset) => preset.name),
  );
  return presets.find((preset) => preset.name === name)!;
}

/**
 * Builds the network `name` with fresh weights; what `config` leaves out is the preset's.
 *
 * @throws UsageError for an unknown name or key, an impossible value, or an input too small for the network.
 */
export function createModel(name: string, config: Partial<SceneModelConfig> = {}): SceneModel {
  const preset = findPreset(name);
  checkKeys(`The configuration of model "${name}"`, config, Object.keys(preset.config));
  const full = { ...preset.config, ...config };
  checkNonNegativeInteger('seed', full.seed);
  checkNonNegativeInteger('abstractClasses', full.abstractClasses);
  for (const key of ['classes', 'bands', 'frames', 'channels'] as const) checkPositiveInteger(key, full[key]);
  return preset.build(full);
}
