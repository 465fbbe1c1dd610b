import { startChild } from '../support/child.ts'
import { caseOf, type Suite } from '../support/suite.ts'
import type { GuardCosts } from './guard.ts'

/** What a refusal may cost at most. */
const BOUND_MS = 20
const BOUND_MB = 20

export const suite: Suite = {
  name: 'guard',
  async run () {
    await using child = startChild(new URL('guard.ts', import.meta.url))
    const { voteUs, signatureUs, hundredUs, hundredYjsUs, worst } = await child.call<GuardCosts>('measure')
    for (const { name, ms, megabytes } of worst) process.stderr.write(`  refused: ${name}: ${ms.toFixed(1)} ms, ${megabytes.toFixed(1)} MB\n`)
    const slowest = worst.toSorted((a, b) => b.ms - a.ms)[0]
    const largest = worst.toSorted((a, b) => b.megabytes - a.megabytes)[0]
    if (slowest === undefined || largest === undefined) throw new Error('nothing was refused')
    return [
      caseOf('a vote', voteUs, 'µs', { name: 'verifying its signature', value: signatureUs }),
      caseOf('a snapshot of 100 votes', hundredUs, 'µs', { name: 'the same into a Y.Doc, unguarded', value: hundredYjsUs }),
      caseOf(`the slowest refusal: ${slowest.name}`, slowest.ms, 'ms', { name: 'the bound', value: BOUND_MS }),
      caseOf(`the refusal that takes most memory: ${largest.name}`, largest.megabytes, 'MB', { name: 'the bound', value: BOUND_MB })
    ]
  }
}
