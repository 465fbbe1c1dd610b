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

export async function until (what: string, holds: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const endMs = performance.now() + limitMs
  while (performance.now() < endMs) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`never came true: ${what}`)
}
