import { TraceError } from '@asc/core';
import { type Tensor, engine } from '@tensorflow/tfjs-core';

/**
 * Watches `tf.keep` for the length of a trace: a kept tensor of a trace is a symbol without numbers, of no use after it,
 * and gradients that fail half-way leave the tensors they saved.
 */
export class KeptTensors {
  private readonly kept: { readonly tensor: Tensor; readonly where: string }[] = [];

  constructor(isSymbol: (tensor: Tensor) => boolean, where: () => string) {
    const tfjs = engine();
    const keep = tfjs.keep.bind(tfjs);
    tfjs.keep = (tensor) => {
      if (isSymbol(tensor)) this.kept.push({ tensor, where: where() });
      return keep(tensor);
    };
  }

  /** @throws TraceError where the function kept a tensor. */
  refuse(): void {
    const left = this.kept.find(({ tensor }) => !tensor.isDisposed);
    if (left === undefined) return;
    throw new TraceError({
      what: `A tensor made while tracing was kept${left.where}: it has no value.`,
      hint: 'Return it from the traced function, or assign it to a variable that is part of the state.',
    });
  }

  restore(): void {
    Reflect.deleteProperty(engine(), 'keep');
    for (const { tensor } of this.kept) if (!tensor.isDisposed) tensor.dispose();
  }
}
