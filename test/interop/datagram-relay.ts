// A UDP port before another one, with nobody behind the TCP port of the same number: what comes through came over uTP.
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

export interface DatagramRelay extends AsyncDisposable {
  readonly port: number
}

export async function startDatagramRelay (host: string, to: { readonly host: string, readonly port: number }): Promise<DatagramRelay> {
  const front = await boundSocket(host)
  const backs = new Map<string, Promise<Socket>>()
  front.on('message', (datagram, from) => {
    const key = `${from.address}:${from.port}`
    const back = backs.get(key) ?? boundSocket(to.host).then(socket => socket.on('message', answer => { front.send(answer, from.port, from.address) }))
    backs.set(key, back)
    void back.then(socket => { socket.send(datagram, to.port, to.host) })
  })
  return {
    port: front.address().port,
    async [Symbol.asyncDispose] () {
      for (const socket of [front, ...await Promise.all(backs.values())]) {
        socket.close()
        await once(socket, 'close')
      }
    }
  }
}

async function boundSocket (host: string): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('error', () => {}) // of a datagram that could not go: datagrams may be lost
  socket.bind(0, host)
  await once(socket, 'listening')
  return socket
}
