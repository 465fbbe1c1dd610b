import { startChild, type Child } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, quantile, type Suite } from '../support/suite.ts'
import type { Crowd, PreparedCrowd } from './crowd.ts'
import type { Arrival } from './newcomer.ts'

const RUNS = 3
const MILLION: Crowd = { authors: 10_000, votes: 1_000_000, posts: 10_000, comments: 0, months: 1 }
const CROWDS = {
  town: { authors: 1000, votes: 50_000, posts: 1000, comments: 5000, months: 1 },
  month: MILLION,
  year: { ...MILLION, months: 12 }
} satisfies Record<string, Crowd>
type Name = keyof typeof CROWDS
const NAMES = Object.keys(CROWDS) as Name[]
/** A million events take the reference most of a minute a run; each costs the same. */
const EVENTS = 50_000

interface Held { readonly prepared: PreparedCrowd, readonly peer: string, readonly digest: string }

export const suite: Suite = {
  name: 'million',
  async run () {
    await using folder = await createFolder()
    await using owned = new AsyncDisposableStack()
    const start = (): Child => owned.use(startChild(new URL('holder.ts', import.meta.url)))
    const held = new Map<Name, Held>()
    for (const name of NAMES) {
      const prepared = await once<PreparedCrowd>('holder.ts', 'prepare', { folder: `${folder.path}/${name}`, crowd: CROWDS[name] })
      held.set(name, { prepared, ...await start().call<{ peer: string, digest: string }>('open', { folder: `${folder.path}/${name}`, community: prepared.community }) })
    }
    const log = await start().call<string>('openLog', { crowd: MILLION, votes: EVENTS })
    const doc = await start().call<string>('openDoc', MILLION)
    const arrivals = new Map<Name | 'log' | 'doc', Arrival[]>([...NAMES, 'log', 'doc'].map(name => [name as Name, []]))
    for (let run = 0; run < RUNS; run++) { // by turns, so that whatever else the machine does meets all alike
      for (const name of NAMES) arrivals.get(name)?.push(await arrive('join', CROWDS[name].votes, { folder: `${folder.path}/${name}-${run}`, ...held.get(name), votes: CROWDS[name].votes }))
      arrivals.get('log')?.push(await arrive('joinLog', EVENTS, log))
      arrivals.get('doc')?.push(await arrive('joinDoc', MILLION.votes, doc))
    }
    for (const [name, each] of arrivals) for (const arrival of each) process.stderr.write(`${name}: ${JSON.stringify(arrival)}\n`)
    const middle = (name: Name | 'log' | 'doc', figure: keyof Arrival): number => quantile((arrivals.get(name) ?? []).map(arrival => arrival[figure]), 0.5)
    const shared = (figure: keyof Arrival): { name: string, value: number } => ({ name: 'one shared unsigned Y.Doc', value: middle('doc', figure) })
    const events = (figure: keyof Arrival, votes: number): { name: string, value: number } => ({ name: 'an event signed for each vote', value: middle('log', figure) * votes / EVENTS })
    return [
      caseOf('50,000 votes and 5,000 comments of 1,000 authors', middle('town', 'seconds'), 's', events('seconds', CROWDS.town.votes)),
      caseOf('a million votes of 10,000 authors', middle('month', 'seconds'), 's', shared('seconds')),
      caseOf('a million votes, processor time', middle('month', 'cpuSeconds'), 's', events('cpuSeconds', MILLION.votes)),
      caseOf('a million votes, bytes received', middle('month', 'megabytes'), 'MB', shared('megabytes')),
      caseOf('a million votes, most memory', middle('month', 'peakMegabytes'), 'MB', shared('peakMegabytes')),
      caseOf('a million votes, memory kept', middle('month', 'keptMegabytes'), 'MB', shared('keptMegabytes')),
      caseOf('over twelve months', middle('year', 'seconds'), 's', shared('seconds')),
      caseOf('over twelve months, until the newest is there', middle('year', 'newestSeconds'), 's', shared('seconds')),
      caseOf('over twelve months, processor time', middle('year', 'cpuSeconds'), 's', events('cpuSeconds', MILLION.votes)),
      caseOf('over twelve months, bytes received', middle('year', 'megabytes'), 'MB', shared('megabytes')),
      caseOf('over twelve months, most memory', middle('year', 'peakMegabytes'), 'MB', shared('peakMegabytes'))
    ]
  }
}

/** One call in a process of its own. */
async function once<T> (script: string, call: string, argument: unknown): Promise<T> {
  await using child = startChild(new URL(script, import.meta.url))
  return await child.call<T>(call, argument)
}

async function arrive (call: string, wanted: number, argument: unknown): Promise<Arrival> {
  const arrival = await once<Arrival>('newcomer.ts', call, argument)
  if (arrival.votes !== wanted) throw new Error(`${call}: ${arrival.votes} votes instead of ${wanted}`)
  return arrival
}
