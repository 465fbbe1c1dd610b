// The peer that has nothing. Its process is up, its libp2p node listens and its database is open when the clock starts.
import { decode } from '@ipld/dag-cbor'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { bytesToHex, createCrdtIndex, createLibp2pTransport, verifySignature, type Channel, type CommunityAddress, type Transport } from '@seedbed/crdt-index'
import { Level } from 'level'
import { createBareLibp2p } from '../support/bare-libp2p.ts'
import { answer } from '../support/child.ts'
import { until } from '../support/until.ts'
import { EVENT_PROTOCOL, FRAME_BYTES } from './event-log.ts'

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
    const connection = await libp2p.dial(multiaddr(peer))
    const stream = await connection.newStream(EVENT_PROTOCOL)
    const log = lpStream(stream, { maxDataLength: FRAME_BYTES })
    const votes = new Map<string, Map<string, { value: number, seconds: number }>>()
    let bytes = 0
    let counted = 0
    for (;;) {
      let frame
      try {
        frame = (await log.read()).subarray()
      } catch {
        break // lpStream tells the end as a failure
      }
      bytes += frame.length
      for (let at = 0; at < frame.length;) {
        const length = frame[at]! << 8 | frame[at + 1]!
        const payload = frame.subarray(at + 2 + 64, at + 2 + length)
        const [domain, author, item, value, seconds] = decode<[string, Uint8Array, Uint8Array, number, number]>(payload)
        if (domain !== 'bench/vote/1' || !verifySignature(frame.subarray(at + 2, at + 2 + 64), payload, author)) throw new Error('a bad event')
        const key = bytesToHex(item)
        let ofItem = votes.get(key)
        if (ofItem === undefined) votes.set(key, ofItem = new Map())
        const voter = bytesToHex(author)
        const known = ofItem.get(voter)
        if (known === undefined || known.seconds < seconds) ofItem.set(voter, { value, seconds })
        counted++
        at += 2 + length
      }
    }
    return { seconds: (performance.now() - beganMs) / 1000, bytes, votes: counted }
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
