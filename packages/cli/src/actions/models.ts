import { frontEnd, type PresetName } from '@asc/features';
import { blueprint, complexity, listPresets, type ModelPreset } from '@asc/models';
import '../line/tensorflow.js';
import type { CommandResult } from '../command/command-context.js';
import { formatBytes, formatCount } from '../terminal/format.js';
import { table } from '../terminal/table.js';

/** Every preset with its cost. */
export function listModels(): CommandResult {
  const models = listPresets().map(describe);
  return { json: models, text: models.map(paragraph).join('\n\n') };
}

function describe(preset: ModelPreset) {
  const { name, paper, config, clipSamples, frontEnd: front, published } = preset;
  const { deployed } = blueprint(name);
  const { parameters, macs, bytes } = complexity(deployed);
  const { sampleRateHz } = frontEnd(front as PresetName).config;
  return {
    name,
    paper,
    frontEnd: front,
    seconds: clipSamples / sampleRateHz,
    inputShape: [config.bands, config.frames, config.channels],
    classes: config.classes,
    parameters,
    macs,
    bytes,
    published,
  };
}

function paragraph(model: ReturnType<typeof describe>): string {
  const { bytes, published } = model;
  const shape = `${model.inputShape.join(' × ')} (bands × frames × channels, ${Number(model.seconds.toFixed(3))} s)`;
  const rows = [
    ['input', shape],
    ['classes', String(model.classes)],
    ['cost', `${formatCount(model.parameters)} parameters, ${formatCount(model.macs)} MACs`],
    ['size', `${formatBytes(bytes.float32)} fp32, ${formatBytes(bytes.float16)} fp16, ${formatBytes(bytes.int8)} int8`],
    ...published.map(({ what, value, match }) => ['published', `${formatCount(value)} ${what} (${match})`]),
  ];
  const lines = table([{ heading: '' }, { heading: '' }], rows);
  return `${model.name}: ${model.paper}\n${lines.replace(/^/gm, '  ')}`;
}
