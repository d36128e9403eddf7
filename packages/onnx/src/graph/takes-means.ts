import { sizeOf } from '@asc/core';
import type { OnnxTensor } from '../model/onnx-model.js';

/** Whether all that a `Conv` with this weight (O, C/group, h, w) does is take means. */
export function takesMeans({ shape, data }: OnnxTensor): boolean {
  const size = sizeOf(shape.slice(1));
  const share = Math.fround(1 / size);
  return shape.length === 4 && size > 1 && (data as Float32Array).every((value) => value === share);
}
