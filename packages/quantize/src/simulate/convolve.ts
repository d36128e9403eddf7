import { UsageError } from '@asc/core';
import type { OnnxNode } from '@asc/onnx';

/** Sums of products of a 2-D `Conv` in float64, exact for integers: x (B, C, H, W) and w (O, C/group, h, w) → (B, O, H′, W′). */
export function convolve(
  node: OnnxNode,
  x: ArrayLike<number>,
  xShape: readonly number[],
  w: ArrayLike<number>,
  wShape: readonly number[],
): { readonly shape: number[]; readonly sums: Float64Array } {
  const [batch = 0, channels = 0, height = 0, width = 0] = xShape;
  const [outputs = 0, perGroup = 0, rows = 0, columns = 0] = wShape;
  if (xShape.length !== 4 || wShape.length !== 4) {
    throw new UsageError({ what: `Conv ${node.name} is not 2-D.`, received: `rank ${xShape.length}` });
  }
  const [strideY = 1, strideX = 1] = ints(node, 'strides', [1, 1]);
  const [stepY = 1, stepX = 1] = ints(node, 'dilations', [1, 1]);
  const [top = 0, left = 0, bottom = 0, right = 0] = ints(node, 'pads', [0, 0, 0, 0]);
  const tall = Math.floor((height + top + bottom - stepY * (rows - 1) - 1) / strideY) + 1;
  const wide = Math.floor((width + left + right - stepX * (columns - 1) - 1) / strideX) + 1;
  const outputsPerGroup = outputs / (channels / perGroup);
  const sums = new Float64Array(batch * outputs * tall * wide);
  let at = 0;
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outputs; o++) {
      const firstChannel = Math.floor(o / outputsPerGroup) * perGroup;
      for (let y = 0; y < tall; y++) {
        for (let z = 0; z < wide; z++, at++) {
          let sum = 0;
          for (let c = 0; c < perGroup; c++) {
            const plane = (b * channels + firstChannel + c) * height;
            const kernel = (o * perGroup + c) * rows;
            for (let i = 0; i < rows; i++) {
              const row = y * strideY - top + i * stepY;
              if (row < 0 || row >= height) continue;
              for (let j = 0; j < columns; j++) {
                const column = z * strideX - left + j * stepX;
                if (column < 0 || column >= width) continue;
                sum += (x[(plane + row) * width + column] ?? 0) * (w[(kernel + i) * columns + j] ?? 0);
              }
            }
          }
          sums[at] = sum;
        }
      }
    }
  }
  return { shape: [batch, outputs, tall, wide], sums };
}

/** An attribute of whole numbers, or its default. */
export function ints(node: OnnxNode, name: string, fallback: readonly number[]): readonly number[] {
  const attribute = node.attributes[name];
  return attribute?.kind === 'ints' ? attribute.value : fallback;
}

/** An attribute that is a whole number, or its default. */
export function int(node: OnnxNode, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  return attribute?.kind === 'int' ? attribute.value : fallback;
}
