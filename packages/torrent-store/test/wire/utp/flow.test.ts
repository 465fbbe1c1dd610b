// Two connections over a network that loses, repeats, delays and reorders, by a virtual clock: what was written arrives,
// whole and once, and what a peer can make us hold stays bounded.
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_UTP_REORDERED, MAX_UTP_UNREAD_BYTES, MAX_UTP_UNSENT_BYTES, UTP_PAYLOAD_BYTES } from '../../../src/limits.ts'
import { UtpFlow } from '../../../src/wire/utp/flow.ts'
import { decodeUtp, encodeUtp, UtpType, type UtpPacket } from '../../../src/wire/utp/packet.ts'
import { accepted } from './accepted.ts'

const test = suite('utp flow')

interface Weather {
  /** One byte decides on each datagram, in turn: lost, repeated, late, or on time. */
  readonly fate: Uint8Array
  readonly latencyMs: number
}

/** A peer that writes `text` as room comes up, then ends; reads all at once unless it is lazy. */
class End {
  flow: UtpFlow | null = null
  received: Buffer[] = []
  readEnded = false
  over: { error: Error | null } | null = null
  mostPending = 0
  unread = 0
  #left: Uint8Array

  constructor (text: Uint8Array) {
    this.#left = text
  }

  fill (): void {
    while (this.flow !== null && this.#left.length > 0 && this.flow.pendingBytes <= MAX_UTP_UNSENT_BYTES) {
      const part = this.#left.subarray(0, 20_000)
      this.#left = this.#left.subarray(part.length)
      this.flow.write(part)
      this.mostPending = Math.max(this.mostPending, this.flow.pendingBytes)
    }
    if (this.#left.length === 0) this.flow?.end()
  }
}

/** Runs until nothing is left to do; the dialling end talks first, as in BitTorrent. */
function converse (left: End, right: End, { fate, latencyMs }: Weather): { nowMs: number, datagrams: number } {
  const events: Array<{ atMs: number, run: () => void }> = []
  const drops = new Map<string, number>()
  let nowMs = 0
  let datagrams = 0
  const at = (delayMs: number, run: () => void): void => { events.push({ atMs: nowMs + delayMs, run }) }

  function carry (from: string, datagram: Uint8Array, deliver: (packet: UtpPacket) => void): void {
    const packet = decodeUtp(datagram)
    if (packet === null) throw new Error('not a datagram of uTP')
    const byte = fate[datagrams++ % fate.length] ?? 0
    const isAnswer = packet.type === UtpType.state && right.flow === null
    const key = packet.type === UtpType.syn || isAnswer ? 'handshake' : packet.type === UtpType.state ? `${from} state` : `${from} ${packet.type} ${packet.seq}`
    const dropped = drops.get(key) ?? 0
    if (byte < 50 && dropped < 2) { drops.set(key, dropped + 1); return } // one that is always lost ends any connection
    if (packet.type === UtpType.state && !isAnswer) drops.set(key, 0)
    at(latencyMs + (byte > 230 ? latencyMs * 2 + byte % 7 : 0), () => { deliver(packet) })
    if (byte > 200 && byte <= 230) at(latencyMs * 1.5, () => { deliver(packet) })
  }
  function host (end: End, name: string, deliver: (packet: UtpPacket) => void): ConstructorParameters<typeof UtpFlow>[0] {
    return {
      nowMs: () => nowMs,
      send: datagram => { carry(name, datagram, deliver) },
      unreadBytes: () => end.unread,
      connected: () => { at(0, () => { end.fill() }) },
      data: bytes => { end.received.push(Buffer.from(bytes)) },
      ended: () => { end.readEnded = true },
      writable: () => { end.fill() },
      lingers: () => {},
      over: error => { end.over = { error } }
    }
  }
  /** As a port does for connections that are over. */
  const refuse = (from: string, packet: UtpPacket, deliver: (packet: UtpPacket) => void): void => {
    if (packet.type !== UtpType.reset) carry(from, encodeUtp({ ...packet, type: UtpType.reset, ack: packet.seq, selective: null, payload: Buffer.alloc(0) }), deliver)
  }
  const toLeft = (packet: UtpPacket): void => {
    if (left.over !== null) refuse('left', packet, toRight)
    left.flow?.receive(packet)
    left.flow?.acknowledge()
  }
  const toRight = (packet: UtpPacket): void => {
    if (packet.type === UtpType.syn) { // as a port does, which keeps nothing
      carry('right', encodeUtp({ type: UtpType.state, connectionId: packet.connectionId, timestampUs: 1, differenceUs: 0, windowBytes: 1 << 18, seq: 65_530, ack: packet.seq, selective: null, payload: Buffer.alloc(0) }), toLeft)
      return
    }
    if (right.flow === null && packet.type === UtpType.data) {
      right.flow = new UtpFlow(host(right, 'right', toLeft), { receiveId: packet.connectionId, sendId: packet.connectionId - 1, seq: 65_530, ack: 1 })
      at(0, () => { right.fill() })
    }
    if (right.over !== null) refuse('right', packet, toLeft)
    right.flow?.receive(packet)
    right.flow?.acknowledge()
  }
  left.flow = new UtpFlow(host(left, 'left', toRight), { receiveId: 500, sendId: 501, seq: 1, ack: null })
  let nextTickMs = 50
  while (left.over === null || right.over === null) {
    events.sort((a, b) => a.atMs - b.atMs)
    const next = events[0]
    if (next !== undefined && next.atMs <= nextTickMs) {
      events.shift()
      nowMs = Math.max(nowMs, next.atMs)
      next.run()
    } else {
      nowMs = nextTickMs
      nextTickMs += 50
      if (left.flow.needsTicks) left.flow.tick()
      if (right.flow?.needsTicks === true) right.flow.tick()
    }
    if (nowMs > 3_600_000) throw new Error('never ends')
  }
  return { nowMs, datagrams }
}

const bytes = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed) & 0xff)
const sound = (left: End, right: End, leftText: Uint8Array, rightText: Uint8Array): void => {
  assert.equal([left.over, right.over], [{ error: null }, { error: null }])
  assert.ok(Buffer.concat(right.received).equals(leftText), 'what the dialling end wrote')
  assert.ok(Buffer.concat(left.received).equals(rightText), 'what the other end wrote')
  assert.ok(left.readEnded && right.readEnded)
  for (const end of [left, right]) assert.ok(end.mostPending <= MAX_UTP_UNSENT_BYTES + 20_000)
}

test('everything arrives over a fair line, without a repeat', () => {
  const [leftText, rightText] = [bytes(70_000, 1), bytes(200_000, 2)]
  const [left, right] = [new End(leftText), new End(rightText)]
  const { nowMs, datagrams } = converse(left, right, { fate: Uint8Array.of(128), latencyMs: 20 })
  sound(left, right, leftText, rightText)
  assert.ok(nowMs < 3000, `${nowMs}`) // of the virtual clock: a window that never grew would take ten times as long
  assert.ok(datagrams < 3 * 270_000 / UTP_PAYLOAD_BYTES, `${datagrams}`)
})

test('everything arrives whatever the network does', () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 0, max: 120_000 }),
    fc.uint8Array({ minLength: 7, maxLength: 200 }), fc.integer({ min: 1, max: 150 }),
    (leftLength, rightLength, fate, latencyMs) => {
      const [leftText, rightText] = [bytes(leftLength, 3), bytes(rightLength, 4)]
      const [left, right] = [new End(leftText), new End(rightText)]
      converse(left, right, { fate, latencyMs })
      sound(left, right, leftText, rightText)
    }
  ), { numRuns: 60 })
})

test('nobody who reads slowly is made to hold more than the window', () => {
  const unread = { bytes: 0 }
  const { flow, sent, got, send } = accepted(unread)
  for (let seq = 1; seq <= 1000; seq++) send(UtpType.data, seq, new Uint8Array(1000))
  assert.ok(unread.bytes <= MAX_UTP_UNREAD_BYTES && unread.bytes > MAX_UTP_UNREAD_BYTES - 1000)
  flow.acknowledge()
  const told = sent.at(-1)
  assert.is(told?.ack, got.length)
  assert.ok((told?.windowBytes ?? Infinity) < 1000)
  unread.bytes = 0
  flow.consumed()
  assert.is(sent.at(-1)?.windowBytes, MAX_UTP_UNREAD_BYTES) // heard without asking
})

test('packets out of order are held up to the window, and only so far ahead', () => {
  const { flow, sent, got, send } = accepted()
  for (let seq = 2; seq <= 65_000; seq++) send(UtpType.data, seq, new Uint8Array(1500))
  assert.is(got.length, 0)
  flow.acknowledge()
  const told = sent.at(-1)
  assert.ok((told?.windowBytes ?? Infinity) < 1500)
  const held = [...told?.selective ?? []].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  assert.is(held, Math.floor(MAX_UTP_UNREAD_BYTES / 1500))
  send(UtpType.data, 1, Uint8Array.of(1)) // fits what is left
  assert.is(got.length, held + 1)
  const tiny = accepted()
  for (let seq = 2; seq <= 65_000; seq++) tiny.send(UtpType.data, seq, Uint8Array.of(1))
  tiny.send(UtpType.data, 1, Uint8Array.of(1))
  assert.is(tiny.got.length, MAX_UTP_REORDERED + 1)
})

test('nothing comes after the end', () => {
  const { got, send } = accepted()
  send(UtpType.data, 3, Buffer.from('beyond'))
  send(UtpType.fin, 2)
  send(UtpType.data, 1, Buffer.from('first'))
  send(UtpType.data, 3, Buffer.from('beyond'))
  assert.equal(got.map(String), ['first'])
})

test('a reset counts only from somebody who saw our packets', () => {
  const { flow, over, send } = accepted()
  send(UtpType.data, 1, Buffer.from('x'))
  flow.write(new Uint8Array(3000)) // packets 700, 701, 702
  for (const ack of [0, 690, 698, 705, 30_000]) send(UtpType.reset, 0, undefined, ack)
  assert.is(over.length, 0)
  send(UtpType.reset, 0, undefined, 701)
  assert.is(over.length, 1)
  flow.write(new Uint8Array(10))
  flow.reset()
  assert.is(over.length, 1)
})

test('a peer that falls silent is given up, and one that was left has little time', () => {
  const silent = accepted()
  silent.send(UtpType.data, 1, Buffer.from('x'))
  silent.flow.write(new Uint8Array(100))
  const startedMs = silent.clock.nowMs
  while (silent.over.length === 0) {
    silent.clock.nowMs += 50
    silent.flow.tick()
    assert.ok(silent.clock.nowMs < startedMs + 120_000)
  }
  assert.ok(silent.over[0]?.error instanceof Error)
  const left = accepted()
  left.send(UtpType.data, 1, Buffer.from('x'))
  left.flow.write(new Uint8Array(100))
  left.flow.linger()
  left.clock.nowMs += 3001
  left.flow.tick()
  assert.is(left.over.length, 1)
  assert.is(left.sent.at(-1)?.type, UtpType.reset)
})

test('no packet from a peer breaks a connection, or makes it hold more than the window', () => {
  const packet = fc.record({
    type: fc.constantFrom(UtpType.data, UtpType.fin, UtpType.state, UtpType.syn),
    connectionId: fc.constant(11), timestampUs: fc.nat(), differenceUs: fc.nat(), windowBytes: fc.constantFrom(0, 1, 3000, 0xffffffff),
    seq: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 65_535 })),
    ack: fc.oneof(fc.integer({ min: 690, max: 740 }), fc.integer({ min: 0, max: 65_535 })),
    selective: fc.option(fc.uint8Array({ maxLength: 255 }), { nil: null }), payload: fc.uint8Array({ maxLength: 1500 })
  })
  fc.assert(fc.property(fc.array(packet, { maxLength: 60 }), fc.boolean(), (packets, ending) => {
    const unread = { bytes: 0 }
    const { flow, clock } = accepted(unread)
    flow.write(new Uint8Array(30_000))
    for (const [i, one] of packets.entries()) {
      flow.receive(one)
      clock.nowMs += 40
      flow.tick()
      if (ending && i === 20) flow.linger()
    }
    flow.acknowledge()
    assert.ok(unread.bytes <= MAX_UTP_UNREAD_BYTES)
    assert.ok(flow.pendingBytes <= 30_000 && flow.pendingBytes >= 0)
  }), { numRuns: 300 })
})

test.run()
