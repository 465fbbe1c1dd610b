// The simpler design that newcomers are measured against: a log of events, each signed on its own. An event is
// signature || DAG-CBOR array (domain, author, item, value, time); a frame has at most 64 KiB of them, each after its length
// (uint16). Keys and signatures are those of the index.
import { decode, encode } from '@ipld/dag-cbor'
import type { Connection, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { bytesToHex, hexToBytes, verifySignature, type Signer } from '@seedbed/crdt-index'
import { createHash } from 'node:crypto'

const DOMAIN = 'bench/vote/1'
const PROTOCOL = '/bench/events/1'
const FRAME_BYTES = 64 * 1024
const SIGNATURE_BYTES = 64
const LENGTH_BYTES = 2

interface Ballot { readonly author: number, readonly post: number, readonly value: 1 | -1 }

/** Signs an event a ballot, `most` at most. */
export function signEvents (signers: readonly Signer[], ballots: Iterable<Ballot>, most: number): Uint8Array[] {
  const items = new Map<number, Uint8Array>()
  const frames: Uint8Array[] = []
  const seconds = Math.floor(Date.now() / 1000)
  let frame = new Uint8Array(FRAME_BYTES)
  let used = 0
  let signed = 0
  for (const { author, post, value } of ballots) {
    if (signed++ === most) break
    let item = items.get(post)
    if (item === undefined) items.set(post, item = new Uint8Array(createHash('sha256').update(`item ${post}`).digest()).subarray(0, 20))
    const signer = signers[author]!
    const payload = encode([DOMAIN, hexToBytes(signer.author), item, value, seconds])
    const length = SIGNATURE_BYTES + payload.length
    if (used + LENGTH_BYTES + length > FRAME_BYTES) {
      frames.push(frame.subarray(0, used))
      frame = new Uint8Array(FRAME_BYTES)
      used = 0
    }
    frame.set([length >> 8, length & 255], used)
    frame.set(signer.sign(payload), used + LENGTH_BYTES)
    frame.set(payload, used + LENGTH_BYTES + SIGNATURE_BYTES)
    used += LENGTH_BYTES + length
  }
  frames.push(frame.subarray(0, used))
  return frames
}

export async function offerEvents (node: { handle (protocol: string, handler: (stream: Stream) => Promise<void>): Promise<void> }, frames: readonly Uint8Array[]): Promise<void> {
  await node.handle(PROTOCOL, async stream => {
    const log = lpStream(stream)
    for (const frame of frames) await log.write(frame)
    await stream.close()
  })
}

/** Reads the log to its end, verifies every event and keeps the last vote of each author on each item. */
export async function readEvents (connection: Connection): Promise<{ bytes: number, votes: number }> {
  const log = lpStream(await connection.newStream(PROTOCOL), { maxDataLength: FRAME_BYTES })
  const votes = new Map<string, Map<string, { value: number, seconds: number }>>()
  let bytes = 0
  let counted = 0
  for (;;) {
    let frame
    try {
      frame = (await log.read()).subarray()
    } catch {
      return { bytes, votes: counted } // lpStream tells the end as a failure; whether all came is checked by whoever counts
    }
    bytes += frame.length
    for (let at = 0; at < frame.length;) {
      const length = frame[at]! << 8 | frame[at + 1]!
      const signature = frame.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + SIGNATURE_BYTES)
      const payload = frame.subarray(at + LENGTH_BYTES + SIGNATURE_BYTES, at + LENGTH_BYTES + length)
      const [domain, author, item, value, seconds] = decode<[string, Uint8Array, Uint8Array, number, number]>(payload)
      if (domain !== DOMAIN || !verifySignature(signature, payload, author)) throw new Error('a bad event')
      const key = bytesToHex(item)
      let ofItem = votes.get(key)
      if (ofItem === undefined) votes.set(key, ofItem = new Map())
      const voter = bytesToHex(author)
      const known = ofItem.get(voter)
      if (known === undefined || known.seconds < seconds) ofItem.set(voter, { value, seconds })
      counted++
      at += LENGTH_BYTES + length
    }
  }
}
