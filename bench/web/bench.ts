import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, quantile, type Suite } from '../support/suite.ts'
import { measureCrowd } from './crowding.ts'
import { measureMeeting } from './meeting.ts'
import type { PreparedFolder } from './preparer.ts'
import { measureThread } from './reading.ts'
import { measureBareRows, measureBareStart, measureBareThread } from './references.ts'
import { startSeedbox } from './seedbox.ts'
import { measureStart, type Start } from './starting.ts'

const BUILD = fileURLToPath(new URL('../../tools/build-web.ts', import.meta.url))
const POSTS = { small: 1000, large: 10_000 }
const COMMENTS = 1000
const STARTS = 5
const READERS = 3
const MB = 1e6

export const suite: Suite = {
  name: 'web',
  async run () {
    execFileSync(process.execPath, ['--conditions=source', BUILD], { stdio: ['ignore', 'ignore', 'inherit'] })
    await using folder = await createFolder()
    const { communities, thread } = await prepare(`${folder.path}/seedbox`)
    const { small, large } = communities
    if (small === undefined || large === undefined) throw new Error('a community is missing')
    await using seedbox = await startSeedbox(`${folder.path}/seedbox`)
    const starts: Start[] = []
    const bareStarts: Array<{ coldMs: number, warmMs: number }> = []
    for (let run = 0; run < STARTS; run++) { // by turns, so that whatever else the machine does meets both alike
      starts.push(await measureStart(seedbox, small))
      bareStarts.push(await measureBareStart(POSTS.small))
    }
    const meeting = await measureMeeting(seedbox, small)
    const reads: Array<{ screenMs: number, allMs: number }> = []
    const bareReads: number[] = []
    for (let run = 0; run < READERS; run++) {
      reads.push(await measureThread(seedbox, thread))
      bareReads.push(await measureBareThread(Array.from({ length: COMMENTS }, (_, n) => `${n} ${'text '.repeat(100)}`)))
    }
    const crowd = await measureCrowd(seedbox, 'large', large)
    const bareRows = await measureBareRows(POSTS.large)
    const middle = <T>(runs: readonly T[], figure: (run: T) => number): number => quantile(runs.map(figure), 0.5)
    const json = (value: number): { name: string, value: number } => ({ name: 'JSON over HTTP, in IndexedDB', value })
    const dial = { name: 'bare RTCPeerConnection', value: meeting.bare.dialMs }
    const message = { name: 'a message over a bare data channel', value: meeting.bare.messageMs }
    const texts = { name: 'the texts as one JSON document', value: middle(bareReads, ms => ms) }
    const press = { name: 'a press that draws 40 plain rows', value: bareRows.pressMs }
    const { heaps } = crowd
    return [
      caseOf('1,000 posts, 10,000 votes: first row in a new profile', middle(starts, ({ coldMs }) => coldMs), 'ms', json(middle(bareStarts, ({ coldMs }) => coldMs))),
      caseOf('the same profile again', middle(starts, ({ warmMs }) => warmMs), 'ms', json(middle(bareStarts, ({ warmMs }) => warmMs))),
      caseOf('the same profile again: its peer has answered', middle(starts, ({ answerMs }) => answerMs), 'ms', json(middle(bareStarts, ({ warmMs }) => warmMs))),
      caseOf('dial from page to page', meeting.dialMs, 'ms', dial),
      caseOf('second page runs until both are connected directly', meeting.directMs, 'ms', dial),
      caseOf('a vote in one page drawn in the other, median', meeting.voteMs, 'ms', message),
      caseOf('the same, 90th percentile', meeting.slowVoteMs, 'ms', message),
      caseOf('the same where the voter fetches the body first, median', meeting.fetchedVoteMs, 'ms', message),
      caseOf('thread of 1,000 comments: first screen', middle(reads, ({ screenMs }) => screenMs), 'ms', texts),
      caseOf('all its texts drawn', middle(reads, ({ allMs }) => allMs), 'ms', texts),
      caseOf('10,000 posts, 100,000 votes: heap of page and worker', (heaps.page.used + heaps.worker.used + heaps.page.buffers + heaps.worker.buffers) / MB, 'MB', { name: 'the rows as objects', value: bareRows.heapBytes / MB }),
      caseOf('input to next paint while they arrive, 90th percentile', crowd.arrivingMs, 'ms', press),
      caseOf('input to next paint when they are here, 90th percentile', crowd.settledMs, 'ms', press)
    ]
  }
}

async function prepare (folder: string): Promise<PreparedFolder> {
  await using preparer = startChild(new URL('preparer.ts', import.meta.url))
  return await preparer.call<PreparedFolder>('folder', { folder, posts: POSTS, comments: COMMENTS })
}
