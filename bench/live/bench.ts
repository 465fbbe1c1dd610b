import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, quantile, type Suite } from '../support/suite.ts'
import type { Rendering } from './peer.ts'

const POSTS = 50
const COMMENTS = 100
const VOTES = 100
const WARM_UP = 20
/** Longer than the pace of a live query, so that each vote is shown on its own. */
const PAUSE_MS = 25
/** What an envelope with one vote is about as long as. */
const ENVELOPE_BYTES = 250

/** `callMs`: from the voter's call until it is shown. `wayMs`: the same from when it was on the voter's disk. `messageMs`: of a bare message right after it. */
type Sample = Rendering & { readonly callMs: number, readonly wayMs: number, readonly messageMs: number }

export const suite: Suite = {
  name: 'live',
  async run () {
    await using folder = await createFolder()
    await using author = startChild(new URL('peer.ts', import.meta.url))
    await using voter = startChild(new URL('peer.ts', import.meta.url))
    const peer = await author.call<string>('start', `${folder.path}/author`)
    await voter.call('start', `${folder.path}/voter`)
    const filled = await author.call<{ community: string, posts: string[] }>('fill', { posts: POSTS, comments: COMMENTS })
    await voter.call('join', { ...filled, peer })

    await using publisher = startChild(new URL('../latency/bare-peer.ts', import.meta.url))
    await using subscriber = startChild(new URL('../latency/bare-peer.ts', import.meta.url))
    const bare = await publisher.call<string>('start', { folder: `${folder.path}/publisher`, bodyBytes: 0 })
    await subscriber.call('start', { folder: `${folder.path}/subscriber`, bodyBytes: 0 })
    await subscriber.call('connect', bare)
    await publisher.call('ready')

    /** Milliseconds of one gossipsub message. */
    async function send (): Promise<number> {
      const message = new Uint8Array(randomBytes(ENVELOPE_BYTES))
      const beganMs = await publisher.call<number>('publish', message)
      return await subscriber.call<number>('heard', Buffer.from(message).toString('hex')) - beganMs
    }

    async function measure (what: 'feed' | 'thread'): Promise<Sample[]> {
      await author.call('watch', what)
      const samples: Sample[] = []
      for (let n = 0; n < VOTES + WARM_UP; n++) {
        await sleep(PAUSE_MS)
        // Each vote is another one than the post has, so that every one changes something.
        const [post, round] = what === 'feed' ? [n % POSTS, Math.floor(n / POSTS)] : [0, n]
        const { beganMs, storedMs } = await voter.call<{ beganMs: number, storedMs: number }>('vote', { post, value: (what === 'feed' ? round : round + 1) % 2 === 0 ? 'up' : 'down' })
        const sample = await author.call<Rendering>('rendering', n + 1)
        const messageMs = await send()
        if (n >= WARM_UP) samples.push({ ...sample, callMs: sample.shownMs - beganMs, wayMs: sample.shownMs - storedMs, messageMs })
      }
      return samples
    }

    const cases = (what: string, samples: readonly Sample[], figure: 'liveMs' | 'callMs' | 'wayMs', reference: 'onceMs' | 'messageMs'): ReturnType<typeof caseOf>[] => [0.5, 0.95].map(q => caseOf(
      `${what}, ${q === 0.5 ? 'median' : 'p95'}`,
      quantile(samples.map(sample => sample[figure]), q), 'ms',
      { name: reference === 'onceMs' ? 'asked for anew' : 'a bare gossipsub message', value: quantile(samples.map(sample => sample[reference]), q) }
    ))
    const feed = await measure('feed')
    return [
      ...cases('a vote in a feed of 50', feed, 'liveMs', 'onceMs'),
      ...cases('a vote in a thread of 100', await measure('thread'), 'liveMs', 'onceMs'),
      ...cases('a vote from one disk into another peer\'s feed', feed, 'wayMs', 'messageMs'),
      ...cases('the same from the voter\'s call', feed, 'callMs', 'messageMs')
    ]
  }
}
