import { test } from '@jest/globals';
import { useCpuBackend } from '@asc/testing';
import { createModel } from './create-model.js';
import { expectGolden, readModelGolden } from './golden.test.helper.js';

await useCpuBackend();

test.each(['amfm-small', 'clova2021-amfm-small', 'dcase2024'])(
  '%s equals PyTorch: outputs, loss, gradients, running statistics',
  (name) => {
    const golden = readModelGolden(name);
    const [, bands, frames] = golden.shape;
    expectGolden(createModel(name, { bands, frames }), golden);
  },
);
