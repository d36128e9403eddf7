import { describe, expect, test } from '@jest/globals';
import { DataError, labelSpace, UsageError, type ModelCard } from '@asc/core';
import { decodeOnnx } from './decode-onnx.js';
import { encodeOnnx } from './encode-onnx.js';
import { getModelCard, setModelCard } from './model-card.js';
import type { OnnxModel } from './onnx-model.js';

const CARD: ModelCard = {
  name: 'tiny',
  labels: labelSpace(['bus', 'park', 'tram'], { abstract: { vehicle: ['bus', 'tram'], outdoor: ['park'] } }),
  sampleRateHz: 44_100,
  clipSamples: 220_500,
  input: 'waveform',
  frontEnd: {
    sampleRateHz: 44_100,
    preEmphasis: 0.97,
    windowSamples: 1764,
    hopSamples: 882,
    fftLength: 2048,
    window: 'hann',
    center: 'reflect',
    spectrum: 'power',
    mel: 'htk',
    melNorm: 'none',
    bands: 128,
    minHz: 0,
    maxHz: 22_050,
    log: { kind: 'ln', eps: 1e-7 },
    deltas: { order: 0, width: 9, stack: 'channel' },
    normalise: { kind: 'clip-band', floor: 1e-5 },
  },
  recipe: { epochs: 80, note: 'ü' },
};

function emptyModel(metadata: Record<string, string> = {}): OnnxModel {
  return {
    irVersion: 9,
    producer: 'test',
    opsets: { '': 17 },
    graphName: 'g',
    inputs: [],
    outputs: [],
    valueInfo: [],
    nodes: [],
    initializers: new Map(),
    metadata,
  };
}

describe('the model card', () => {
  test('comes back from the file, beside other metadata', () => {
    const model = emptyModel({ author: 'someone' });
    setModelCard(model, CARD);
    const read = decodeOnnx(encodeOnnx(model));
    expect(getModelCard(read)).toEqual(CARD);
    expect(read.metadata['author']).toBe('someone');
    expect(JSON.parse(read.metadata['asc.labels'] ?? '')).toEqual(CARD.labels);
  });

  test('replaces an older card, its recipe included', () => {
    const model = emptyModel();
    setModelCard(model, CARD);
    const { recipe, ...untrained } = CARD;
    setModelCard(model, untrained);
    expect(recipe).toBeDefined();
    expect(getModelCard(model)).toEqual(untrained);
  });

  test('a model without card says so', () => {
    expect(() => getModelCard(emptyModel({ author: 'x' }))).toThrow(DataError);
    expect(() => getModelCard(emptyModel())).toThrow(/no model card[\s\S]*no metadata at all[\s\S]*setModelCard/);
  });

  test.each<[string, unknown]>([
    ['card.sampleRateHz', { ...CARD, sampleRateHz: 0 }],
    ['card.clipSamples', { ...CARD, clipSamples: 1.5 }],
    ['card.input', { ...CARD, input: 'sound' }],
    ['unknown key "licence"', { ...CARD, licence: 'MIT' }],
    ['card.labels.scenes', { ...CARD, labels: { ...CARD.labels, scenes: ['a', 'a', 'b'] } }],
    ['card.labels.scenes', { ...CARD, labels: { scenes: [], abstracts: [], abstractOf: [] } }],
    ['card.labels.abstractOf', { ...CARD, labels: { ...CARD.labels, abstractOf: [0, 1] } }],
    ['card.frontEnd.window', { ...CARD, frontEnd: { ...CARD.frontEnd, window: 'hamm' } }],
    ['card.frontEnd.log.kind', { ...CARD, frontEnd: { ...CARD.frontEnd, log: { kind: 'log' } } }],
    ['card.frontEnd.minHz', { ...CARD, frontEnd: { ...CARD.frontEnd, minHz: Number.NaN } }],
    ['card.frontEnd', { ...CARD, frontEnd: null }],
  ])('an impossible %s is refused, when set and when read', (named, card) => {
    const model = emptyModel();
    expect(() => setModelCard(model, card as ModelCard)).toThrow(UsageError);
    expect(() => setModelCard(model, card as ModelCard)).toThrow(named);
    expect(model.metadata).toEqual({});
    setModelCard(model, CARD);
    for (const [key, value] of Object.entries(card as ModelCard)) model.metadata[`asc.${key}`] = JSON.stringify(value);
    if (!named.startsWith('unknown')) expect(() => getModelCard(model)).toThrow(DataError);
  });

  test('damaged JSON and cards of another version are refused', () => {
    const model = emptyModel();
    setModelCard(model, CARD);
    model.metadata['asc.labels'] = '["bus"';
    expect(() => getModelCard(model)).toThrow(/asc.labels .* is not JSON/);
    model.metadata['asc.cardVersion'] = '2';
    expect(() => getModelCard(model)).toThrow(/another version/);
  });
});
