// Signalling points for the tests: the seedbox's own, and one without any bounds, as anybody may run one.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSignalling } from '../../packages/example-app/src/seedbox/signalling.ts'
import { createTextSockets, type TextSocket, type Upgrade } from '../../packages/example-app/src/seedbox/text-sockets.ts'

export interface SignallingServer extends AsyncDisposable {
  /** `ws://127.0.0.1:PORT/signal` */
  readonly url: string
}

export async function startSignalling (): Promise<SignallingServer> {
  return await serve(createSignalling())
}

/** Passes everything on to everybody else, whatever it is. */
export async function startUnboundedSignalling (): Promise<SignallingServer> {
  const sockets = new Set<TextSocket>()
  const unbounded = { maxMessageBytes: 64 * 1024 * 1024, messagesPerSecond: 1e9, burstMessages: 1e9, bytesPerSecond: 1e12, burstBytes: 1e12, maxWaitingBytes: 1e9 }
  return await serve(createTextSockets({
    ...unbounded,
    open (socket) {
      sockets.add(socket)
      return {
        text (text) { for (const other of sockets) if (other !== socket) other.send(text) },
        closed () { sockets.delete(socket) }
      }
    }
  }))
}

async function serve (service: { upgrade (upgrade: Upgrade): void, close (): void }): Promise<SignallingServer> {
  const server: Server = createServer()
  server.on('upgrade', (request, socket, head) => { service.upgrade({ request, socket, head, address: '127.0.0.1' }) })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/signal`,
    async [Symbol.asyncDispose] () {
      service.close()
      server.closeAllConnections()
      await new Promise(resolve => { server.close(resolve) })
    }
  }
}
