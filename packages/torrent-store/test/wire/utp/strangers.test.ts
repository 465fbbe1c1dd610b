// What somebody can make a uTP port send to an address that is not its own: never more than was sent, nor by an old answer.
import { createSocket, type Socket } from 'node:dgram'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_UTP_LINGERING, UTP_COOKIE_MS } from '../../../src/limits.ts'
import { decodeUtp, encodeUtp, UtpType, type UtpPacket } from '../../../src/wire/utp/packet.ts'
import { openUtpPort, type UtpPort } from '../../../src/wire/utp/port.ts'
import type { UtpSocket } from '../../../src/wire/utp/socket.ts'
import { until } from '../../bodies.ts'

const test = suite('utp strangers')
const closers: Array<() => unknown> = []
const realNow = performance.now.bind(performance)
test.after.each(async () => {
  performance.now = realNow
  for (const close of closers.splice(0)) await close()
})

async function opened (accept: () => boolean): Promise<UtpPort> {
  const port = await openUtpPort({ host: '127.0.0.1', port: 0, accept: socket => { socket.on('error', () => {}); return accept() } })
  closers.push(async () => { await port.close() })
  return port
}

interface Stranger { readonly got: UtpPacket[], gotBytes: number, send (packet: Partial<UtpPacket> & Pick<UtpPacket, 'type'>): number, sendRaw (bytes: Uint8Array): void }

async function stranger (port: UtpPort): Promise<Stranger> {
  const socket: Socket = createSocket('udp4')
  closers.push(() => socket.close())
  const one: Stranger = {
    got: [],
    gotBytes: 0,
    send (packet) {
      const bytes = encodeUtp({ connectionId: 5, timestampUs: 0, differenceUs: 0, windowBytes: 1 << 20, seq: 1, ack: 0, selective: null, payload: new Uint8Array(0), ...packet })
      one.sendRaw(bytes)
      return bytes.length
    },
    sendRaw (bytes) { socket.send(bytes, port.port, '127.0.0.1') }
  }
  socket.on('message', bytes => {
    one.gotBytes += bytes.length
    const packet = decodeUtp(bytes)
    if (packet !== null) one.got.push(packet)
  })
  await new Promise<void>(resolve => { socket.bind(0, '127.0.0.1', resolve) })
  return one
}

/** Begins with a SYN; the number in the answer. */
async function greet (one: Stranger): Promise<number> {
  one.got.length = 0
  one.send({ type: UtpType.syn })
  await until(() => one.got.length === 1)
  return one.got[0]?.seq ?? 0
}

test('no datagram brings more bytes than it has', async () => {
  const port = await opened(() => true)
  const one = await stranger(port)
  const datagram = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.record({
      type: fc.constantFrom(UtpType.syn, UtpType.syn, UtpType.data, UtpType.state, UtpType.fin, UtpType.reset),
      connectionId: fc.nat(65_535), timestampUs: fc.nat(), differenceUs: fc.nat(), windowBytes: fc.nat(), seq: fc.nat(65_535), ack: fc.nat(65_535),
      selective: fc.option(fc.uint8Array({ maxLength: 255 }), { nil: null }), payload: fc.uint8Array({ maxLength: 100 })
    }).map(encodeUtp)
  )
  await fc.assert(fc.asyncProperty(fc.array(datagram, { minLength: 1, maxLength: 20 }), async datagrams => {
    one.gotBytes = 0
    one.got.length = 0
    for (const bytes of datagrams) one.sendRaw(bytes)
    const isMark = ({ connectionId }: UtpPacket): boolean => connectionId === 0xabcd
    const markBytes = one.send({ type: UtpType.syn, connectionId: 0xabcd })
    await until(() => one.got.some(isMark))
    const sentBytes = datagrams.reduce((sum, { length }) => sum + length, markBytes)
    assert.ok(one.gotBytes <= sentBytes, `${one.gotBytes} for ${sentBytes}`)
  }), { numRuns: 60 })
})

test('the answer to a SYN is good for two periods at most', async () => {
  let accepted = 0
  const port = await opened(() => { accepted++; return true })
  let shiftMs = 0
  performance.now = () => realNow() + shiftMs
  const begin = (one: Stranger, cookie: number): void => { one.send({ type: UtpType.data, connectionId: 6, seq: 2, ack: cookie - 1, payload: Uint8Array.of(1) }) }
  const first = await stranger(port)
  const fresh = await greet(first)
  shiftMs += UTP_COOKIE_MS
  begin(first, fresh)
  await until(() => accepted === 1)
  const late = [2, 3, 4, 101]
  for (const periods of late) {
    const one = await stranger(port)
    const old = await greet(one)
    shiftMs += periods * UTP_COOKIE_MS
    one.got.length = 0
    begin(one, old)
    one.send({ type: UtpType.syn, connectionId: 9 })
    await until(() => one.got.some(({ connectionId }) => connectionId === 9))
  }
  assert.ok(accepted <= 2, `${accepted - 1} of ${late.length}`) // one in thousands is right by chance
})

test('where there is no room a peer hears it once', async () => {
  const port = await opened(() => false)
  const one = await stranger(port)
  const cookie = await greet(one)
  one.got.length = 0
  one.send({ type: UtpType.data, connectionId: 6, seq: 2, ack: cookie - 1, payload: Uint8Array.of(1) })
  one.send({ type: UtpType.syn, connectionId: 9 }) // answered after it
  await until(() => one.got.some(({ type }) => type === UtpType.state))
  assert.equal(one.got.map(({ type }) => type), [UtpType.reset, UtpType.state])
  assert.is(port.connections, 0)
})

test('who comes again and again, and is sent away each time, leaves a bounded number behind', async () => {
  const sockets: UtpSocket[] = []
  const port = await openUtpPort({ host: '127.0.0.1', port: 0, accept: socket => { sockets.push(socket.on('error', () => {})); return true } })
  closers.push(async () => { await port.close() })
  const one = await stranger(port)
  let most = 0
  const nowMs = realNow()
  performance.now = () => nowMs // no time ends one
  for (let round = 0; round < 40; round++) { // and nobody acknowledges an end
    one.got.length = 0
    const ids = Array.from({ length: 20 }, (_, i) => 2 * (20 * round + i))
    for (const connectionId of ids) one.send({ type: UtpType.syn, connectionId })
    const answers = (): UtpPacket[] => one.got.filter(({ type, connectionId }) => type === UtpType.state && ids.includes(connectionId))
    await until(() => answers().length === ids.length)
    for (const { connectionId, seq } of answers()) one.send({ type: UtpType.data, connectionId: connectionId + 1, seq: 2, ack: seq - 1, payload: Uint8Array.of(1) })
    await until(() => sockets.length === ids.length)
    for (const socket of sockets.splice(0)) socket.destroy()
    most = Math.max(most, port.connections)
  }
  assert.is(most, MAX_UTP_LINGERING)
})

test.run()
