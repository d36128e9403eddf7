import { encodeOnnx, FRONT_END_SCOPE, type OnnxModel } from '@asc/onnx';

/** One kind of bytes in a file. */
export interface FileShare {
  readonly what:
    'parameters' | 'scales and zero points' | 'front end' | 'other constants' | 'metadata' | 'graph and names';
  readonly bytes: number;
}

/**
 * Where the bytes of an encoded model are; they add up to the file. The rules count the parameters only.
 *
 * @param parameterBytes As `onnxComplexity` counts them.
 */
export function fileShares(model: OnnxModel, parameterBytes: number): FileShare[] {
  const isFront = ({ name }: OnnxModel['nodes'][number]): boolean => name.startsWith(`${FRONT_END_SCOPE}/`);
  const readBy = (nodes: OnnxModel['nodes']): Set<string> => new Set(nodes.flatMap(({ inputs }) => inputs));
  const body = readBy(model.nodes.filter((node) => !isFront(node)));
  const front = new Set([...readBy(model.nodes.filter(isFront))].filter((name) => !body.has(name)));
  const scales = new Set(
    model.nodes.flatMap(({ op, inputs }) => (/^(Q|Deq)uantizeLinear$/.test(op) ? inputs.slice(1) : [])),
  );
  const bytesOf = (chosen: (name: string) => boolean): number =>
    [...model.initializers].reduce((sum, [name, { data }]) => sum + (chosen(name) ? data.byteLength : 0), 0);
  const file = encodeOnnx(model).length;
  const constants = bytesOf(() => true);
  const frontBytes = bytesOf((name) => front.has(name));
  const scaleBytes = bytesOf((name) => scales.has(name) && !front.has(name));
  const metadata = file - encodeOnnx({ ...model, metadata: {} }).length;
  return [
    { what: 'parameters', bytes: parameterBytes },
    { what: 'scales and zero points', bytes: scaleBytes },
    { what: 'front end', bytes: frontBytes },
    { what: 'other constants', bytes: constants - parameterBytes - frontBytes - scaleBytes },
    { what: 'metadata', bytes: metadata },
    { what: 'graph and names', bytes: file - constants - metadata },
  ];
}
