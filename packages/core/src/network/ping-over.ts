import type { Connection } from '@libp2p/interface'

const PROTOCOL = '/ipfs/ping/1.0.0'
const BYTES = 32

/** One ping over one connection, where the service of libp2p takes any of the peer's. Rejects when no answer comes. */
export async function pingOver (connection: Connection, signal: AbortSignal): Promise<void> {
  const stream = await connection.newStream(PROTOCOL, { signal, runOnLimitedConnection: true })
  try {
    let received = 0
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.catch(() => {}) // told below, unless the peer reset the stream already and sending throws
    signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true })
    stream.addEventListener('message', ({ data }) => {
      received += data.byteLength
      if (received >= BYTES) resolve()
    })
    stream.addEventListener('close', () => { reject(new Error('the stream was closed')) })
    stream.send(crypto.getRandomValues(new Uint8Array(BYTES)))
    await promise
  } finally {
    stream.abort(new Error('answered'))
  }
}
