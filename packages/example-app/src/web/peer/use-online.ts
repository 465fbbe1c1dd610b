import { useSyncExternalStore } from 'react'

function subscribe (listener: () => void): () => void {
  addEventListener('online', listener)
  addEventListener('offline', listener)
  return () => {
    removeEventListener('online', listener)
    removeEventListener('offline', listener)
  }
}

/** Whether the browser thinks that there is a network at all. */
export function useOnline (): boolean {
  return useSyncExternalStore(subscribe, () => navigator.onLine)
}
