import path from 'node:path'
import { bundle, openProfile, serveFolder } from '../../test/browser/harness.ts'
import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import type { SnapshotPlan } from '../support/snapshots.ts'
import { caseOf, quantile, type Case, type Suite } from '../support/suite.ts'
import type { Held } from './holder.ts'
import type { Joined, Joining } from './newcomer.ts'
import type { PageJoining, PagePeer } from './page.ts'
import { traceTasks, type Tasks } from './page-tasks.ts'

const SMALL: SnapshotPlan = { authors: 1000, votesEach: 50, checkpoints: true }
const MILLION: SnapshotPlan = { authors: 10_000, votesEach: 100, checkpoints: true }
const RUNS = 3

export const suite: Suite = {
  name: 'stall',
  async run () {
    await using scratch = await createFolder()
    const cases: Case[] = []
    for (const [name, plan] of [['50,000 votes', SMALL], ['1,000,000 votes', MILLION]] as const) {
      await using holder = startChild(new URL('holder.ts', import.meta.url))
      const held = await holder.call<Held>('prepare', plan)
      const beside: Joined[][] = []
      const here: Joined[][] = []
      for (let run = 0; run < RUNS; run++) { // by turns, so that whatever else the machine does meets both alike
        for (const [runs, threads] of [[beside, true], [here, false]] as const) {
          await using newcomer = startChild(new URL('newcomer.ts', import.meta.url))
          const { joining, closing, opening } = await newcomer.call<{ joining: Joined, closing: Joined, opening: Joined }>('join', { ...held, peer: held.tcp, folder: `${scratch.path}/${name}-${run}-${threads}`, votes: plan.authors * plan.votesEach, threads } satisfies Joining)
          runs.push([joining, closing, opening])
        }
      }
      const middle = (runs: readonly Joined[][], stage: number, figure: 'seconds' | 'longestMs' | 'longestBusyMs' | 'busySeconds'): number => quantile(runs.map(run => run[stage]?.[figure] ?? Infinity), 0.5)
      const without = 'without threads'
      cases.push(
        caseOf(`${name}: longest turn of the loop, its processor time`, middle(beside, 0, 'longestBusyMs'), 'ms', { name: without, value: middle(here, 0, 'longestBusyMs') }),
        caseOf(`${name}: longest delay of a timer`, middle(beside, 0, 'longestMs'), 'ms', { name: without, value: middle(here, 0, 'longestMs') }),
        caseOf(`${name}: processor time of the main thread`, middle(beside, 0, 'busySeconds'), 's', { name: without, value: middle(here, 0, 'busySeconds') }),
        caseOf(`${name}: until all are here`, middle(beside, 0, 'seconds'), 's', { name: without, value: middle(here, 0, 'seconds') }),
        caseOf(`${name}: longest turn while closing`, middle(beside, 1, 'longestBusyMs'), 'ms', { name: without, value: middle(here, 1, 'longestBusyMs') }),
        caseOf(`${name}: longest turn at the next start`, middle(beside, 2, 'longestBusyMs'), 'ms', { name: without, value: middle(here, 2, 'longestBusyMs') })
      )
      if (plan === SMALL) cases.push(...await inPage(scratch.path, held))
    }
    return cases
  }
}

async function inPage (folder: string, held: Held): Promise<Case[]> {
  await bundle({ page: path.join(import.meta.dirname, 'page.ts') }, folder, { minify: true })
  await using server = await serveFolder(folder)
  const joined = async (threads: boolean): Promise<Tasks & { readonly seconds: number }> => {
    await using profile = await openProfile()
    const page = await profile.open(server.url)
    const joining: PageJoining = { name: 'stall', community: held.community, peer: held.ws, digest: held.digest, threads }
    await page.evaluate(async joining => {
      const { start } = await import(`${location.origin}/page.js`) as { start (joining: PageJoining): Promise<PagePeer> }
      Object.assign(globalThis, { peer: await start(joining) })
    }, joining)
    const { result: seconds, tasks } = await traceTasks(profile.context, page, async () => await page.evaluate(async () => await (globalThis as typeof globalThis & { peer: PagePeer }).peer.join()))
    if (profile.errors.length > 0) throw new Error(profile.errors.join('\n'))
    return { seconds, ...tasks }
  }
  const beside: Array<Awaited<ReturnType<typeof joined>>> = []
  const here: typeof beside = []
  for (let run = 0; run < RUNS; run++) {
    beside.push(await joined(true))
    here.push(await joined(false))
  }
  const middle = (runs: typeof beside, figure: keyof typeof runs[number]): number => quantile(runs.map(run => run[figure]), 0.5)
  const reference = (figure: keyof typeof here[number]): { name: string, value: number } => ({ name: 'without threads', value: middle(here, figure) })
  return [
    caseOf('50,000 votes in a page: longest task, its processor time', middle(beside, 'longestBusyMs'), 'ms', reference('longestBusyMs')),
    caseOf('50,000 votes in a page: longest task by the clock', middle(beside, 'longestMs'), 'ms', reference('longestMs')),
    caseOf('50,000 votes in a page: until all are here', middle(beside, 'seconds'), 's', reference('seconds'))
  ]
}
