import { describe, expect, test } from '@jest/globals';
import { abstractProbabilities, checkKeys, createRng, tau2020Labels } from './index.js';

describe('the README example', () => {
  test('works as printed', () => {
    const rng = createRng(7);
    const lambda = rng.split('mixup', 3).beta(0.2, 0.2);
    const order = rng.split('shuffle', 3).permutation(5);

    const labels = tau2020Labels();
    const posterior = labels.scenes.map((scene) => (scene === 'bus' || scene === 'park' ? 0.5 : 0));
    const abstract = abstractProbabilities(labels, posterior);

    expect(lambda).toBe(createRng(7).split('mixup', 3).beta(0.2, 0.2));
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(abstract).toEqual([0, 0.5, 0.5]); // indoor, outdoor, transportation
    expect(() => checkKeys('The recipe', { epoch: 3 }, ['epochs', 'seed'])).toThrow('Did you mean "epochs"?');
  });
});
