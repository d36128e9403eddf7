import { createRng } from '@asc/core';
import { softmax } from '@asc/evaluate';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { classification } from './classification.js';
import { cosineDistance } from './cosine-distance.js';
import { crossEntropy } from './cross-entropy.js';
import { distilFromSegments } from './distil-from-segments.js';
import { distilFromTeachers } from './distil-from-teachers.js';
import { klDivergence } from './kl-divergence.js';
import { recipeHash } from './recipe-hash.js';
import { teacherTargets, type NamedTeacher } from './teacher-targets.js';
import { TINY_LABELS, tinyRecipe } from './tiny-scenes.test.helper.js';

interface GoldenCase {
  readonly name: string;
  readonly temperature: number;
  readonly value: number;
  readonly gradients: readonly (number[][] | null)[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../../golden/train/distillation.json', import.meta.url), 'utf8'),
) as {
  student: number[][];
  teacher: number[][];
  scene: number[][];
  hidden: number[][];
  target: number[][];
  cases: GoldenCase[];
};

const caseOf = (name: string) => golden.cases.find((each) => each.name === name) as GoldenCase;
const posteriors = (temperature: number) =>
  tf.tensor2d(golden.teacher.map((row) => softmax(row.map((logit) => logit / temperature))));

/** Compares a loss of the golden logits with torch's: value and gradient. */
function expectGolden(name: string, loss: (logits: tf.Tensor) => tf.Tensor): void {
  const { value, gradients } = caseOf(name);
  const own = tf.valueAndGrad(loss)(tf.tensor2d(golden.student));
  // Single precision on both sides; logits reach 60, so an ulp of an exponent is 4e-6 relative.
  expect(Math.abs((own.value.dataSync()[0] as number) / value - 1)).toBeLessThan(5e-6);
  const gradient = own.grad.dataSync();
  gradients[0]
    ?.flat()
    .forEach((expected, i) => expect(Math.abs((gradient[i] as number) - expected)).toBeLessThan(2e-6));
}

describe('the losses of distillation', () => {
  test.each(['kl', 'kl at 2'])('%s and its gradient are those of torch', (name) => {
    const { temperature } = caseOf(name);
    expectGolden(name, (logits) => klDivergence(logits, posteriors(temperature), temperature));
  });

  test('the recipe of CP-JKU is that of torch', () => {
    const task = distilFromTeachers(classification(), { temperature: 2, hardWeight: 0.02, klWeight: 0.98 });
    const targets = { scene: tf.tensor2d(golden.scene), teacher: posteriors(2) };
    expectGolden('cp-jku', (logits) => task.loss([logits], targets).total);
    const { parts } = task.loss([tf.tensor2d(golden.student)], targets);
    expect(Object.keys(parts)).toEqual(['scene', 'kl']);
    expect(task.targets(TINY_LABELS)).toEqual({ scene: 4, teacher: 4 });
  });

  test('the cosine distance and its gradient are those of torch, and the sum of Heo et al. is too', () => {
    const target = tf.tensor2d(golden.target);
    const own = tf.valueAndGrad((hidden: tf.Tensor) => cosineDistance(hidden, target))(tf.tensor2d(golden.hidden));
    const { value, gradients } = caseOf('cosine');
    expect(Math.abs((own.value.dataSync()[0] as number) / value - 1)).toBeLessThan(1e-6);
    const slopes = own.grad.dataSync();
    // Relative: the second vector is a thousand times shorter, and its gradient as much longer.
    const expected = gradients[1]?.flat() ?? [];
    expected.forEach((slope, i) => expect(Math.abs((slopes[i] as number) / slope - 1)).toBeLessThan(1e-4));
    const config = { temperature: 2, hardWeight: 1, klWeight: 1, cosineWeight: 1 };
    const task = distilFromSegments(classification(), config, 6);
    const targets = { scene: tf.tensor2d(golden.scene), teacher: posteriors(2), 'teacher-hidden': target };
    expectGolden('clova', (logits) => task.loss([logits, tf.tensor2d(golden.hidden)], targets).total);
    const { parts } = task.loss([tf.tensor2d(golden.student), tf.tensor2d(golden.hidden)], targets);
    expect(Object.keys(parts)).toEqual(['scene', 'kl', 'cosine']);
    expect(task.targets(TINY_LABELS)).toEqual({ scene: 4, teacher: 4, 'teacher-hidden': 6 });
  });

  test('a hidden layer is at no distance from itself, bit for bit, and a dead one at a finite distance', () => {
    const vectors = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(vectors, (row) => {
        // Shorter ones meet the constant that keeps the distance from nothing finite.
        fc.pre(Math.hypot(...row) > 0.01);
        tf.tidy(() => {
          const hidden = tf.tensor2d([row]);
          expect(cosineDistance(hidden, hidden).dataSync()[0]).toBe(0);
        });
      }),
      { seed: 1, numRuns: 100 },
    );
    const dead = tf.valueAndGrad((x: tf.Tensor) => cosineDistance(x, tf.ones([1, 3])))(tf.zeros([1, 3]));
    expect(dead.value.dataSync()[0]).toBe(1);
    for (const slope of dead.grad.dataSync()) expect(Number.isFinite(slope)).toBe(true);
  });

  test('one teacher at temperature 1 without labels is the soft cross-entropy, less the entropy of the teacher', () => {
    const task = distilFromTeachers(classification(), { temperature: 1, hardWeight: 0, klWeight: 1 });
    const targets = { scene: tf.tensor2d(golden.scene), teacher: posteriors(1) };
    const entropy = tf.neg(tf.mean(tf.sum(tf.mul(posteriors(1), tf.log(tf.add(posteriors(1), 1e-30))), 1)));
    expectGolden('soft cross-entropy', (logits) => tf.add(task.loss([logits], targets).total, entropy));
    expectGolden('soft cross-entropy', (logits) => crossEntropy(logits, posteriors(1)));
  });

  test('a student that says what its teacher says has nothing to learn', () => {
    const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(logits, fc.constantFrom(1, 2, 5), (row, temperature) => {
        tf.tidy(() => {
          const z = tf.tensor2d([row]);
          const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
            klDivergence(x, tf.softmax(tf.div(z, temperature)), temperature),
          )(z);
          // Zero but for the rounding of two logarithms of at most 60.
          expect(Math.abs(value.dataSync()[0] as number)).toBeLessThan(1e-5);
          for (const slope of grad.dataSync()) expect(Math.abs(slope)).toBeLessThan(1e-6);
        });
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test('a posterior of 0 costs nothing, and the loss stays finite', () => {
    const kl = klDivergence(tf.tensor2d([[100, 0, -100, 0]]), tf.tensor2d([[0, 1, 0, 0]]), 1);
    expect(kl.dataSync()[0]).toBeCloseTo(100, 4);
  });
});

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];

/** A teacher that says something of its own of every clip. */
function teacher(name: string, ids: readonly string[] = IDS): NamedTeacher {
  const rng = createRng(name);
  const rows = IDS.map((id): [string, number[]] => [id, TINY_LABELS.scenes.map((_, y) => rng.split(id, y).normal())]);
  const known = new Map(rows);
  return { name, scenes: TINY_LABELS.scenes, logits: new Map(ids.map((id) => [id, known.get(id) ?? []])) };
}

function targets(
  teachers: readonly NamedTeacher[],
  strategy: 'mean' | 'switch' | 'augmented' = 'mean',
  temperature = 2,
) {
  return teacherTargets({
    config: { strategy, temperature },
    teachers,
    labels: TINY_LABELS,
    ids: IDS,
    rng: createRng(5),
  });
}

const clip = (id: string, copy = 0) => ({ id, copy });
const at = (epoch: number, step: number) => ({ epoch, step });
const rowsOf = (arrays: ReturnType<ReturnType<typeof targets>['arrays']>) => {
  const data = Array.from(arrays['teacher']?.data ?? []);
  return Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 4));
};

describe('the targets of teachers', () => {
  test('are looked up by clip: the order of the stored rows and of their columns means nothing', () => {
    const expected = rowsOf(
      targets([teacher('t')]).arrays(
        IDS.map((id) => clip(id)),
        at(0, 0),
      ),
    );
    const order = fc.shuffledSubarray(IDS, { minLength: IDS.length });
    const columns = fc.shuffledSubarray([...TINY_LABELS.scenes], { minLength: 4 });
    fc.assert(
      fc.property(order, order, columns, (stored, batch, scenes) => {
        const { logits } = teacher('t');
        const places = scenes.map((scene) => TINY_LABELS.scenes.indexOf(scene));
        const shuffled: NamedTeacher = {
          name: 't',
          scenes,
          logits: new Map(stored.map((id) => [id, places.map((y) => logits.get(id)?.[y] ?? NaN)])),
        };
        const rows = rowsOf(
          targets([shuffled]).arrays(
            batch.map((id) => clip(id)),
            at(0, 0),
          ),
        );
        expect(rows).toEqual(batch.map((id) => expected[IDS.indexOf(id)]));
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  test('mean is the posterior of the mean logits, so that of one teacher alone is its own', () => {
    const both = [teacher('t'), teacher('u')];
    const [row] = rowsOf(targets(both).arrays([clip('b')], at(0, 0)));
    const means = TINY_LABELS.scenes.map(
      (_, y) => both.reduce((sum, { logits }) => sum + (logits.get('b')?.[y] ?? 0), 0) / 2,
    );
    softmax(means.map((mean) => mean / 2)).forEach((p, y) => expect(row?.[y]).toBeCloseTo(p, 6));
    const alone = (strategy: 'mean' | 'switch' | 'augmented') =>
      targets([teacher('t')], strategy).arrays([clip('c')], at(3, 1));
    expect(alone('switch')).toEqual(alone('mean'));
    expect(alone('augmented')).toEqual(alone('mean'));
  });

  test('switch asks one teacher a batch, drawn from epoch and step', () => {
    const given = [teacher('t'), teacher('u'), teacher('v')];
    const each = given.map((one) => rowsOf(targets([one]).arrays([clip('a'), clip('b')], at(0, 0))));
    const source = targets(given, 'switch');
    const drawn = Array.from({ length: 60 }, (_, step) =>
      each.findIndex(
        (rows) => JSON.stringify(rows) === JSON.stringify(rowsOf(source.arrays([clip('a'), clip('b')], at(2, step)))),
      ),
    );
    expect(new Set(drawn)).toEqual(new Set([0, 1, 2]));
    expect(rowsOf(source.arrays([clip('a')], at(2, 7)))).toEqual(
      rowsOf(targets(given, 'switch').arrays([clip('a')], at(2, 7))),
    );
  });

  test('augmented training has every clip once per teacher, each copy with the answers of one', () => {
    const given = [teacher('t'), teacher('u')];
    const source = targets(given, 'augmented');
    expect(source.copies).toBe(2);
    const [first, second] = rowsOf(source.arrays([clip('d', 0), clip('d', 1)], at(0, 0)));
    const alone = (one: NamedTeacher) => rowsOf(targets([one]).arrays([clip('d')], at(0, 0)))[0];
    expect([first, second]).toEqual(given.map(alone));
  });

  test('a clip nobody answered for, and other labels, are refused before training', () => {
    expect(() => targets([teacher('t'), teacher('u', ['a', 'c', 'd', 'e'])])).toThrow(
      /teacher u does not know 2 of the 6 training clips\.\nexpected .*e\.g\. b, received logits of 4 clips, e\.g\. a/,
    );
    const strange = { ...teacher('t'), scenes: ['bus', 'park', 'square', 'metro'] };
    expect(() => targets([strange])).toThrow(
      /knows other scenes.*\nexpected bus, park, square, tram, received .*metro/,
    );
    expect(() => targets([teacher('t')]).arrays([clip('z')], at(0, 0))).toThrow(/asked about the clip z/);
  });
});

describe('distillation in a recipe', () => {
  const recipe = (teacher: object, more: object = {}) =>
    tinyRecipe({ distillation: { kind: 'teachers', teachers: [teacher], ...more } });

  test('is not there unless asked for, and defaults to soft labels alone', () => {
    expect(tinyRecipe().distillation).toBeUndefined();
    expect(recipe({ file: 'a' }).distillation).toEqual({
      kind: 'teachers',
      teachers: [{ file: 'a' }],
      strategy: 'mean',
      temperature: 1,
      hardWeight: 0,
      klWeight: 1,
    });
  });

  test('refuses what cannot teach', () => {
    expect(() => tinyRecipe({ distillation: { kind: 'teachers', teachers: [] } })).toThrow(/teachers/);
    expect(() => recipe({ file: 'a' }, { klWeight: 0 })).toThrow(/weight above 0 for at least one part/);
    expect(() => recipe({ file: 'a', sha256: 'short' })).toThrow(/64 hexadecimal digits/);
    expect(() => recipe({ file: 'a' }, { temperatur: 2 })).toThrow(/Did you mean "distillation.temperature"\?/);
  });

  test('is what it computes: the content of a file counts, its place does not', () => {
    const [one, two] = ['1'.repeat(64), '2'.repeat(64)];
    expect(recipeHash(recipe({ file: 'a', sha256: one }))).toBe(recipeHash(recipe({ file: 'b', sha256: one })));
    expect(recipeHash(recipe({ file: 'a', sha256: one }))).not.toBe(recipeHash(recipe({ file: 'a', sha256: two })));
    expect(recipeHash(recipe({ file: 'a' }))).not.toBe(recipeHash(recipe({ file: 'b' })));
  });
});
