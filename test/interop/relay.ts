// A TCP port before another one that keeps what passes, so that a test can say what two programs told each other.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

const MAX_KEPT_BYTES = 1024 * 1024

export interface Conversation {
  /** What the one who dialled said. */
  readonly dialler: Buffer
  /** What the one who was dialled said. */
  readonly dialled: Buffer
}

export interface Relay extends AsyncDisposable {
  readonly port: number
  /** Of every connection so far, in the order in which they were made. */
  conversations (): Conversation[]
}

/** `mayPass`: looks at the first bytes of whoever dials, and hangs up on false. Default: everybody passes. */
export async function startRelay (host: string, to: { readonly host: string, readonly port: number }, mayPass: (bytes: Buffer) => boolean = () => true): Promise<Relay> {
  const kept: Array<{ dialler: Buffer[], dialled: Buffer[] }> = []
  const open = new Set<Socket>()
  const server = createServer({ noDelay: true }, inner => {
    const record = { dialler: [], dialled: [] }
    kept.push(record)
    open.add(inner)
    inner.on('error', () => {})
    inner.on('close', () => { open.delete(inner) })
    inner.once('data', (first: Buffer) => {
      if (!mayPass(first)) { inner.destroy(); return }
      const outer = connect({ host: to.host, port: to.port, noDelay: true })
      inner.unshift(first)
      join(inner, outer, record.dialler)
      join(outer, inner, record.dialled)
    })
  })
  function join (from: Socket, into: Socket, record: Buffer[]): void {
    let bytes = 0
    open.add(from)
    from.on('data', chunk => {
      bytes += chunk.length
      if (bytes <= MAX_KEPT_BYTES) record.push(chunk)
    })
    from.on('error', () => {})
    from.on('close', () => {
      open.delete(from)
      into.destroy()
    })
    from.pipe(into)
  }
  server.listen(0, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    conversations: () => kept.map(({ dialler, dialled }) => ({ dialler: Buffer.concat(dialler), dialled: Buffer.concat(dialled) })),
    async [Symbol.asyncDispose] () {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    }
  }
}
