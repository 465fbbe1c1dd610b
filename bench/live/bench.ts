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

    async function measure (what: 'feed' | 'thread'): Promise<Rendering[]> {
      await author.call('watch', what)
      const samples: Rendering[] = []
      for (let n = 0; n < VOTES + WARM_UP; n++) {
        await sleep(PAUSE_MS)
        // Each vote is another one than the post has, so that every one changes something.
        const [post, round] = what === 'feed' ? [n % POSTS, Math.floor(n / POSTS)] : [0, n]
        await voter.call('vote', { post, value: (what === 'feed' ? round : round + 1) % 2 === 0 ? 'up' : 'down' })
        const sample = await author.call<Rendering>('rendering', n + 1)
        if (n >= WARM_UP) samples.push(sample)
      }
      return samples
    }

    const cases = (what: string, samples: readonly Rendering[]): ReturnType<typeof caseOf>[] => [0.5, 0.95].map(q => caseOf(
      `${what}, ${q === 0.5 ? 'median' : 'p95'}`,
      quantile(samples.map(({ liveMs }) => liveMs), q), 'ms',
      { name: 'asked for anew', value: quantile(samples.map(({ onceMs }) => onceMs), q) }
    ))
    return [
      ...cases('a vote in a feed of 50', await measure('feed')),
      ...cases('a vote in a thread of 100', await measure('thread'))
    ]
  }
}
