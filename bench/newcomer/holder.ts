// The peer that has everything: the index with its votes, and the same votes as a log of signed events.
import { encode } from '@ipld/dag-cbor'
import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { createCrdtIndex, createLibp2pTransport, hexToBytes } from '@seedbed/crdt-index'
import { createHash } from 'node:crypto'
import { createBareLibp2p } from '../support/bare-libp2p.ts'
import { answer } from '../support/child.ts'
import { ballots, POSTS, prepareVotes, signerOf } from '../support/votes.ts'
import { EVENT_PROTOCOL, FRAME_BYTES } from './event-log.ts'

const libp2p = await createBareLibp2p()

answer({
  async prepare (months: 1 | 12) {
    const { db, community, microsecondsAVote } = await prepareVotes(months)
    const index = await createCrdtIndex({ db: db.sublevel('index'), transport: createLibp2pTransport(libp2p) })
    const { digest, shards } = index.status(community)
    return { community, digest, microsecondsAVote, envelopes: shards.reduce((sum, { envelopes }) => sum + envelopes, 0), peer: libp2p.getMultiaddrs()[0]?.toString() }
  },
  /** Signs every vote as an event of its own and offers them over one stream. */
  async prepareLog (): Promise<void> {
    const frames = signedEvents()
    await libp2p.handle(EVENT_PROTOCOL, async (stream: Stream) => {
      const log = lpStream(stream)
      for (const frame of frames) await log.write(frame)
      await stream.close()
    })
  }
})

/** Frames of at most 64 KiB: each event after its length (uint16), an event being signature || DAG-CBOR. */
function signedEvents (): Uint8Array[] {
  const items = Array.from({ length: POSTS }, (_, post) => new Uint8Array(createHash('sha256').update(`item ${post}`).digest()).subarray(0, 20))
  const frames: Uint8Array[] = []
  let frame = new Uint8Array(FRAME_BYTES)
  let used = 0
  let signer = signerOf(0)
  let signs = 0
  for (const { author, post, value } of ballots()) {
    if (author !== signs) signer = signerOf(signs = author)
    const payload = encode(['bench/vote/1', hexToBytes(signer.author), items[post], value, Math.floor(Date.now() / 1000)])
    const length = 64 + payload.length
    if (used + 2 + length > FRAME_BYTES) {
      frames.push(frame.subarray(0, used))
      frame = new Uint8Array(FRAME_BYTES)
      used = 0
    }
    frame.set([length >> 8, length & 255], used)
    frame.set(signer.sign(payload), used + 2)
    frame.set(payload, used + 2 + 64)
    used += 2 + length
  }
  frames.push(frame.subarray(0, used))
  return frames
}
