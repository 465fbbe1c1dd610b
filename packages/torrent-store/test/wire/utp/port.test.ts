// One UDP socket and strangers: what they send costs nothing until they have proven their address.
import { createSocket, type Socket } from 'node:dgram'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { UTP_TICK_MS } from '../../../src/limits.ts'
import { decodeUtp, encodeUtp, UtpType, type UtpPacket } from '../../../src/wire/utp/packet.ts'
import { openUtpPort, type UtpPort } from '../../../src/wire/utp/port.ts'
import type { UtpSocket } from '../../../src/wire/utp/socket.ts'
import { randomBody, until } from '../../bodies.ts'

const test = suite('utp port')
const ports: UtpPort[] = []
const raws: Socket[] = []
let accepted: UtpSocket[] = []
let room = true
test.before.each(() => { accepted = []; room = true })
test.after.each(async () => {
  for (const raw of raws.splice(0)) raw.close()
  for (const port of ports.splice(0)) await port.close()
})

async function opened (host = '127.0.0.1'): Promise<UtpPort> {
  const port = await openUtpPort({
    host,
    port: 0,
    accept: socket => {
      if (!room) return false
      accepted.push(socket)
      socket.on('error', () => {})
      return true
    }
  })
  ports.push(port)
  return port
}

/** A socket without a protocol, and what it got. */
async function raw (): Promise<{ socket: Socket, got: UtpPacket[], send: (port: UtpPort, packet: Partial<UtpPacket> & Pick<UtpPacket, 'type'>) => void }> {
  const socket = createSocket('udp4')
  raws.push(socket)
  const got: UtpPacket[] = []
  socket.on('message', bytes => {
    const packet = decodeUtp(bytes)
    if (packet !== null) got.push(packet)
  })
  await new Promise<void>(resolve => { socket.bind(0, '127.0.0.1', resolve) })
  return {
    socket,
    got,
    send (port, packet) {
      socket.send(encodeUtp({ connectionId: 5, timestampUs: 0, differenceUs: 0, windowBytes: 1 << 20, seq: 1, ack: 0, selective: null, payload: new Uint8Array(0), ...packet }), port.port, '127.0.0.1')
    }
  }
}

for (const host of ['127.0.0.1', '::1']) {
  test(`what is written arrives, both ways, over ${host}`, async () => {
    const server = await opened(host)
    const client = await openUtpPort({ host, port: 0 })
    ports.push(client)
    const socket = client.connect(host, server.port)
    const [question, answer] = [randomBody(300_000), randomBody(700_000)]
    const received: Buffer[] = []
    socket.on('data', (chunk: Buffer) => { received.push(chunk) })
    socket.write(question)
    await until(() => accepted.length === 1)
    const asked: Buffer[] = []
    accepted[0]?.on('data', (chunk: Buffer) => { asked.push(chunk) })
    await until(() => asked.reduce((sum, { length }) => sum + length, 0) === question.length)
    assert.ok(Buffer.concat(asked).equals(question))
    accepted[0]?.end(answer)
    await new Promise(resolve => { socket.once('end', resolve) })
    assert.ok(Buffer.concat(received).equals(answer))
    socket.end()
    await until(() => server.connections === 0 && client.connections === 0)
  })
}

test('a slow reader holds the writer up', async () => {
  const server = await opened()
  const client = await openUtpPort({ host: '127.0.0.1', port: 0 })
  ports.push(client)
  const socket = client.connect('127.0.0.1', server.port)
  socket.write('x')
  await until(() => accepted.length === 1)
  let taken = 0
  const pour = (): void => {
    while (!socket.destroyed && taken < 8 << 20) {
      taken += 65_536
      if (!socket.write(new Uint8Array(65_536))) { socket.once('drain', pour); return }
    }
  }
  pour()
  await new Promise(resolve => { setTimeout(resolve, 500) })
  assert.ok(taken < 1 << 20, `${taken} bytes were taken`)
  assert.ok((accepted[0]?.readableLength ?? Infinity) <= 256 * 1024 + 16 * 1024)
  accepted[0]?.resume()
  await until(() => taken === 8 << 20)
})

test('a thousand SYNs leave nothing behind', async () => {
  const server = await opened()
  const { got, send } = await raw()
  for (let i = 0; i < 1000; i++) {
    send(server, { type: UtpType.syn, connectionId: i, seq: i })
    if (i % 50 === 49) await new Promise(resolve => { setTimeout(resolve, 2) })
  }
  await until(() => got.length > 900)
  assert.ok(got.every(({ type }) => type === UtpType.state))
  assert.ok(new Set(got.map(({ seq }) => seq)).size > 500) // nobody can tell one number from another
  assert.is(server.connections, 0)
})

test('who did not see the answer to its SYN gets no connection', async () => {
  let byChance = 0 // a guess in thousands is right
  for (let i = 0; i < 4; i++) {
    const server = await opened()
    const { got, send } = await raw()
    send(server, { type: UtpType.syn })
    await until(() => got.length === 1)
    const answer = got[0]
    if (answer === undefined) throw new Error('no answer')
    const [right, payload] = [(answer.seq - 1) & 0xffff, Uint8Array.of(1)]
    for (const ack of [right - 1, right + 1, right + 100]) send(server, { type: UtpType.data, connectionId: 6, seq: 2, ack, payload })
    send(server, { type: UtpType.data, connectionId: 7, seq: 2, ack: right, payload })
    send(server, { type: UtpType.data, connectionId: 6, seq: 9, ack: right, payload })
    send(server, { type: UtpType.fin, connectionId: 6, seq: 2, ack: right })
    send(server, { type: UtpType.syn, connectionId: 9 })
    await until(() => got.some(({ connectionId }) => connectionId === 9))
    if (server.connections > 0 || got.filter(({ type }) => type === UtpType.reset).length !== 6) { byChance++; continue }
    send(server, { type: UtpType.data, connectionId: 6, seq: 3, ack: right, payload }) // the second packet, before the first
    await until(() => server.connections === 1)
  }
  assert.ok(byChance <= 1)
})

test('what is sent after a rest is sent again while nobody answers, and who was closed then is gone in the end', async () => {
  const server = await opened()
  const { got, send } = await raw()
  send(server, { type: UtpType.syn })
  await until(() => got.length === 1)
  const ack = ((got[0]?.seq ?? 0) - 1) & 0xffff
  send(server, { type: UtpType.data, connectionId: 6, seq: 2, ack, payload: Uint8Array.of(1) })
  await until(() => server.connections === 1 && got.length === 2)
  await new Promise(resolve => { setTimeout(resolve, 4 * UTP_TICK_MS) }) // nothing is under way: the clock has stopped
  accepted[0]?.destroy()
  await until(() => server.connections === 0)
  await until(() => got.at(-1)?.type === UtpType.reset)
  assert.ok(got.filter(({ type }) => type === UtpType.fin).length > 1)
})

test('where there is no room a peer hears it at once', async () => {
  const server = await opened()
  room = false
  const client = await openUtpPort({ host: '127.0.0.1', port: 0 })
  ports.push(client)
  const socket = client.connect('127.0.0.1', server.port)
  const failed = new Promise<Error>(resolve => { socket.once('error', resolve) })
  socket.write('x')
  assert.match((await failed).message, /reset/)
  assert.is(server.connections, 0)
})

test('resets to unknown connections are few', async () => {
  const server = await opened()
  const { got, send } = await raw()
  for (let i = 0; i < 600; i++) send(server, { type: UtpType.state, connectionId: i })
  await until(() => {
    send(server, { type: UtpType.syn }) // more than once: so many datagrams together do not fit the system's buffer
    return got.some(({ type }) => type === UtpType.state)
  })
  assert.ok(got.filter(({ type }) => type === UtpType.reset).length < 300)
})

test('what is no datagram of uTP is ignored', async () => {
  const server = await opened()
  const { socket, got, send } = await raw()
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(19), Buffer.from('d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping1:t2:aa1:y1:qe'), Buffer.alloc(60_000, 0x41)]) socket.send(bytes, server.port, '127.0.0.1')
  send(server, { type: UtpType.syn })
  await until(() => got.length > 0)
  assert.is(got[0]?.type, UtpType.state)
})

test('a port that does not listen answers no SYN, and nobody there fails the dial', async () => {
  const dialler = await openUtpPort({ host: '127.0.0.1', port: 0 })
  ports.push(dialler)
  const { got, send } = await raw()
  send(dialler, { type: UtpType.syn })
  const silent = createSocket('udp4')
  raws.push(silent)
  await new Promise<void>(resolve => { silent.bind(0, '127.0.0.1', resolve) })
  const socket = dialler.connect('127.0.0.1', silent.address().port)
  const failed = new Promise<Error>(resolve => { socket.once('error', resolve) })
  assert.match((await failed).message, /answer/)
  assert.is(got.length, 0)
  await socket.over
})

test('closing resets what is open', async () => {
  const server = await opened()
  const client = await openUtpPort({ host: '127.0.0.1', port: 0 })
  ports.push(client)
  const socket = client.connect('127.0.0.1', server.port)
  const failed = new Promise<Error>(resolve => { socket.once('error', resolve) })
  socket.write('x')
  await until(() => accepted.length === 1)
  await server.close()
  await server.close()
  await failed
  assert.is(server.connections + client.connections, 0)
})

test.run()
