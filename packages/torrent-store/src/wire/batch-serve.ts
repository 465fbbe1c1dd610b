// The serving side of sb_bodies (docs/sb_bodies.md), over a connection that began as that of one torrent: first looks
// for what is wanted, so that absence is told at once; then reads and sends what is there, the highest priority first.
// Both in turns with the other connections of the store. What may not be served looks like what is not held.
import { platform } from '#platform'
import { deferred } from '../deferred.ts'
import { MAX_BATCH_QUEUED_IDS, MAX_BODY_BYTES, RULE_TURN_MS, type TorrentStoreLimits } from '../limits.ts'
import { refOf } from '../metainfo.ts'
import type { InfoHash } from '../torrent-ref.ts'
import { frameBodies, readBatchMessage, writeIds } from './batch-message.ts'
import type { BatchShare, BatchTurns } from './batch-turns.ts'
import type { BoundedWire } from './bounded-wire.ts'
import type { Link } from './link.ts'

/** Where many bodies are looked for and read at once. */
export interface BatchSource {
  /** As many answers, in order; undefined: not held. */
  lengthsOf (infoHashes: readonly InfoHash[]): Promise<Array<number | undefined>>
  getMany (infoHashes: readonly InfoHash[]): Promise<Array<Uint8Array | undefined>>
  get (infoHash: InfoHash): Promise<Uint8Array | undefined>
}

export interface BatchServeOptions {
  readonly wire: BoundedWire
  readonly link: Link
  readonly limits: TorrentStoreLimits
  readonly source: BatchSource
  /** Whether this connection may have it; a rule that fails is a no, and so is one without an answer for `limits.handshakeTimeoutMs`. */
  mayServe (infoHash: InfoHash): boolean | Promise<boolean>
  /** One for all connections of a store. */
  readonly turns: BatchTurns
}

export interface BatchServing {
  /** The connection is over. */
  close (): void
}

/** One infohash that was asked for and is not answered. */
interface Question {
  readonly id: InfoHash
  priority: number
  /** Of the body in bytes; null: not looked for yet. */
  length: number | null
  /** Cancelled or answered. */
  over: boolean
}

/** Bytes of a body message around the body: length prefix, two ids, type, infohash. */
const FRAME_BYTES = 4 + 2 + 1 + 20

/** Announces the extension on `wire` and serves it. Call before `handshake`. */
export function serveBatch ({ wire, link, limits, source, mayServe, turns }: BatchServeOptions): BatchServing {
  /** In the order of asking. */
  let questions: Question[] = []
  let asked = 0
  let open = true
  let looking = false
  let reading = false
  let share: BatchShare | null = null

  wire.useBodies(payload => {
    const message = readBatchMessage(payload)
    if (message === null || message.type === 'body' || message.type === 'absent' || !wire.peerSpeaksBodies) wire.fault('BAD_PROTOCOL')
    else if (message.type === 'want') want(message.ids, message.priority)
    else if (message.type === 'raise') raise(new Set(message.ids), message.priority)
    else if (message.type === 'cancel') cancel(new Set(message.ids))
  })

  function want (ids: readonly InfoHash[], priority: number): void {
    asked += ids.length
    if (questions.length + ids.length > MAX_BATCH_QUEUED_IDS || asked > limits.maxBatchIds) { wire.fault('TOO_MANY_BYTES'); return }
    wire.allow({ outboundBytes: ids.length * (MAX_BODY_BYTES + FRAME_BYTES) })
    for (const id of ids) questions.push({ id, priority, length: null, over: false })
    share ??= turns.join()
    look()
  }

  function raise (ids: ReadonlySet<InfoHash>, priority: number): void {
    for (const question of questions) if (ids.has(question.id)) question.priority = priority
  }

  function cancel (ids: ReadonlySet<InfoHash>): void {
    for (const question of questions) if (ids.has(question.id)) question.over = true
    forget()
  }

  function forget (): void {
    questions = questions.filter(({ over }) => !over)
  }

  /** The highest priority first, then the order of asking: the sort is stable. */
  function best (isFit: (question: Question) => boolean, most: number): Question[] {
    return questions.filter(isFit).sort((a, b) => b.priority - a.priority).slice(0, most)
  }

  /** Tells what is absent. It waits behind what the connection was given already, and behind nothing else. */
  function look (): void {
    if (looking || !open || !questions.some(({ length }) => length === null)) return
    looking = true
    void inTurn(maxBytes(), lookUpBlock)
  }

  async function lookUpBlock (): Promise<void> {
    const block = open ? best(({ length }) => length === null, limits.maxBatchLookups) : []
    const lengths = await source.lengthsOf(block.map(({ id }) => id)).catch((): undefined[] => [])
    await within(decide(block, lengths).catch(link.close), RULE_TURN_MS)
  }

  async function decide (block: readonly Question[], lengths: ReadonlyArray<number | undefined>): Promise<void> {
    const may = await allowed(block.map(({ id }) => id), lengths)
    for (const [i, question] of block.entries()) question.length = may[i] === true ? lengths[i] ?? null : null
    tellAbsent(block.filter(({ length, over }) => length === null && !over))
    looking = false
    look()
    read()
  }

  /** Whether each is held and may be served. */
  async function allowed (ids: readonly InfoHash[], lengths: ReadonlyArray<number | undefined>): Promise<boolean[]> {
    const late = deferred<false>()
    const timer = setTimeout(() => { late.resolve(false) }, limits.handshakeTimeoutMs)
    platform.unref(timer)
    const answers = await Promise.all(ids.map(async (id, i) => {
      try {
        return lengths[i] !== undefined && await Promise.race([mayServe(id), late.promise])
      } catch {
        return false
      }
    }))
    clearTimeout(timer)
    return answers
  }

  function tellAbsent (gone: readonly Question[]): void {
    if (gone.length === 0) return
    for (const question of gone) question.over = true
    forget()
    if (open) wire.sendBodies(writeIds('absent', gone.map(({ id }) => id)))
  }

  function read (): void {
    if (reading || !open || !questions.some(isThere)) return
    reading = true
    void inTurn(maxBytes() / 2, readBlock)
  }

  /** Waits, without a turn, until the connection has at most so much to send; then takes a turn. */
  async function inTurn (maxQueuedBytes: number, turn: () => Promise<void>): Promise<void> {
    if (link.queuedBytes() > maxQueuedBytes && !await link.drained(maxQueuedBytes, limits.batchStallMs)) wire.fault('STALLED')
    if (open) turns.ask(async () => { await turn().catch(link.close) })
  }

  function maxBytes (): number {
    return share?.maxBytes() ?? 0
  }

  async function readBlock (): Promise<void> {
    const block = open ? fitting() : []
    const bodies = await bodiesOf(block.map(({ id }) => id))
    const found = block.flatMap(({ id: infoHash, over }, i) => {
      const body = bodies[i]
      return over || body === undefined || !isSound(infoHash, body) ? [] : [{ infoHash, body }]
    })
    const there = new Set(found.map(({ infoHash }) => infoHash))
    tellAbsent(block.filter(({ id, over }) => !over && !there.has(id)))
    for (const question of block) question.over = true
    forget()
    if (open && found.length > 0) wire.sendFrames(id => frameBodies(id, found))
    reading = false
    read()
  }

  /** What fits the share; the first one always. */
  function fitting (): Question[] {
    let room = maxBytes() - link.queuedBytes()
    const block = best(isThere, limits.maxBatchReads)
    const end = block.findIndex(({ length }) => (room -= length ?? 0) < 0)
    return end === -1 ? block : block.slice(0, Math.max(1, end))
  }

  async function bodiesOf (ids: readonly InfoHash[]): Promise<Array<Uint8Array | undefined>> {
    try {
      return await source.getMany(ids)
    } catch { // one that cannot be read must not take the others with it
      return await Promise.all(ids.map(async id => await source.get(id).catch(() => undefined)))
    }
  }

  return {
    close () {
      open = false
      questions = []
      share?.leave()
    }
  }
}

/** What was damaged in storage is absent. */
function isSound (infoHash: InfoHash, body: Uint8Array): boolean {
  return body.length > 0 && body.length <= MAX_BODY_BYTES && refOf(body).infoHash === infoHash
}

/** Resolves when `work` does, or after `ms`. */
async function within (work: Promise<void>, ms: number): Promise<void> {
  const over = deferred<void>()
  const timer = setTimeout(over.resolve, ms)
  platform.unref(timer)
  await Promise.race([work, over.promise])
  clearTimeout(timer)
}

function isThere ({ length }: Question): boolean {
  return length !== null
}
