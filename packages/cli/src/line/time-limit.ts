/** A signal that aborts when `signal` does or when `seconds` are over. Call `clear` when the work is done. */
export function timeLimit(signal: AbortSignal, seconds: number): { readonly signal: AbortSignal; clear(): void } {
  // Not AbortSignal.any over AbortSignal.timeout: Node 20 may collect that pair before it fires.
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = setTimeout(stop, seconds * 1000);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}
