import {
  checkFinite,
  checkKeys,
  checkNonNegativeInteger,
  checkOneOf,
  checkPositiveInteger,
  DataError,
  describeValue,
  UsageError,
  type FrontEndConfig,
  type LabelSpace,
  type ModelCard,
  type StereoPolicy,
} from '@asc/core';
import type { OnnxModel } from './onnx-model.js';

/** Format number of the metadata keys below. */
const CARD_VERSION = 1;

/** The `metadata_props` key of each part; every value is JSON. */
const KEYS = {
  name: 'asc.name',
  labels: 'asc.labels',
  sampleRateHz: 'asc.sampleRateHz',
  clipSamples: 'asc.clipSamples',
  stereo: 'asc.stereo',
  events: 'asc.events',
  input: 'asc.input',
  frontEnd: 'asc.frontEnd',
  patches: 'asc.patches',
  recipe: 'asc.recipe',
} as const satisfies Record<keyof ModelCard, string>;
const VERSION_KEY = 'asc.cardVersion';

/** All names of a union type: the compiler refuses a list that lacks one. */
const namesOf = <T extends string>(names: Record<T, true>): T[] => Object.keys(names) as T[];
const WINDOWS = namesOf<FrontEndConfig['window']>({
  hann: true,
  'hann-symmetric': true,
  hamming: true,
  'hamming-symmetric': true,
  blackman: true,
  'blackman-symmetric': true,
  rectangular: true,
});
const STEREO = namesOf<StereoPolicy>({ mean: true, mid: true, left: true, right: true, both: true });
const MELS = namesOf<FrontEndConfig['mel']>({ htk: true, slaney: true, vggish: true, none: true });

/**
 * Writes `card` into the model's metadata, in place of any card there. Other metadata stays.
 *
 * @throws UsageError where a field of the card is missing, unknown or impossible.
 */
export function setModelCard(model: OnnxModel, card: ModelCard): void {
  checkCard(card);
  for (const key of Object.values(KEYS)) delete model.metadata[key];
  model.metadata[VERSION_KEY] = String(CARD_VERSION);
  for (const [part, key] of Object.entries(KEYS)) {
    const value = JSON.stringify(card[part as keyof ModelCard]);
    if (value !== undefined) model.metadata[key] = value;
  }
}

/**
 * The card in the model's metadata.
 *
 * @throws DataError where the model has none (it was not exported by this toolkit), or a damaged or newer one.
 */
export function getModelCard(model: OnnxModel): ModelCard {
  const version = model.metadata[VERSION_KEY];
  if (version !== String(CARD_VERSION)) {
    throw new DataError({
      what:
        version === undefined
          ? 'This ONNX model has no model card: its labels, sample rate and front end are unknown.'
          : 'The model card of this ONNX model is of another version.',
      expected: `metadata key ${VERSION_KEY} = ${CARD_VERSION}`,
      received: version === undefined ? describeKeys(model.metadata) : version,
      hint:
        version === undefined
          ? 'Export the model with this toolkit, or add a card with setModelCard(model, card).'
          : 'Use the version of the toolkit that wrote it, or export the model again.',
    });
  }
  const card: Record<string, unknown> = {};
  for (const [part, key] of Object.entries(KEYS)) {
    const text = model.metadata[key];
    if (text !== undefined) card[part] = parseJson(key, text);
  }
  try {
    return checkCard(card);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new DataError(
      { ...error.parts, hint: 'The model card is damaged: export the model again.' },
      { cause: error },
    );
  }
}

function parseJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(
      {
        what: `Metadata ${key} of the ONNX model is not JSON.`,
        received: describeValue(text),
        hint: 'The model card is damaged: export the model again.',
      },
      { cause },
    );
  }
}

function describeKeys(metadata: OnnxModel['metadata']): string {
  return Object.keys(metadata).join(', ') || 'no metadata at all';
}

function checkCard(value: unknown): ModelCard {
  const card = checkKeys('The model card', value, Object.keys(KEYS));
  checkText('card.name', card['name']);
  checkLabels(card['labels']);
  checkPositiveInteger('card.sampleRateHz', card['sampleRateHz']);
  checkPositiveInteger('card.clipSamples', card['clipSamples']);
  checkOneOf('card.input', card['input'], ['waveform', 'features']);
  if (card['stereo'] !== undefined) checkOneOf('card.stereo', card['stereo'], STEREO);
  if (card['events'] !== undefined) checkOneOf('card.events', card['events'], [true]);
  checkFrontEnd('card.frontEnd', card['frontEnd']);
  if (card['patches'] !== undefined) {
    const patches = checkKeys('card.patches', card['patches'], ['frontEnd', 'clipSamples']);
    checkFrontEnd('card.patches.frontEnd', patches['frontEnd']);
    checkPositiveInteger('card.patches.clipSamples', patches['clipSamples']);
  }
  return card as unknown as ModelCard;
}

function checkText(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new UsageError({ what: `${name} is not valid.`, expected: 'a name', received: describeValue(value) });
}

function checkNames(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) {
    throw new UsageError({
      what: `${name} is not valid.`,
      expected: 'a list of names',
      received: describeValue(value),
    });
  }
  const names = value.map((item, index) => checkText(`${name}[${index}]`, item));
  const twice = names.find((item, index) => names.indexOf(item) !== index);
  if (twice === undefined) return names;
  throw new UsageError({ what: `${name} is not valid.`, expected: 'every name once', received: `${twice} twice` });
}

function checkLabels(value: unknown): void {
  const labels = checkKeys('card.labels', value, ['scenes', 'abstracts', 'abstractOf'] satisfies (keyof LabelSpace)[]);
  const scenes = checkNames('card.labels.scenes', labels['scenes']);
  checkPositiveInteger('The number of card.labels.scenes', scenes.length);
  const abstracts = checkNames('card.labels.abstracts', labels['abstracts']);
  const abstractOf: unknown = labels['abstractOf'];
  const expected = abstracts.length === 0 ? 0 : scenes.length;
  const fits = Array.isArray(abstractOf) && abstractOf.length === expected;
  if (!fits || abstractOf.some((index) => !Number.isInteger(index) || index < 0 || index >= abstracts.length)) {
    throw new UsageError({
      what: 'card.labels.abstractOf is not valid.',
      expected: `${expected} indices below ${abstracts.length}`,
      received: describeValue(abstractOf),
    });
  }
}

/** Fields and kinds of a {@link FrontEndConfig}; what the numbers mean together is the front end's own check. */
function checkFrontEnd(at: string, value: unknown): void {
  const checks: Record<keyof FrontEndConfig, (name: string, value: unknown) => unknown> = {
    sampleRateHz: checkPositiveInteger,
    preEmphasis: checkFinite,
    windowSamples: checkPositiveInteger,
    hopSamples: checkPositiveInteger,
    fftLength: checkPositiveInteger,
    window: (name, field) => checkOneOf(name, field, WINDOWS),
    center: (name, field) => checkOneOf(name, field, ['reflect', 'zero', 'none']),
    spectrum: (name, field) => checkOneOf(name, field, ['power', 'magnitude']),
    mel: (name, field) => checkOneOf(name, field, MELS),
    melNorm: (name, field) => checkOneOf(name, field, ['none', 'slaney']),
    bands: checkPositiveInteger,
    minHz: checkFinite,
    maxHz: checkFinite,
    log: (name, field) => checkKind(name, field, ['none', 'ln', 'db'], ['eps', 'amin', 'topDb']),
    deltas: checkDeltas,
    normalise: (name, field) => checkKind(name, field, ['none', 'clip-band', 'affine'], ['floor', 'offset', 'scale']),
  };
  const frontEnd = checkKeys(at, value, Object.keys(checks));
  for (const [key, check] of Object.entries(checks)) check(`${at}.${key}`, frontEnd[key]);
}

function checkKind(name: string, value: unknown, kinds: readonly string[], numbers: readonly string[]): void {
  const field = checkKeys(name, value, ['kind', ...numbers]);
  checkOneOf(`${name}.kind`, field['kind'], kinds);
  for (const key of numbers) {
    const number = field[key];
    if (number !== undefined && number !== null) checkFinite(`${name}.${key}`, number);
  }
}

function checkDeltas(name: string, value: unknown): void {
  const field = checkKeys(name, value, ['order', 'width', 'stack']);
  checkOneOf(`${name}.order`, field['order'], [0, 1, 2]);
  checkNonNegativeInteger(`${name}.width`, field['width']);
  checkOneOf(`${name}.stack`, field['stack'], ['channel', 'frequency']);
}
