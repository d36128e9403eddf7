// Keeps every file of the page, so that it also works without a network. The build fills in the two constants.
// A new version waits until no page of the old one is open: their files never mix.

/** What a service worker's global scope offers; the DOM types leave it out. */
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
declare const self: {
  readonly registration: { readonly scope: string };
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  readonly clients: { claim(): Promise<void> };
};
declare const SITE_VERSION: string;
declare const SITE_FILES: readonly string[];

const PREFIX = 'asc-scenes-';
const CACHE = `${PREFIX}${SITE_VERSION}`;

self.addEventListener('install', (event) => {
  const store = async (): Promise<void> => {
    const cache = await caches.open(CACHE);
    // Each asked for anew, so that versions never mix; what the page just loaded need not be sent again.
    await cache.addAll(SITE_FILES.map((file) => new Request(file, { cache: 'no-cache' })));
  };
  event.waitUntil(store());
});

self.addEventListener('activate', (event) => {
  const tidy = async (): Promise<void> => {
    const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(self.registration.scope)) return;
  const answer = async (): Promise<Response> => {
    const cache = await caches.open(CACHE);
    return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
  };
  event.respondWith(answer());
});
