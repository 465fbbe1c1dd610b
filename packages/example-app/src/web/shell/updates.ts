// The service worker that keeps the app for being offline, and a newer version that waits to be used.
import { createStore, type Store } from '../peer/external-store.ts'

/** Set when a newer version is ready; calling it loads the page with it. */
export const updateReady: Store<(() => void) | null> = createStore<(() => void) | null>(null)

const CHECK_MS = 60 * 60_000

/** Does nothing where there are no service workers: plain http on another machine, or a private window. */
export function watchForUpdates (): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const { serviceWorker } = navigator
  let reloading = false
  let controlled = serviceWorker.controller !== null
  serviceWorker.addEventListener('controllerchange', () => {
    if (reloading) location.reload()
    // Another tab took the new version: the files that this page would still load are gone.
    else if (controlled) updateReady.set(() => { location.reload() })
    controlled = true
  })
  serviceWorker.register('/service-worker.js').then(registration => {
    const offer = (worker: ServiceWorker | null): void => {
      if (worker === null || !controlled) return
      updateReady.set(() => {
        reloading = true
        worker.postMessage('activate', [])
      })
    }
    if (registration.waiting !== null) offer(registration.waiting)
    registration.addEventListener('updatefound', () => {
      const { installing } = registration
      installing?.addEventListener('statechange', () => { if (installing.state === 'installed') offer(installing) })
    })
    setInterval(() => { registration.update().catch(() => {}) }, CHECK_MS)
  }, () => {}) // the app works without, but not offline
}
