// Two shards of 100,000 authors, of whom 100 wrote something that the other side has not: what it takes to find out which.
import { createHash } from 'node:crypto'
import { createDocument, type HeldEnvelope } from '../../packages/crdt-index/src/documents/document.ts'
import { EnvelopeKind, type AuthorId, type CommunityAddress, type EnvelopeHash } from '../../packages/crdt-index/src/model.ts'
import { createShard, type Shard } from '../../packages/crdt-index/src/shards/shard.ts'
import type { ItemSet } from '../../packages/crdt-index/src/sync/item-set.ts'
import { createReconciliation } from '../../packages/crdt-index/src/sync/reconcile.ts'
import { answer } from '../support/child.ts'
import { quantile } from '../support/suite.ts'

export interface Exchange {
  readonly messages: number
  readonly kilobytes: number
  readonly cpuMs: number
  readonly listKilobytes: number
  readonly listCpuMs: number
  readonly afterOneMs: number
  readonly anewMs: number
}

const AUTHORS = 100_000
const BEHIND = 100
const RUNS = 15
const WARM_UP = 15
const COMMUNITY = 'c'.repeat(64) as CommunityAddress
const PERIOD = 202601

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function hold (shard: Shard, author: number, version: number): void {
  const id = hashOf(`author ${author}`) as AuthorId
  const document = shard.document(id, 0)
  const hash = hashOf(`envelope ${author} ${version}`) as EnvelopeHash
  const removed = [...document.held.keys()]
  const envelope: HeldEnvelope = { hash, device: 1, seq: version, kind: EnvelopeKind.snapshot, from: 0, to: version, others: null, seen: new Map([[1, version]]), timeMs: version, updateLength: 100, byteLength: 300 }
  document.held = new Map([[hash, envelope]])
  shard.held(document, [hash], removed)
}

function shardOf (behind: boolean): Shard {
  const shard = createShard(COMMUNITY, PERIOD, null)
  for (let author = 0; author < AUTHORS; author++) hold(shard, author, !behind && author % (AUTHORS / BEHIND) === 0 ? 2 : 1)
  return shard
}

/** Ready to be compared. */
function setOf (shard: Shard): void {
  const items = shard.items()
  items.fingerprint(0, items.size)
}

/** As one side tells the other and is answered, until nothing is left to say. */
function reconcile (mine: ItemSet, theirs: ItemSet): { messages: number, bytes: number, missing: number } {
  const [one, other] = [createReconciliation({ set: mine }), createReconciliation({ set: theirs })]
  let message: Uint8Array | null = one.start()
  let messages = 0
  let bytes = 0
  const missing = { one: 0, other: 0 }
  for (let turn = 0; message !== null; turn++) {
    messages++
    bytes += message.length
    const step: ReturnType<typeof one.receive> = (turn % 2 === 0 ? other : one).receive(message)
    missing[turn % 2 === 0 ? 'other' : 'one'] += step.need.length
    message = step.reply
  }
  if (missing.one !== BEHIND || missing.other !== BEHIND) throw new Error(`${missing.one} and ${missing.other} differences`)
  return { messages, bytes, missing: missing.one }
}

/** What a list of all hashes takes one side. */
function compare (mine: Shard, theirs: Shard): number {
  const known = new Set([...mine.items()].map(item => Buffer.from(item).toString('latin1')))
  return [...theirs.items()].filter(item => !known.has(Buffer.from(item).toString('latin1'))).length
}

answer({
  measure (): Exchange {
    const [behind, ahead] = [shardOf(true), shardOf(false)]
    const [mine, theirs] = [behind.items(), ahead.items()]
    const times = { exchange: [] as number[], list: [] as number[], afterOne: [] as number[], anew: [] as number[] }
    const timed = (samples: number[], work: () => void): void => {
      const before = cpuMs()
      work()
      samples.push(cpuMs() - before)
    }
    let found = { messages: 0, bytes: 0, missing: 0 }
    for (let run = 0; run < WARM_UP; run++) reconcile(mine, theirs)
    for (let run = 0; run < RUNS; run++) {
      globalThis.gc?.()
      timed(times.exchange, () => { found = reconcile(mine, theirs) })
      timed(times.list, () => { compare(behind, ahead) })
      hold(behind, 5, 10 + run)
      timed(times.afterOne, () => {
        behind.summary()
        setOf(behind)
      })
      timed(times.anew, () => {
        const again = createShard(COMMUNITY, PERIOD, null)
        for (const document of behind.all()) {
          const copy = createDocument(document.id)
          copy.held = document.held
          again.held(copy, [...document.held.keys()], [])
        }
        again.summary()
        setOf(again)
      })
    }
    return {
      messages: found.messages,
      kilobytes: found.bytes / 1000,
      cpuMs: quantile(times.exchange, 0.5),
      listKilobytes: AUTHORS * 32 / 1000,
      listCpuMs: quantile(times.list, 0.5),
      afterOneMs: quantile(times.afterOne, 0.5),
      anewMs: quantile(times.anew, 0.5)
    }
  }
})
