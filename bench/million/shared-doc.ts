// The other reference: one Y.Doc that everybody may write to, without signatures, over y-protocols' sync. Each author is a
// Yjs client and has a map of their own in it, so nobody merges; the entries are those that the index has.
import type { Connection, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { createDecoder } from 'lib0/decoding'
import { createEncoder, length, toUint8Array } from 'lib0/encoding'
import { readSyncMessage, writeSyncStep1 } from 'y-protocols/sync'
import * as Y from 'yjs'
import { ballotsOf, votesOfAuthors, type Crowd } from './crowd.ts'

const PROTOCOL = '/bench/shared-doc/1'
/** A message of y-protocols has all that is missing; it travels in pieces. */
const PIECE_BYTES = 64 * 1024

export function sharedDoc (crowd: Crowd, keyOf: (post: number) => string, authorOf: (author: number) => string): Y.Doc {
  const doc = new Y.Doc()
  const posts = doc.getMap('posts')
  const votes = doc.getMap<Y.Map<readonly [number, number]>>('votes')
  const seconds = Math.floor(Date.now() / 1000)
  for (const [author, count] of votesOfAuthors(crowd).entries()) {
    doc.clientID = author + 1
    doc.transact(() => {
      if (author < crowd.posts) posts.set(keyOf(author), [500, Date.now(), `Post ${author}`])
      const own = new Y.Map<readonly [number, number]>()
      votes.set(authorOf(author), own)
      for (const { post, value } of ballotsOf(author, count, crowd)) own.set(keyOf(post), [value, seconds])
    })
  }
  return doc
}

export async function offerDoc (node: { handle (protocol: string, handler: (stream: Stream) => Promise<void>): Promise<void> }, doc: Y.Doc): Promise<void> {
  await node.handle(PROTOCOL, async stream => {
    const frames = lpStream(stream)
    const answer = createEncoder()
    readSyncMessage(createDecoder((await frames.read()).subarray()), answer, doc, null)
    const message = toUint8Array(answer)
    for (let at = 0; at < message.length; at += PIECE_BYTES) await frames.write(message.subarray(at, at + PIECE_BYTES))
    await stream.close()
  })
}

/** Asks for what is missing, applies it and counts the votes of each post: the fifty with the most, and how many there are in all. */
export async function readDoc (connection: Connection, doc: Y.Doc): Promise<{ top: Array<[string, number]>, votes: number }> {
  const frames = lpStream(await connection.newStream(PROTOCOL), { maxDataLength: PIECE_BYTES })
  const question = createEncoder()
  writeSyncStep1(question, doc)
  await frames.write(toUint8Array(question))
  const pieces: Uint8Array[] = []
  for (;;) {
    try {
      pieces.push((await frames.read()).subarray())
    } catch {
      break // lpStream tells the end as a failure
    }
  }
  const answer = createEncoder()
  readSyncMessage(createDecoder(new Uint8Array(Buffer.concat(pieces))), answer, doc, null)
  if (length(answer) > 0) throw new Error('an answer to an answer')
  const scores = new Map<string, number>()
  let votes = 0
  for (const own of doc.getMap<Y.Map<readonly [number, number]>>('votes').values()) {
    for (const [item, [value]] of own.entries()) {
      scores.set(item, (scores.get(item) ?? 0) + value)
      votes++
    }
  }
  return { top: [...scores].sort(([, a], [, b]) => b - a).slice(0, 50), votes }
}
