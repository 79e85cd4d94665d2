/// <reference types="@sveltejs/kit" />
/// <reference no-default-lib="true"/>
/// <reference lib="esnext" />
/// <reference lib="webworker" />

/**
 * Keeps the app's shell on the device, so that it opens without a network and then says so.
 * Answers of the server are never kept: money shown from a cache would be a lie.
 */
import { build, files, version } from '$service-worker';

const worker = globalThis.self as unknown as ServiceWorkerGlobalScope;
const SHELF = `tael-${version}`;
const SHELL = '/';
// The decoder is large and most phones have one built in: it is kept when first used.
const first = [...build, ...files].filter((file) => !file.endsWith('.wasm'));

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(SHELF)
      .then((shelf) => shelf.addAll([SHELL, ...first]))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== SHELF).map((name) => caches.delete(name))),
      )
      .then(() => worker.clients.claim()),
  );
});

async function kept(request: Request): Promise<Response> {
  const shelf = await caches.open(SHELF);
  const found = await shelf.match(request);
  if (found) return found;
  const fresh = await fetch(request);
  if (fresh.ok) await shelf.put(request, fresh.clone());
  return fresh;
}

async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (thrown) {
    const shell = await caches.match(SHELL);
    if (shell) return shell;
    throw thrown;
  }
}

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (url.pathname.startsWith('/api') || url.pathname.startsWith('/docs')) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (build.includes(url.pathname) || files.includes(url.pathname)) {
    event.respondWith(kept(request));
  }
});
