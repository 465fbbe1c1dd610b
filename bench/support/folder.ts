// A scratch folder that goes away with its owner.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface Folder extends AsyncDisposable { readonly path: string }

export async function createFolder (): Promise<Folder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-bench-'))
  return { path: folder, async [Symbol.asyncDispose] () { await rm(folder, { recursive: true, force: true }) } }
}
