/**
 * The identity on disk, `identity.json` in the data folder (Node only). The file is made once, whole or not at all, and
 * never written again: whatever cannot be read as an identity is left as it is.
 */
import { chmod, link, open, readdir, rename, stat, unlink, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { SeedbedError } from '../errors.ts'
import { MAX_KEY_FILE_BYTES, STALE_KEY_FILE_MS } from '../limits.ts'
import { createIdentityDocument, parseIdentityDocument, type Identity, type IdentityOptions } from './identity-document.ts'
import { createPhrase, parsePhrase, type Phrase } from './phrase.ts'
import { makePrivateFolder } from './private-folder.ts'

export const KEY_FILE_NAME = 'identity.json'
/** Of `writeOnce`: the process that wrote it, and a UUID. */
const TEMPORARY = /^identity\.json\.(\d{1,10})\.[0-9a-f-]{36}\.tmp$/

/**
 * The folder's identity; makes folder and file when there are none. Durable before it returns. Two processes that
 * start at once get the same identity.
 * Errors: BAD_PHRASE, IDENTITY_EXISTS (another phrase than the folder's), KEY_FILE_CORRUPT, STORAGE_FAILED.
 */
export async function loadOrCreateKeyFile (dir: string, options: IdentityOptions): Promise<Identity> {
  const wanted = options.phrase === undefined ? undefined : parsePhrase(options.phrase)
  await removeLeftovers(dir)
  const held = await readKeyFile(dir, options) ?? await createKeyFile(dir, wanted ?? createPhrase(), options)
  if (wanted !== undefined && held.phrase !== wanted) {
    throw new SeedbedError('IDENTITY_EXISTS', `${path.join(dir, KEY_FILE_NAME)} holds another identity (${held.author}); use another data folder for this phrase.`)
  }
  return held
}

/** The folder's identity, null when there is none. Errors: KEY_FILE_CORRUPT, STORAGE_FAILED. */
export async function readKeyFile (dir: string, options: Pick<IdentityOptions, 'publicKey'>): Promise<Identity | null> {
  const file = path.join(dir, KEY_FILE_NAME)
  const bytes = await readPrivate(file)
  return bytes === null ? null : { ...await parseIdentityDocument(file, bytes, options), created: false }
}

async function createKeyFile (dir: string, phrase: Phrase, options: IdentityOptions): Promise<Identity> {
  const file = path.join(dir, KEY_FILE_NAME)
  const { bytes, ...identity } = await createIdentityDocument(phrase, options)
  await makePrivateFolder(dir)
  const made = await storage(file, async () => await writeOnce(file, bytes))
  if (made) return { ...identity, created: true }
  const other = await readKeyFile(dir, options) // another process was first
  if (other === null) throw new SeedbedError('STORAGE_FAILED', `${file} vanished while it was made.`)
  return other
}

/** The file's bytes, null when there is none; takes rights of others away first. */
async function readPrivate (file: string): Promise<Uint8Array | null> {
  return await storage(file, async () => {
    let handle: FileHandle
    try {
      handle = await open(file, 'r')
    } catch (error) {
      if (code(error) === 'ENOENT') return null
      throw error
    }
    try {
      const { mode, size } = await handle.stat()
      if (size > MAX_KEY_FILE_BYTES) throw new SeedbedError('KEY_FILE_CORRUPT', `${file} has ${size} bytes and is not an identity file of Seedbed. It was left as it is.`)
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) await chmod(file, 0o600)
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  })
}

/** Files of a start that was killed while it wrote the key file: they hold a phrase, and nobody looks for them. */
async function removeLeftovers (dir: string): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    const pid = TEMPORARY.exec(name)?.[1]
    if (pid === undefined) continue
    const file = path.join(dir, name)
    try {
      if (isRunning(Number(pid)) && Date.now() - (await stat(file)).mtimeMs < STALE_KEY_FILE_MS) continue // being written
      await unlink(file)
    } catch {} // another process was first, or the folder may only be read
  }
}

function isRunning (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return code(error) !== 'ESRCH'
  }
}

/** Writes a file whole or not at all, never over another; false when there is one already. */
async function writeOnce (file: string, bytes: Uint8Array): Promise<boolean> {
  const temporary = `${file}.${process.pid}.${crypto.randomUUID()}.tmp`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    try {
      await link(temporary, file) // unlike rename, it fails when another process was first
    } catch (error) {
      if (code(error) === 'EEXIST') return false
      if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(code(error) ?? '')) throw error
      await rename(temporary, file) // a file system without hard links
    }
    await syncFolder(path.dirname(file))
    return true
  } finally {
    await unlink(temporary).catch(() => {}) // gone already where it was renamed
  }
}

/** Makes a new name in the folder durable; Windows has no such call and journals names by itself. */
async function syncFolder (dir: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function storage<T> (file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof SeedbedError) throw cause
    if (code(cause) === 'EISDIR') throw new SeedbedError('KEY_FILE_CORRUPT', `${file} is a folder; move it away.`, { cause })
    throw new SeedbedError('STORAGE_FAILED', `${file} cannot be read or written (${code(cause) ?? String(cause)}); check space and permissions of the data folder.`, { cause })
  }
}

function code (error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
}
