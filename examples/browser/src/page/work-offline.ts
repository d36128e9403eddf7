const KEPT = 'Ready to work without a network.';
const NOT_KEPT = 'The page could not be kept for use without a network.';

/** Has the browser keep the page's files; tells when it works without a network. */
export async function workOffline(tell: (state: string) => void): Promise<void> {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  // Absent over plain http from another machine, and in private windows of some browsers.
  if (container === undefined) return tell('This browser does not keep the page for use without a network.');
  try {
    const { active, installing } = await container.register('service-worker.js');
    if (active !== null) return tell(KEPT);
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'activated') tell(KEPT);
      if (installing.state === 'redundant') tell(NOT_KEPT);
    });
  } catch {
    tell(NOT_KEPT);
  }
}
