// The answering side of the protocol: a channel begins with `hello` or with `get`.
import { CrdtIndexError } from '../errors.ts'
import { FIRST_FRAME_TIMEOUT_MS, MAX_INBOUND_GETS, MAX_INBOUND_GETS_PER_PEER, MAX_INBOUND_SESSIONS, MAX_INBOUND_SESSIONS_PER_PEER, PULL_TIMEOUT_MS, SESSION_TIMEOUT_MS } from '../limits.ts'
import type { AbortOptions, Channel, CommunityAddress, Period, Transport } from '../model.ts'
import { hexToBytes } from '../identity/encoding.ts'
import { createFrameChannel, type FrameChannel } from './frame-channel.ts'
import { SYNC_PROTOCOL, type Frame } from './frames.ts'
import type { PeerBook } from './peer-book.ts'
import { withDeadline } from './scheduler.ts'
import { findCommunity, respondSession, type SessionOptions, type SessionResult } from './session.ts'
import type { SessionProgress } from './session-shards.ts'
import { answerWant } from './transfer.ts'
import { createSessionTurns } from './turns.ts'

export type AnswerOptions = Pick<SessionOptions, 'replica' | 'itemSets' | 'claims' | 'explained' | 'turns' | 'format' | 'scheduler' | 'randomBytes'> & {
  readonly peers: PeerBook
  /** Ends everything that is under way. */
  readonly signal: AbortSignal
  /** Registers a session that a peer begins; undefined where there is one with it already. */
  readonly admit: (community: CommunityAddress, peer: string, only: Period | null) => {
    readonly signal: AbortSignal
    readonly onProgress: (progress: SessionProgress) => void
    readonly done: (result: SessionResult) => void
  } | undefined
}

/** The handler of SYNC_PROTOCOL. */
export function createAnswerer (options: AnswerOptions): (channel: Channel, from: string) => Promise<void> {
  const { turns = createSessionTurns() } = options
  let sessions = 0
  const sessionsOf = new Map<string, number>()
  let gets = 0
  const getsOf = new Map<string, number>()

  const count = (peer: string, difference: 1 | -1): void => {
    sessions += difference
    countOf(sessionsOf, peer, difference)
  }
  /** Who has many communities in common leaves room for those who have one. */
  const hasRoom = (peer: string): boolean =>
    sessions < ((sessionsOf.get(peer) ?? 0) < MAX_INBOUND_SESSIONS_PER_PEER ? MAX_INBOUND_SESSIONS : MAX_INBOUND_SESSIONS / 2)

  const answerSession = async (channel: Channel, frames: FrameChannel, from: string, hello: Frame & { type: 'hello' }): Promise<void> => {
    const community = findCommunity(options.replica, hello.address)
    if (community === undefined) return await refuse(channel, frames, 'unknown')
    const admitted = hello.only !== null || hasRoom(from) ? options.admit(community, from, hello.only) : undefined
    if (admitted === undefined) return await refuse(channel, frames, 'busy')
    if (hello.only === null) count(from, 1)
    try {
      admitted.done(await respondSession({ ...options, turns, channel, peer: from, community, hello, signal: admitted.signal, onProgress: admitted.onProgress, allowSalt: () => options.peers.allowSalt(from) }))
    } finally {
      if (hello.only === null) count(from, -1)
    }
  }

  const answerGets = async (channel: Channel, frames: FrameChannel, from: string, first: Frame & { type: 'get' }, signal: AbortSignal): Promise<void> => {
    for (let get: typeof first | null = first; get !== null; get = await frames.receive('get')) {
      const community = findCommunity(options.replica, get.address)
      if (community === undefined) return await refuse(channel, frames, 'unknown')
      const counts = { received: 0, sent: 0, rejected: 0, ignored: 0, early: 0, missing: 0, covered: 0 }
      const turn = { community, peer: from, isForeground: () => false }
      const answer = async <T>(work: () => Promise<T>): Promise<T> => await turns.answers.take(turn, signal, work)
      await answerWant({ answer, channel: frames, replica: options.replica, community, counts }, get.period, get)
    }
    await channel.close()
  }

  /** Answers that nobody reads are held, so that there are only so many. */
  const answerSomeGets = async (channel: Channel, frames: FrameChannel, from: string, first: Frame & { type: 'get' }, signal: AbortSignal): Promise<void> => {
    const ofPeer = getsOf.get(from) ?? 0
    if (gets >= MAX_INBOUND_GETS || ofPeer >= MAX_INBOUND_GETS_PER_PEER) return await refuse(channel, frames, 'busy')
    gets++
    countOf(getsOf, from, 1)
    try {
      await answerGets(channel, frames, from, first, signal)
    } finally {
      gets--
      countOf(getsOf, from, -1)
    }
  }

  return async (channel, from) => {
    try {
      await withDeadline(options.scheduler, SESSION_TIMEOUT_MS, options.signal, async signal => {
        const frames = createFrameChannel({ channel, scheduler: options.scheduler, signal, firstTimeoutMs: FIRST_FRAME_TIMEOUT_MS })
        if (!options.peers.allow(from)) {
          if (options.peers.allowRefusal(from)) return await refuse(channel, frames, 'busy')
          if (!options.peers.isBlamed(from)) options.peers.blame(from, 'fault')
          throw new CrdtIndexError('BAD_FRAME', 'sync: channels without end')
        }
        const first = await frames.expect('hello', 'get')
        await (first.type === 'hello' ? answerSession(channel, frames, from, first) : answerSomeGets(channel, frames, from, first, signal))
      })
    } catch (error) {
      channel.abort(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

function countOf (counts: Map<string, number>, peer: string, difference: 1 | -1): void {
  const count = (counts.get(peer) ?? 0) + difference
  if (count > 0) counts.set(peer, count)
  else counts.delete(peer)
}

async function refuse (channel: Channel, frames: FrameChannel, type: 'unknown' | 'busy'): Promise<void> {
  await frames.send({ type })
  await channel.close()
}

export interface FetchEnvelopeOptions extends AbortOptions, Pick<SessionOptions, 'scheduler'> {
  readonly transport: Pick<Transport, 'open'>
  readonly peer: string
  readonly community: CommunityAddress
  readonly period: Period
  readonly hash: Uint8Array
}

/** Asks a peer for one envelope; undefined where it does not hold it or takes no part. Fails when the peer does. */
export async function fetchEnvelope ({ transport, peer, community, period, hash, scheduler, signal }: FetchEnvelopeOptions): Promise<Uint8Array | undefined> {
  return await withDeadline(scheduler, PULL_TIMEOUT_MS, signal, async signal => {
    const channel = await transport.open(peer, SYNC_PROTOCOL, { signal })
    try {
      const frames = createFrameChannel({ channel, scheduler, signal })
      await frames.send({ type: 'get', address: hexToBytes(community), period, hashes: [hash] })
      const answer = await frames.expect('envelopes', 'unknown', 'busy')
      await channel.close()
      const [envelope] = answer.type === 'envelopes' ? answer.envelopes : []
      return envelope instanceof Uint8Array ? envelope : undefined
    } catch (error) {
      channel.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  })
}
