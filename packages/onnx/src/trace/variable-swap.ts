import { TraceError, describeValue } from '@asc/core';
import { type DataId, Variable, engine } from '@tensorflow/tfjs-core';
import type { TraceContext } from './trace-context.js';

/** Names of a piece of state as graph input and as graph output. */
export const stateInput = (name: string): string => `state/${name}`;
export const stateOutput = (name: string): string => `next/${name}`;

/** Puts symbols in the place of every live variable's data, and afterwards the data back. */
export class VariableSwap {
  private readonly originals = new Map<Variable, DataId>();
  private readonly symbols = new Map<Variable, DataId>();
  private readonly names = new Map<Variable, string>();
  private readonly known: Set<string>;

  constructor(
    state: Readonly<Record<string, Variable>>,
    private readonly context: TraceContext,
  ) {
    for (const [name, variable] of Object.entries(state)) {
      checkVariable(name, variable);
      if (this.names.has(variable)) {
        throw new TraceError({ what: `State '${name}' and '${this.names.get(variable)}' are the same variable.` });
      }
      this.names.set(variable, name);
    }
    const registered = engine().state.registeredVariables;
    this.known = new Set(Object.keys(registered));
    for (const variable of new Set([...this.names.keys(), ...Object.values(registered)])) {
      this.originals.set(variable, variable.dataId);
      const name = this.names.get(variable);
      const id =
        name === undefined
          ? context.bindVariable(variable)
          : context.bind(context.graph.input(stateInput(name), variable.shape, variable.dtype as 'float32'));
      this.symbols.set(variable, id);
    }
    for (const [variable, id] of this.symbols) variable.dataId = id;
  }

  /** Makes every assigned piece of state a graph output; returns their names. */
  publishAssigned(): string[] {
    for (const name of Object.keys(engine().state.registeredVariables)) {
      if (!this.known.has(name)) {
        throw new TraceError({
          what: `The traced function made the variable '${name}': it would be made anew at every step.`,
          hint: 'Make variables before compiling and pass them as state.',
        });
      }
    }
    const writes: string[] = [];
    for (const [variable, id] of this.symbols) {
      if (variable.dataId === id) continue;
      const name = this.names.get(variable);
      if (name === undefined) {
        throw new TraceError({
          what: `The traced function assigned the variable '${variable.name}', which is not part of its state.`,
          hint: 'Pass it in `state` under a stable name.',
        });
      }
      this.context.graph.scope = '';
      this.context.graph.output(stateOutput(name), this.context.value(variable));
      writes.push(name);
    }
    return writes;
  }

  restore(): void {
    for (const [name, variable] of Object.entries(engine().state.registeredVariables)) {
      if (!this.known.has(name)) variable.dispose();
    }
    for (const [variable, original] of this.originals) {
      // An assigned variable counts a tensor of this trace as its own: hand that back first.
      if (variable.dataId !== this.symbols.get(variable)) engine().disposeTensor(variable);
      variable.dataId = original;
    }
  }
}

function checkVariable(name: string, variable: Variable): void {
  if (!(variable instanceof Variable) || variable.isDisposed) {
    throw new TraceError({
      what: `State '${name}' is not a variable that can be used.`,
      received: variable instanceof Variable ? 'a disposed variable' : describeValue(variable),
    });
  }
  if (!['float32', 'int32', 'bool'].includes(variable.dtype)) {
    throw new TraceError({
      what: `State '${name}' has an element type that no graph has.`,
      expected: 'float32, int32 or bool',
      received: variable.dtype,
    });
  }
}
