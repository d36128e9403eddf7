import { DataError, type Rng, TAU_2020_SCENES, type Waveform, createRng } from '@asc/core';
import { type TauName, parseTauName } from '../dataset/tau-name.js';
import { applyBiquad, biquad } from './biquad.js';
import { recordWith } from './devices.js';
import { airport, metroStation, shoppingMall } from './indoor-textures.js';
import { park, publicSquare, streetPedestrian, streetTraffic } from './outdoor-textures.js';
import { SoundCanvas } from './sound-canvas.js';
import { type Texture, between, betweenLog } from './texture.js';
import { bus, metro, tram } from './transport-textures.js';

/** What a synthetic clip depends on, beside its name. */
export interface RenderConfig {
  readonly seed: number;
  readonly clipSeconds: number;
  readonly sampleRateHz: number;
}

const TEXTURES: Readonly<Record<(typeof TAU_2020_SCENES)[number], Texture>> = {
  airport,
  bus,
  metro,
  metro_station: metroStation,
  park,
  public_square: publicSquare,
  shopping_mall: shoppingMall,
  street_pedestrian: streetPedestrian,
  street_traffic: streetTraffic,
  tram,
};

/**
 * The sound of one synthetic clip: (S) samples in (−1, 1). It depends on the configuration and the official name alone, so
 * clips can be made anywhere, in any order. Clips of one segment by several devices hear the same scene.
 *
 * @throws DataError when the name is not that of a synthetic clip.
 */
export function renderClip(config: RenderConfig, fileName: string): Waveform {
  const name = parseTauName(fileName);
  const texture = name && textureOf(name.scene);
  if (name === undefined || texture === undefined) {
    throw new DataError({
      what: 'No synthetic clip has this name.',
      expected: '<scene>-<city>-<location>-<segment>-<device>.wav with one of the ten TAU scenes',
      received: JSON.stringify(fileName),
    });
  }
  const rng = createRng(config.seed).split('synthetic-scenes');
  const samples = renderScene(config, name, texture, rng);
  recordWith(samples, config.sampleRateHz, name.device, rng.split('device-noise', fileStem(name)));
  return { samples, sampleRateHz: config.sampleRateHz };
}

function textureOf(scene: string): Texture | undefined {
  return Object.hasOwn(TEXTURES, scene) ? TEXTURES[scene as keyof typeof TEXTURES] : undefined;
}

function fileStem({ scene, city, location, segment, device }: TauName): string {
  return [scene, city, location, segment, device].join('-');
}

/** What stands at the microphones: the scene's texture over a background, coloured and levelled by the place. */
function renderScene(config: RenderConfig, name: TauName, texture: Texture, rng: Rng): Float32Array {
  const { sampleRateHz } = config;
  const length = Math.round(config.clipSeconds * sampleRateHz);
  const place = rng.split('place', name.scene, name.city, name.location);
  const moment = rng.split('moment', name.scene, name.city, name.location, name.segment);
  const canvas = new SoundCanvas(length, sampleRateHz, moment.split('noise'));
  texture(canvas, place.split('texture'), moment.split('texture'));
  setRms(canvas.samples, 1);

  const mix = place.split('mix');
  // Loudness, contrast and spectrum belong to the place: the mean spectrum says where, not which scene.
  const levelDb = between(mix, -38, -22) + between(moment, -3, 3);
  const contrastDb = between(mix, 6, 16);
  const scene = canvas.samples;
  if (moment.uniform() < PASSER_BY_SHARE) {
    const names = TAU_2020_SCENES.filter((other) => other !== name.scene);
    const other = textureOf(names[moment.integer(names.length)] ?? '');
    const guest = new SoundCanvas(length, sampleRateHz, moment.split('passer-by-noise'));
    other?.(guest, moment.split('passer-by-place'), moment.split('passer-by'));
    setRms(guest.samples, 10 ** (-PASSER_BY_DB / 20));
    addTo(scene, guest.samples);
  }
  const background = moment.split('background').fillUniform(new Float32Array(length));
  for (let i = 0; i < length; i++) background[i] = (background[i] as number) - 0.5;
  applyBiquad(background, biquad('lowpass', sampleRateHz, betweenLog(mix, 150, 2500), 0.5));
  setRms(background, 10 ** (-contrastDb / 20));
  addTo(scene, background);
  for (const octaveHz of COLOUR_HZ) {
    const hz = octaveHz * betweenLog(mix, 0.7, 1.4);
    applyBiquad(scene, biquad('peak', sampleRateHz, hz, 1, between(mix, -COLOUR_DB, COLOUR_DB)));
  }
  setRms(scene, 10 ** (levelDb / 20));
  return scene;
}

/** Share of segments in which something of another scene is faintly heard, and by how much weaker it is. */
const PASSER_BY_SHARE = 0.3;
const PASSER_BY_DB = 12;
/** Centres of the place's colouring, one per octave and a half, and its extremes. */
const COLOUR_HZ = [200, 560, 1600, 4500] as const;
const COLOUR_DB = 10;

function setRms(samples: Float32Array, target: number): void {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] as number) ** 2;
  const gain = sum > 0 ? target / Math.sqrt(sum / samples.length) : 0;
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] as number) * gain;
}

function addTo(out: Float32Array, added: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + (added[i] as number);
}
