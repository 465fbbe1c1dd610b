// What the service worker uses of its scope: the library of types for pages does not have it.

export interface LifecycleEvent extends Event { waitUntil (work: Promise<unknown>): void }
export interface RequestEvent extends Event { readonly request: Request, respondWith (answer: Promise<Response>): void }
export interface ServiceWorkerScope {
  readonly clients: { claim (): Promise<void> }
  skipWaiting (): Promise<void>
  addEventListener (type: 'install' | 'activate', listener: (event: LifecycleEvent) => void): void
  addEventListener (type: 'fetch', listener: (event: RequestEvent) => void): void
  addEventListener (type: 'message', listener: (event: MessageEvent) => void): void
}
