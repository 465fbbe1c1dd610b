// The committed corpus: one update for each way that it can take through the guard, found by grow-corpus.ts.
import { readFileSync, writeFileSync } from 'node:fs'
import type { FuzzCase } from './fuzz-cases.ts'

const FILE = new URL('corpus/updates.json', import.meta.url)

interface Row { readonly way: string, readonly device: number, readonly kind: 0 | 1, readonly seen: Array<[number, number]>, readonly update: string }

export interface CorpusCase extends FuzzCase {
  /** What the guard says of it. */
  readonly way: string
}

export function readCorpus (): CorpusCase[] {
  let text: string
  try {
    text = readFileSync(FILE, 'utf8')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return []
    throw error
  }
  return (JSON.parse(text) as Row[]).map(({ update, ...row }) => ({ ...row, update: new Uint8Array(Buffer.from(update, 'base64')) }))
}

/** One line a case, sorted, so that a grown corpus reads as a diff. */
export function writeCorpus (cases: ReadonlyMap<string, FuzzCase>): void {
  const rows = [...cases].sort(([a], [b]) => a < b ? -1 : 1).map(([way, { device, kind, seen, update }]) => JSON.stringify({ way, device, kind, seen, update: Buffer.from(update).toString('base64') }))
  writeFileSync(FILE, `[\n${rows.join(',\n')}\n]\n`)
}
