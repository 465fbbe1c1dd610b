// Changes of the list of seedboxes that meet while one of them is still being written.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Identified, Network } from '../../src/network/network.ts'
import { createSeedboxRegistry } from '../../src/seedboxes/create-seedboxes.ts'
import { encodeOffer } from '../../src/seedboxes/offer.ts'
import { createOwnership } from '../../src/seedboxes/ownership.ts'
import type { KnownSeedbox } from '../../src/seedboxes/seedbox-table.ts'
import { peerIdOf } from '../discovery/peers.ts'

const test = suite('core/seedboxes/changes')
const peerId = peerIdOf(1)
const SEEDBOX: KnownSeedbox = { peerId, address: '/ip4/192.0.2.1/tcp/1/ws', own: false, trusted: true, relay: false, tracker: null, signalling: '/signal' }
const turnOfEvents = async (): Promise<void> => { await new Promise(resolve => setTimeout(resolve, 20)) }

async function world () {
  const rows = new Map<string, KnownSeedbox>([[peerId, SEEDBOX]])
  const state = { identify: (_peer: Identified): void => {}, held: Promise.resolve() }
  const channel = { write: async () => {}, read: async () => encodeOffer({ relay: true, tracker: '/tracker', signalling: '/signal', proof: new Uint8Array(32) }), close: async () => {}, abort () {} }
  const registry = await createSeedboxRegistry({
    network: {
      peerId: peerIdOf(2), transport: { open: async () => channel }, isConnected: () => true, keepDialling () {}, stopDialling () {}, onPeer: () => () => {},
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
    logger: { debug () {}, info () {}, warn (message) { throw new Error(message) } }
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

test.run()
