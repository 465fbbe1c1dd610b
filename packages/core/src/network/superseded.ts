import type { Connection, Libp2p } from '@libp2p/interface'
import { backgroundTimer } from '../background-timer.ts'
import { SUPERSEDED_MS } from '../limits.ts'

/** Closes connections through a relay once there is a direct one with the same peer. Returns the function that ends it. */
export function closeSuperseded (libp2p: Libp2p): () => void {
  const timers = new Set<NodeJS.Timeout>()
  const opened = ({ detail: { remotePeer } }: CustomEvent<Connection>): void => {
    const timer = backgroundTimer(() => {
      timers.delete(timer)
      const connections = libp2p.getConnections(remotePeer)
      if (connections.every(({ limits }) => limits !== undefined)) return
      for (const connection of connections) if (connection.limits !== undefined) connection.close().catch((error: Error) => { connection.abort(error) })
    }, SUPERSEDED_MS)
    timers.add(timer)
  }
  libp2p.addEventListener('connection:open', opened)
  return () => {
    libp2p.removeEventListener('connection:open', opened)
    for (const timer of timers) clearTimeout(timer)
  }
}
