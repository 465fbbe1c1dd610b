import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface TemporaryFolder extends AsyncDisposable { readonly path: string }

/** A folder of the test's own, which goes with everything in it. */
export async function temporaryFolder (name: string): Promise<TemporaryFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), `seedbed-${name}-`))
  return {
    path: folder,
    [Symbol.asyncDispose]: async () => { await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }) }
  }
}

/** On a machine that does much else everything takes ten times as long; what never comes is the file's time limit's business. */
const WAIT_MS = 120_000

export interface Waiting {
  /** Default 120,000. */
  readonly limitMs?: number
  /** What there was instead, for the message. */
  readonly sees?: () => unknown
}

export async function until (what: string, holds: () => boolean | Promise<boolean>, { limitMs = WAIT_MS, sees }: Waiting = {}): Promise<void> {
  const endMs = performance.now() + limitMs
  do {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 50))
  } while (performance.now() < endMs)
  throw new Error(`never came true: ${what}${sees === undefined ? '' : `; last: ${JSON.stringify(await sees())}`}`)
}
