// The data folder of a node (Node only): the one place where it is made.
import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { SeedbedError } from '../errors.ts'

/** Whoever can read the folder can act as the author. */
const PRIVATE = 0o700

/**
 * Makes the folder, and those that it lies in, for its owner alone; one that is there stays as it is. Each is tried once:
 * Node's own recursive mkdir never ends where a file system denies that there is such a folder and makes none, as /proc does.
 * Errors: STORAGE_FAILED.
 */
export async function makePrivateFolder (dir: string): Promise<void> {
  try {
    for (const each of await missingFolders(path.resolve(dir))) await makeOne(each)
  } catch (cause) {
    throw new SeedbedError('STORAGE_FAILED', `the data folder ${dir} cannot be made (${codeOf(cause)}); check space and permissions`, { cause })
  }
}

/** Outermost first. */
async function missingFolders (dir: string): Promise<string[]> {
  const missing: string[] = []
  for (let at = dir; !await isFolder(at); at = path.dirname(at)) {
    missing.unshift(at)
    if (path.dirname(at) === at) break // a drive that is not there
  }
  return missing
}

async function makeOne (dir: string): Promise<void> {
  try {
    await mkdir(dir, { mode: PRIVATE })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !await isFolder(dir)) throw error // else another process was first
  }
}

/** Errors: whatever is in the way, such as a file. */
async function isFolder (dir: string): Promise<boolean> {
  try {
    if ((await stat(dir)).isDirectory()) return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  throw Object.assign(new Error(`${dir} is no folder`), { code: 'ENOTDIR' })
}

function codeOf (error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
