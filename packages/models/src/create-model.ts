import { checkKeys, checkNonNegativeInteger, checkOneOf, checkPositiveInteger } from '@asc/core';
import { BLANK_SEED } from '@asc/layers';
import {
  AMFM_SMALL,
  CLOVA_2021_AMFM_SMALL,
  CLOVA_2021_AMFM_SMALL_COUNT_A,
  CLOVA_2021_AMFM_SMALL_COUNT_B,
} from './amfm-small.js';
import { BC_RESNET_ASC } from './bc-resnet-asc.js';
import { CLOVA_2021_RESNETSE_MFM } from './clova2021-resnetse-mfm.js';
import { CP_MOBILE } from './cp-mobile.js';
import { DCASE_2020_1B } from './dcase2020-1b.js';
import { DCASE_2021, DCASE_2022 } from './dcase2022.js';
import { DCASE_2024 } from './dcase2024.js';
import { SP4ASC } from './sp4asc.js';
import { TF_SEPNET } from './tf-sepnet.js';
import { shim2022Presets } from './shim2022.js';
import { VGGISH, VGGISH_AED } from './vggish.js';
import { XIN_2022, XIN_2022_30MMAC } from './xin2022.js';
import { zhang2019Presets } from './zhang2019.js';
import type { ModelPreset, SceneModel, SceneModelConfig } from './scene-model.js';

/** Every network that can be built by name. */
export function listPresets(): readonly ModelPreset[] {
  return [
    AMFM_SMALL,
    CLOVA_2021_AMFM_SMALL,
    CLOVA_2021_AMFM_SMALL_COUNT_A,
    CLOVA_2021_AMFM_SMALL_COUNT_B,
    CLOVA_2021_RESNETSE_MFM,
    SP4ASC,
    XIN_2022,
    XIN_2022_30MMAC,
    DCASE_2020_1B,
    DCASE_2021,
    DCASE_2022,
    DCASE_2024,
    CP_MOBILE,
    BC_RESNET_ASC,
    TF_SEPNET,
    ...shim2022Presets(),
    ...zhang2019Presets(),
    VGGISH,
    VGGISH_AED,
  ];
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
  const full = resolve(preset, config, Object.keys(preset.config));
  checkNonNegativeInteger('seed', full.seed);
  return preset.build(full);
}

/**
 * The network `name` with weights of zero, which take no memory until they are read or written: for counting what is too
 * large to hold.
 *
 * @throws UsageError as {@link createModel} does.
 */
export function blueprint(name: string, config: Partial<Omit<SceneModelConfig, 'seed'>> = {}): SceneModel {
  const preset = findPreset(name);
  const { seed: _, ...others } = preset.config;
  return preset.build({ ...resolve(preset, config, Object.keys(others)), seed: BLANK_SEED });
}

function resolve(preset: ModelPreset, config: Partial<SceneModelConfig>, keys: readonly string[]): SceneModelConfig {
  checkKeys(`The configuration of model "${preset.name}"`, config, keys);
  const full = { ...preset.config, ...config };
  checkNonNegativeInteger('abstractClasses', full.abstractClasses);
  for (const key of ['classes', 'bands', 'frames', 'channels'] as const) checkPositiveInteger(key, full[key]);
  return full;
}
