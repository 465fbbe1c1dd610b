// Keeps the app's own files, so that it opens without a network. It answers for nothing else: what peers say never
// passes here. The build writes the list of files and their version into it.
import type { ServiceWorkerScope } from './shell/service-worker-scope.ts'

/** Written by vite.config.ts: every file of the build, and a hash over all of them. */
declare const PRECACHE: { readonly version: string, readonly files: readonly string[] }

const scope = globalThis as unknown as ServiceWorkerScope

const PREFIX = 'seedbed-app-'
/** Files whose name changes with their content. */
const HASHED = '/assets/'
const { version, files } = PRECACHE
const kept = new Set(files)

scope.addEventListener('install', event => {
  event.waitUntil(caches.open(`${PREFIX}${version}`).then(async cache => { await cache.addAll(files.map(file => new Request(file, { cache: file.startsWith(HASHED) ? 'default' : 'reload' }))) }))
})

scope.addEventListener('activate', event => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== `${PREFIX}${version}`) await caches.delete(name)
    await scope.clients.claim()
  })())
})

scope.addEventListener('message', ({ data }) => {
  if (data === 'activate') void scope.skipWaiting()
})

scope.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  const file = request.mode === 'navigate' ? '/index.html' : url.pathname
  if (kept.has(file)) event.respondWith(answer(file, request))
})

async function answer (file: string, request: Request): Promise<Response> {
  const cache = await caches.open(`${PREFIX}${version}`)
  return await cache.match(file) ?? await fetch(request)
}
