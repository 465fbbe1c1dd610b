// One connection of uTP against strangers who do not see its packets, and peers that try its patience.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_UTP_FLIGHT, MAX_UTP_REORDERED, MAX_UTP_UNREAD_BYTES } from '../../../src/limits.ts'
import { UtpFlow } from '../../../src/wire/utp/flow.ts'
import { decodeUtp, UtpType, type UtpPacket } from '../../../src/wire/utp/packet.ts'
import { accepted } from './accepted.ts'

const test = suite('utp hostile flow')

test('data that names what was never sent, or long ago, is a guess', () => {
  const { flow, got, sent, send } = accepted()
  send(UtpType.data, 1, Buffer.from('a'))
  flow.write(new Uint8Array(3000)) // packets 700, 701, 702
  const guess = Buffer.from('guess')
  for (const ack of [703, 704, 5000, 699 - MAX_UTP_FLIGHT - 1, 40_000]) send(UtpType.data, 2, guess, ack)
  assert.equal(got.map(String), ['a'])
  flow.acknowledge()
  assert.is(sent.at(-1)?.ack, 1)
  assert.is(flow.pendingBytes, 3000)
  send(UtpType.data, 2, Buffer.from('b'), 698) // a keep-alive of libutp names the one before
  send(UtpType.data, 3, Buffer.from('c'), 702)
  assert.equal(got.map(String), ['a', 'b', 'c'])
  assert.is(flow.pendingBytes, 0)
})

test('a guess that shuts the window changes nothing', () => {
  const { flow, sent, send } = accepted()
  send(UtpType.data, 1, Buffer.from('a'))
  send(UtpType.state, 2, undefined, 30_000, 0)
  flow.write(new Uint8Array(4000))
  assert.ok(sent.filter(({ type }) => type === UtpType.data).length > 1)
})

test('the packet that others wait for is taken when these fill the window', () => {
  const { flow, got, sent, send } = accepted()
  const payload = new Uint8Array(MAX_UTP_UNREAD_BYTES / MAX_UTP_REORDERED)
  for (let seq = 2; seq <= 1 + MAX_UTP_REORDERED; seq++) send(UtpType.data, seq, payload)
  flow.acknowledge()
  assert.is(sent.at(-1)?.windowBytes, 0)
  assert.is(got.length, 0)
  send(UtpType.data, 1, payload)
  assert.is(got.length, 1 + MAX_UTP_REORDERED)
})

test('a peer without room for long, which says so, is not given up', () => {
  const { flow, clock, over, sent, send } = accepted()
  send(UtpType.data, 1, Buffer.from('a'), 699, 0)
  flow.write(Buffer.from('when there is room'))
  for (let second = 0; second < 600; second++) {
    clock.nowMs += 1000
    flow.tick()
    if (second % 20 === 0) send(UtpType.state, 2, undefined, 699, 0) // dropped it: there was no room
  }
  assert.is(over.length, 0)
  assert.ok(sent.filter(({ type }) => type === UtpType.data).length < 100, 'asked again and again')
  send(UtpType.state, 2, undefined, 700)
  assert.is(flow.pendingBytes, 0)
  flow.write(Buffer.from('more'))
  while (over.length === 0 && clock.nowMs < 1_000_000) {
    clock.nowMs += 50
    flow.tick()
  }
  assert.ok(over[0]?.error instanceof Error) // silent now
})

test('what was written and ended before the answer came is sent after it', () => {
  const sent: UtpPacket[] = []
  const over: Array<Error | null> = []
  const flow = new UtpFlow({
    nowMs: () => 0,
    send: datagram => { const packet = decodeUtp(datagram); if (packet !== null) sent.push(packet) },
    unreadBytes: () => 0, connected: () => {}, data: () => {}, ended: () => {}, writable: () => {}, lingers: () => {}, over: error => { over.push(error) }
  }, { receiveId: 4, sendId: 5, seq: 65_535, ack: null })
  flow.write(Buffer.from('early'))
  flow.end()
  assert.equal(sent.map(({ type }) => type), [UtpType.syn])
  flow.receive({ type: UtpType.state, connectionId: 4, timestampUs: 0, differenceUs: 0, windowBytes: 5000, seq: 9, ack: 65_534, selective: null, payload: new Uint8Array(0) })
  assert.is(sent.length, 1) // that answers another SYN
  flow.receive({ type: UtpType.state, connectionId: 4, timestampUs: 0, differenceUs: 0, windowBytes: 5000, seq: 9, ack: 65_535, selective: null, payload: new Uint8Array(0) })
  assert.equal(sent.slice(1).map(({ type, seq, payload }) => [type, seq, Buffer.from(payload).toString()]), [[UtpType.data, 0, 'early'], [UtpType.fin, 1, '']])
  assert.is(over.length, 0)
  flow.linger()
  assert.is(over.length, 0)
})

test.run()
