// Which connected members of a community have a body: `/seedbed/have/1`. A question is one frame, topic length
// (1 byte) || topic || content ids (20 bytes each); the answer is one frame, a bit an id, first id in the lowest bit.
// Only members are answered: a cache that answers anybody is a reading history for anybody.
import { contentIdOfBytes, hexToBytes, type Channel, type ContentId, type Transport } from '@seedbed/crdt-index'
import { HAVE_TIMEOUT_MS, MAX_HAVE_IDS } from '../limits.ts'

export const HAVE_PROTOCOL = '/seedbed/have/1'
const ID_BYTES = 20
const MAX_TOPIC_BYTES = 255
const MAX_QUESTION_BYTES = 1 + MAX_TOPIC_BYTES + MAX_HAVE_IDS * ID_BYTES

export interface Question { readonly topic: string, readonly ids: readonly ContentId[] }

export function encodeQuestion ({ topic, ids }: Question): Uint8Array {
  const name = new TextEncoder().encode(topic)
  const frame = new Uint8Array(1 + name.length + ids.length * ID_BYTES)
  frame[0] = name.length
  frame.set(name, 1)
  for (const [i, id] of ids.entries()) frame.set(hexToBytes(id), 1 + name.length + i * ID_BYTES)
  return frame
}

/** Null for what is no question. */
export function decodeQuestion (frame: Uint8Array): Question | null {
  const nameLength = frame[0] ?? 0
  const rest = frame.length - 1 - nameLength
  if (nameLength === 0 || rest <= 0 || rest % ID_BYTES !== 0 || rest > MAX_HAVE_IDS * ID_BYTES) return null
  const ids: ContentId[] = []
  for (let at = 1 + nameLength; at < frame.length; at += ID_BYTES) ids.push(contentIdOfBytes(frame.subarray(at, at + ID_BYTES)))
  return { topic: new TextDecoder().decode(frame.subarray(1, 1 + nameLength)), ids }
}

export function encodeAnswer (held: readonly boolean[]): Uint8Array {
  const frame = new Uint8Array(Math.ceil(held.length / 8))
  for (const [i, has] of held.entries()) if (has) frame[i >> 3] = (frame[i >> 3] ?? 0) | 1 << (i & 7)
  return frame
}

/** Null for an answer of another length. */
export function decodeAnswer (frame: Uint8Array, count: number): boolean[] | null {
  if (frame.length !== Math.ceil(count / 8)) return null
  return Array.from({ length: count }, (_, i) => ((frame[i >> 3] ?? 0) >> (i & 7) & 1) === 1)
}

export interface Holders {
  /** Asks the peers at once; resolves with the ids each of them has. Peers that fail or are late have nothing. */
  ask (topic: string, peers: readonly string[], ids: readonly ContentId[], signal: AbortSignal): Promise<Map<ContentId, string[]>>
  close (): void
}

export function createHolders (transport: Transport, has: (topic: string, id: ContentId) => Promise<boolean>): Holders {
  async function answer (channel: Channel, from: string): Promise<void> {
    const signal = AbortSignal.timeout(HAVE_TIMEOUT_MS)
    const frame = await channel.read({ signal, maxBytes: MAX_QUESTION_BYTES })
    const question = frame === null ? null : decodeQuestion(frame)
    if (question === null) throw new Error('not a have-query')
    const member = transport.peers(question.topic).includes(from)
    const held = await Promise.all(question.ids.map(async id => member && await has(question.topic, id)))
    await channel.write(encodeAnswer(held), { signal })
    await channel.close()
  }

  const unhandle = transport.handle(HAVE_PROTOCOL, async (channel, from) => {
    try {
      await answer(channel, from)
    } catch (error) {
      channel.abort(error instanceof Error ? error : new Error(String(error)))
    }
  })

  async function askOne (topic: string, peer: string, ids: readonly ContentId[], signal: AbortSignal): Promise<boolean[]> {
    const channel = await transport.open(peer, HAVE_PROTOCOL, { signal })
    try {
      await channel.write(encodeQuestion({ topic, ids }), { signal })
      const frame = await channel.read({ signal, maxBytes: Math.ceil(MAX_HAVE_IDS / 8) })
      await channel.close()
      return frame === null ? [] : decodeAnswer(frame, ids.length) ?? []
    } catch (error) {
      channel.abort(error instanceof Error ? error : new Error(String(error)))
      return []
    }
  }

  return {
    async ask (topic, peers, ids, signal) {
      const found = new Map<ContentId, string[]>()
      const limited = AbortSignal.any([signal, AbortSignal.timeout(HAVE_TIMEOUT_MS)])
      await Promise.all(peers.map(async peer => {
        for (let at = 0; at < ids.length && !limited.aborted; at += MAX_HAVE_IDS) {
          const part = ids.slice(at, at + MAX_HAVE_IDS)
          const held = await askOne(topic, peer, part, limited).catch(() => [])
          for (const [i, id] of part.entries()) {
            if (held[i] === true) found.set(id, [...found.get(id) ?? [], peer])
          }
        }
      }))
      return found
    },
    close: unhandle
  }
}
