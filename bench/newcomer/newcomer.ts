// The peer that has nothing. Its process is up, its libp2p node listens and its database is open when the clock starts.
import { multiaddr } from '@multiformats/multiaddr'
import { createCrdtIndex, createLibp2pTransport, type Channel, type CommunityAddress, type Transport } from '@seedbed/crdt-index'
import { Level } from 'level'
import { createBareLibp2p } from '../support/bare-libp2p.ts'
import { answer } from '../support/child.ts'
import { readEvents } from '../support/event-log.ts'
import { until } from '../support/until.ts'

export interface Joined { readonly seconds: number, readonly bytes: number, readonly votes: number }

const libp2p = await createBareLibp2p()

answer({
  async join ({ folder, community, peer, digest, votes: wanted }: { folder: string, community: CommunityAddress, peer: string, digest: string, votes: number }): Promise<Joined> {
    const db = new Level(folder)
    await db.open()
    const received = { bytes: 0 }
    const index = await createCrdtIndex({ db: db.sublevel('index'), transport: counting(createLibp2pTransport(libp2p), received) })
    let votes = 0
    index.on('change', ({ changes }) => { for (const { root, before, after } of changes) if (root === 'votes') votes += Number(after !== undefined) - Number(before !== undefined) })
    const beganMs = performance.now()
    await index.join(community)
    await libp2p.dial(multiaddr(peer))
    await until('all votes are here', () => votes === wanted && index.status(community).digest === digest, { timeoutMs: 45_000 })
    const seconds = (performance.now() - beganMs) / 1000
    const { items } = index.feed({ sort: 'top', window: 'all', limit: 1_000_000 })
    return { seconds, bytes: received.bytes, votes: items.reduce((sum, { up, down }) => sum + up + down, 0) }
  },
  /** The reference: reads the log, verifies every event and keeps the last vote of each author on each item. */
  async joinLog (peer: string): Promise<Joined> {
    const beganMs = performance.now()
    const { bytes, votes } = await readEvents(await libp2p.dial(multiaddr(peer)))
    return { seconds: (performance.now() - beganMs) / 1000, bytes, votes }
  }
})

/** Counts what comes in through a transport. */
function counting (transport: Transport, received: { bytes: number }): Transport {
  const count = (channel: Channel): Channel => ({
    read: async options => {
      const frame = await channel.read(options)
      received.bytes += frame?.length ?? 0
      return frame
    },
    write: async (frame, options) => { await channel.write(frame, options) },
    close: async () => { await channel.close() },
    abort: reason => { channel.abort(reason) }
  })
  return {
    ...transport,
    subscribe: (topic, onMessage) => {
      transport.subscribe(topic, async (data, from) => {
        received.bytes += data.length
        return await onMessage(data, from)
      })
    },
    handle: (protocol, handler) => transport.handle(protocol, async (channel, from) => { await handler(count(channel), from) }),
    open: async (peer, protocol, options) => count(await transport.open(peer, protocol, options))
  }
}
