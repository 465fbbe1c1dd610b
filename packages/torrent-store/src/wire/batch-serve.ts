// The serving side of sb_bodies (docs/sb_bodies.md): answers wanted infohashes in the order in which they were asked
// for, over a connection that began as that of one torrent. What may not be served looks like what is not held.
import { MAX_BATCH_MESSAGE_IDS, MAX_BATCH_QUEUED_IDS, MAX_BODY_BYTES, type TorrentStoreLimits } from '../limits.ts'
import type { InfoHash } from '../torrent-ref.ts'
import { readBatchMessage, writeBody, writeIds } from './batch-message.ts'
import type { BoundedWire } from './bounded-wire.ts'
import type { Link } from './link.ts'

export interface BatchServeOptions {
  readonly wire: BoundedWire
  readonly link: Link
  readonly limits: TorrentStoreLimits
  /** The body, if it is held and this connection may have it. */
  offer (infoHash: InfoHash): Promise<Uint8Array | null>
}

export interface BatchServing {
  /** The connection is over. */
  close (): void
}

/** Bytes of a body message around the body: length prefix, two ids, type, infohash. */
const FRAME_BYTES = 4 + 2 + 1 + 20

/** Announces the extension on `wire` and serves it. Call before `handshake`. */
export function serveBatch ({ wire, link, limits, offer }: BatchServeOptions): BatchServing {
  const queue: InfoHash[] = []
  /** Taken from the queue and not answered yet. */
  let reading = 0
  let asked = 0
  let open = true
  let busy = false

  wire.useBodies(payload => {
    const message = readBatchMessage(payload)
    if (message === null || message.type === 'body' || message.type === 'absent' || !wire.peerSpeaksBodies) { wire.fault('BAD_PROTOCOL'); return }
    if (message.type === 'want') want(message.ids)
    else if (message.type === 'cancel') cancel(new Set(message.ids))
  })

  function want (ids: readonly InfoHash[]): void {
    asked += ids.length
    if (queue.length + reading + ids.length > MAX_BATCH_QUEUED_IDS || asked > limits.maxBatchIds) { wire.fault('TOO_MANY_BYTES'); return }
    wire.allow({ outboundBytes: ids.length * (MAX_BODY_BYTES + FRAME_BYTES) })
    queue.push(...ids)
    if (!busy) answerAll().catch(link.close)
  }

  function cancel (ids: ReadonlySet<InfoHash>): void {
    const left = queue.filter(id => !ids.has(id))
    queue.length = 0
    queue.push(...left)
  }

  async function answerAll (): Promise<void> {
    busy = true
    let absent: InfoHash[] = []
    const tellAbsent = (): void => {
      if (absent.length > 0 && open) wire.sendBodies(writeIds('absent', absent))
      reading -= absent.length
      absent = []
    }
    while (open && queue.length > 0) {
      const ids = queue.splice(0, limits.maxBatchReadAhead)
      reading += ids.length
      const found = await Promise.all(ids.map(async id => ({ id, body: await offer(id).catch(() => null) }))) // what fails looks like what is not held
      for (const { id, body } of found) {
        if (!await hasRoom()) return
        if (body !== null) {
          tellAbsent() // answers keep the order of the questions
          wire.sendBodies(writeBody(id, body))
          reading--
        } else if (absent.push(id) === MAX_BATCH_MESSAGE_IDS) {
          tellAbsent()
        }
      }
      if (queue.length === 0) tellAbsent()
    }
    busy = false
  }

  /** Waits until the connection took most of what it got; false when it is over. */
  async function hasRoom (): Promise<boolean> {
    if (open && link.queuedBytes() > limits.maxQueuedBytes && !await link.drained(limits.maxQueuedBytes, limits.batchStallMs)) wire.fault('STALLED')
    return open
  }

  return { close () { open = false; queue.length = 0 } }
}
