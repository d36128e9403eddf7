import { mergeRuns, readable, type Moment } from './runs.js';
import { sceneColour } from './scene-colour.js';

/** Draws the scene of each moment between `from` and `to` seconds: a colour a scene, paler where less sure, named where it fits. */
export function drawTimeline(
  canvas: HTMLCanvasElement,
  moments: readonly Moment[],
  view: { readonly from: number; readonly to: number; readonly scenes: readonly string[] },
): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const density = window.devicePixelRatio;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  context.scale(density, density);
  const x = (seconds: number): number => ((seconds - view.from) / (view.to - view.from)) * width;
  for (const { from, to, scene, confidence } of moments) {
    if (to <= view.from) continue;
    context.fillStyle = '#fff';
    context.fillRect(x(from), 0, x(to) - x(from) + 0.5, height);
    context.globalAlpha = 0.15 + 0.85 * confidence;
    context.fillStyle = sceneColour(scene);
    context.fillRect(x(from), 0, x(to) - x(from) + 0.5, height);
    context.globalAlpha = 1;
  }
  context.fillStyle = '#111';
  context.font = '600 13px system-ui, sans-serif';
  context.textBaseline = 'middle';
  for (const { from, to, scene } of mergeRuns(moments)) {
    const left = Math.max(0, x(from)) + 6;
    const name = readable(view.scenes[scene] ?? '');
    if (context.measureText(name).width + 6 < x(to) - left) context.fillText(name, left, height / 2);
  }
}
