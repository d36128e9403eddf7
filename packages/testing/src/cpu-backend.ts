import '@tensorflow/tfjs-backend-cpu';
import { env, setBackend, tensor } from '@tensorflow/tfjs-core';

/** Makes tfjs' JavaScript backend current, and spends its one advertisement for the native one unseen. */
export async function useCpuBackend(): Promise<void> {
  await setBackend('cpu');
  env().set('IS_TEST', true);
  tensor([0]).dispose();
  env().set('IS_TEST', false);
}
