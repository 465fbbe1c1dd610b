// Changes of the list of seedboxes that meet while one of them is still being written.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Identified, Network } from '../../src/network/network.ts'
import { createSeedboxRegistry } from '../../src/seedboxes/create-seedboxes.ts'
import { encodeOffer } from '../../src/seedboxes/offer.ts'
import { createOwnership } from '../../src/seedboxes/ownership.ts'
import type { KnownSeedbox } from '../../src/seedboxes/seedbox-table.ts'
import { peerIdOf } from '../discovery/peers.ts'
import { until } from '../nodes.ts'

const test = suite('core/seedboxes/changes')
const peerId = peerIdOf(1)
const SEEDBOX: KnownSeedbox = { peerId, address: '/ip4/192.0.2.1/tcp/1/ws', own: false, trusted: true, relay: false, tracker: null, signalling: '/signal' }
const turnOfEvents = async (): Promise<void> => { await new Promise(resolve => setTimeout(resolve, 20)) }

const OFFER = encodeOffer({ relay: true, tracker: '/tracker', signalling: '/signal', proof: new Uint8Array(32) })
/** Short: an answer that is here comes before any clock, however slow the machine is. */
const PATIENCE = { answerMs: 50, firstMs: 10, lastMs: 40 }

interface Ask { (signal: AbortSignal): Promise<Uint8Array> }

async function world (read: Ask = async () => OFFER, isConnected = (): boolean => true) {
  const rows = new Map<string, KnownSeedbox>([[peerId, SEEDBOX]])
  const state = { identify: (_peer: Identified): void => {}, held: Promise.resolve() }
  const channel = { write: async () => {}, read: async ({ signal }: { signal: AbortSignal }) => await read(signal), close: async () => {}, abort () {} }
  const registry = await createSeedboxRegistry({
    network: {
      peerId: peerIdOf(2), transport: { open: async () => channel }, isConnected, keepDialling () {}, stopDialling () {}, onPeer: () => () => {},
      onIdentified (listener: typeof state.identify) {
        state.identify = listener
        return () => {}
      }
    } as unknown as Network,
    options: {}, ownership: createOwnership(new Uint8Array(32)),
    table: {
      all: async () => [...rows.values()],
      async put (row) {
        await state.held
        rows.set(row.peerId, row)
      },
      async delete (id) {
        await state.held
        rows.delete(id)
      }
    },
    logger: { debug () {}, info () {}, warn (message) { throw new Error(message) } }, patience: PATIENCE
  })
  const met = (): void => { state.identify({ peerId, direction: 'outbound', remoteAddress: SEEDBOX.address, listenAddresses: [] }) }
  return { rows, state, met, registry }
}

test('trust that is taken back stays taken back, whatever the seedbox says meanwhile', async () => {
  const { rows, state, met, registry } = await world()
  const { promise, resolve } = Promise.withResolvers<void>()
  state.held = promise
  const taken = registry.seedboxes.trust(peerId, false)
  met()
  await turnOfEvents()
  resolve()
  await taken
  await turnOfEvents()
  assert.is(registry.seedboxes.list()[0]?.trusted, false)
  assert.is(rows.get(peerId)?.trusted, false)
  assert.equal(registry.signalling(), [])
  await registry.close()
})

test('a seedbox that is removed while it is greeted is gone', async () => {
  const { rows, state, met, registry } = await world()
  const { promise, resolve } = Promise.withResolvers<void>()
  state.held = promise
  met()
  await turnOfEvents()
  const removed = registry.seedboxes.remove(peerId)
  resolve()
  await removed
  await turnOfEvents()
  assert.equal([registry.seedboxes.list(), rows.size], [[], 0])
  await registry.close()
})

const silence: Ask = async signal => await new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true }) })

test('a seedbox that does not answer in time is asked again while it stays connected, and not for ever', async () => {
  let asked = 0
  const { met, registry } = await world(async signal => ++asked < 3 ? await silence(signal) : OFFER)
  met()
  await until('it answers at last', () => registry.seedboxes.list()[0]?.relay === true)
  assert.is(asked, 3)
  await registry.close()

  asked = 0
  const mute = await world(async signal => { asked++; return await silence(signal) })
  mute.met()
  await until('all questions', () => asked === 4)
  await new Promise(resolve => setTimeout(resolve, 4 * PATIENCE.answerMs))
  assert.is(asked, 4, 'after 10, 20 and 40 ms')
  await mute.registry.close()
})

test('who answers that it is none, or went away, is not asked again; closing waits for no pause', async () => {
  let asked = 0
  const none = await world(async () => { asked++; throw new Error('no such protocol') })
  none.met()
  await until('it was asked', () => asked === 1)
  await new Promise(resolve => setTimeout(resolve, 4 * PATIENCE.answerMs))
  assert.is(asked, 1)
  await none.registry.close()

  asked = 0
  let isHere = true
  const gone = await world(async signal => { asked++; isHere = false; return await silence(signal) }, () => isHere)
  gone.met()
  await until('it was asked', () => asked === 1)
  await new Promise(resolve => setTimeout(resolve, 4 * PATIENCE.answerMs))
  assert.is(asked, 1)
  await gone.registry.close()

  asked = 0
  const twice = await world(async signal => { asked++; return await silence(signal) })
  twice.met()
  twice.met()
  await until('both greetings', () => asked >= 2)
  await twice.registry.close()
  const last = asked
  await new Promise(resolve => setTimeout(resolve, 4 * PATIENCE.answerMs))
  assert.is(asked, last)
})

test.run()
