// Sessions about one month that somebody waits for, beside whatever else is under way: a long session with the same peer goes on
// and keeps nobody waiting, since its batches stand back (turns.ts).
import { FIRST_FRAME_TIMEOUT_MS, FOREGROUND_PEERS, MAX_ASIDES, MAX_INBOUND_ASIDES, MAX_INBOUND_ASIDES_PER_PEER } from '../limits.ts'
import type { CommunityAddress, Period, Transport } from '../model.ts'
import { createSemaphore } from '../semaphore.ts'
import { SYNC_PROTOCOL } from './frames.ts'
import { SilentPeerError } from './patience.ts'
import type { PeerBook } from './peer-book.ts'
import { withDeadline } from './scheduler.ts'
import { FAILED, initiateSession, type SessionOptions, type SessionResult } from './session.ts'
import type { SessionProgress } from './session-shards.ts'

export interface Asides {
  /**
   * Asks peers, a few at a time and those in good standing first, until one has the month alike, or all were asked. Peers' faults
   * are in the results. Ends with the signal, without an error.
   */
  ask (community: CommunityAddress, period: Period, peers: readonly string[], signal: AbortSignal): Promise<AsideResult[]>
  /** Registers one that a peer begins; undefined where there is one with it already, or too many. */
  admit (community: CommunityAddress, peer: string, signal: AbortSignal): { readonly signal: AbortSignal, readonly onProgress: (progress: SessionProgress) => void, readonly done: (result: SessionResult) => void } | undefined
  /** Everything under way, for `close`. */
  finished (): Promise<unknown>[]
}

export interface AsideResult { readonly peer: string, readonly result: SessionResult }

export interface AsideOptions {
  readonly transport: Pick<Transport, 'open'>
  readonly peers: PeerBook
  readonly session: Omit<SessionOptions, 'channel' | 'peer' | 'signal' | 'onProgress' | 'allowSalt' | 'only'>
  readonly onProgress: (community: CommunityAddress, progress: SessionProgress) => void
  /** Told of every end. */
  readonly onEnd: (community: CommunityAddress, peer: string, result: SessionResult) => void
}

export function createAsides ({ transport, peers, session, onProgress, onEnd }: AsideOptions): Asides {
  const atOnce = createSemaphore(MAX_ASIDES)
  const outbound = new Map<string, Promise<SessionResult>>()
  const inbound = new Map<string, Promise<void>>()

  const run = async (community: CommunityAddress, period: Period, peer: string, signal: AbortSignal): Promise<SessionResult> => await atOnce(async () => {
    let result: SessionResult = FAILED
    try {
      const channel = await withDeadline(session.scheduler, FIRST_FRAME_TIMEOUT_MS, signal, async signal => await transport.open(peer, SYNC_PROTOCOL, { signal }),
        () => new SilentPeerError(`no channel after ${FIRST_FRAME_TIMEOUT_MS} ms`))
      result = await initiateSession({ ...session, channel, peer, community, signal, only: period, onProgress: progress => { onProgress(community, progress) }, allowSalt: () => peers.allowSalt(peer) })
    } catch (error) {
      result = { ...FAILED, error: error instanceof Error ? error.message : String(error), ...error instanceof SilentPeerError ? { silent: true } : {} }
    }
    onEnd(community, peer, result)
    return result
  })

  return {
    async ask (community, period, asked, signal) {
      const results: AsideResult[] = []
      const waiting = asked.filter(peer => !peers.isBlamed(peer)).sort((a, b) => Number(peers.standing(b) === 'good') - Number(peers.standing(a) === 'good'))
      const isHad = (): boolean => results.some(({ result }) => result.status === 'done' && result.shards.some(({ equal }) => equal))
      const worker = async (): Promise<void> => {
        for (let peer = waiting.shift(); peer !== undefined && !signal.aborted && !isHad(); peer = waiting.shift()) {
          const key = `${community}/${period}/${peer}`
          const begin = (): Promise<SessionResult> => {
            const running = run(community, period, peer, signal).finally(() => { outbound.delete(key) })
            outbound.set(key, running)
            return running
          }
          const others = outbound.get(key)
          const result = await (others ?? begin())
          // Somebody else began it, and perhaps waits no longer.
          const isOver = others === undefined || result.status !== 'failed' || signal.aborted
          results.push({ peer, result: isOver ? result : await (outbound.get(key) ?? begin()) })
        }
      }
      await Promise.all(Array.from({ length: FOREGROUND_PEERS }, worker))
      return results
    },
    admit (community, peer, signal) {
      const key = `${community}/${peer}`
      const ofPeer = [...inbound.keys()].filter(key => key.endsWith(`/${peer}`)).length
      if (inbound.has(key) || inbound.size >= MAX_INBOUND_ASIDES || ofPeer >= MAX_INBOUND_ASIDES_PER_PEER || peers.isBlamed(peer)) return undefined
      let end = (): void => {}
      inbound.set(key, new Promise(resolve => { end = resolve }))
      return {
        signal,
        onProgress: progress => { onProgress(community, progress) },
        done (result) {
          inbound.delete(key)
          end()
          onEnd(community, peer, result)
        }
      }
    },
    finished: () => [...outbound.values(), ...inbound.values()]
  }
}
