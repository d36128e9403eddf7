import { describe, expect, test } from '@jest/globals';
import { quantizationReport } from './quantization-report.js';
import { quantizeDynamic } from './quantize-dynamic.js';
import { constantsOfDequantize, quantizeGoldens } from './quantize-goldens.test.helper.js';

const { float, feeds, python } = quantizeGoldens();

describe('quantizeDynamic', () => {
  test("has the integer weights of onnxruntime's quantizer per channel", () => {
    const dynamic = quantizeDynamic(float);
    const expected = constantsOfDequantize(python);
    // conv2 has a channel whose scale the static quantizer raises for its bias, which is float32 here.
    for (const name of ['conv1', 'excite', 'conv4', 'dense']) {
      const node = dynamic.nodes.find((each) => each.name === name);
      const weight = dynamic.initializers.get(node?.inputs[1] ?? '');
      const [rows = 0, columns = 0] = weight?.shape ?? [];
      const integers = Array.from(weight?.data ?? [], Number);
      // MatMulInteger wants (inputs, outputs), Gemm had (outputs, inputs).
      const turned =
        name === 'dense' ? integers.map((_, i) => integers[(i % rows) * columns + Math.floor(i / rows)]) : integers;
      expect({ name, integers: turned }).toEqual({ name, integers: expected.get(`weight of ${name}`)?.integers });
    }
  });

  test('keeps the logits, runs convolutions and dense layers on integers, and reads each value once', async () => {
    const dynamic = quantizeDynamic(float);
    const report = await quantizationReport(float, dynamic, feeds, { threads: 1 });
    expect(report.at(-1)).toMatchObject({ name: 'logits' });
    expect(report.at(-1)?.sqnrDb).toBeGreaterThan(30);
    const count = (op: string): number => dynamic.nodes.filter((node) => node.op === op).length;
    expect([count('ConvInteger'), count('MatMulInteger'), count('DynamicQuantizeLinear')]).toEqual([4, 1, 5]);
    expect([...dynamic.initializers.values()].filter(({ type }) => type === 'int8')).toHaveLength(5);
  });

  test('leaves the model given as it was, and refuses what is not float32', () => {
    const before = structuredClone(float);
    const { inputs, outputs } = quantizeDynamic(float);
    expect({ inputs, outputs }).toEqual({ inputs: float.inputs, outputs: float.outputs });
    expect(float).toEqual(before);
    expect(() => quantizeDynamic(python)).toThrow(/quantized already/);
    expect(() => quantizeDynamic({ ...float, nodes: [] })).toThrow(/nothing to quantize/);
  });
});
