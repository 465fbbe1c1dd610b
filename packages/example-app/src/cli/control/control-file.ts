/**
 * How commands find a running peer: `control.json` in the data folder, mode 0600,
 *
 *     { "pid": 1234, "port": 40123, "token": "43 characters, base64url", "startedAt": "2026-11-22T07:52:54.123Z" }
 *
 * Whoever can read it may act as the author, as with the key file beside it. A peer that was killed leaves it behind,
 * so it proves nothing by itself: the client asks whether the peer lives.
 */
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { SeedbedError } from '@seedbed/core'
import { MAX_CONTROL_FILE_BYTES } from '../limits.ts'

const CONTROL_FILE_NAME = 'control.json'

export interface ControlAddress {
  readonly pid: number
  /** TCP port on 127.0.0.1. */
  readonly port: number
  /** Bearer token, 32 random bytes in base64url. */
  readonly token: string
  readonly startedAt: string
}

/** The folder's control file; null when there is none or it is not one. Errors: STORAGE_FAILED. */
export async function readControlFile (dataDir: string): Promise<ControlAddress | null> {
  const file = path.join(dataDir, CONTROL_FILE_NAME)
  try {
    if ((await stat(file)).size > MAX_CONTROL_FILE_BYTES) return null
    return controlAddress(JSON.parse(await readFile(file, 'utf8')))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (cause instanceof SyntaxError || ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code ?? '')) return null
    throw new SeedbedError('STORAGE_FAILED', `${file} cannot be read (${code ?? String(cause)}); check its permissions.`, { cause })
  }
}

/** Replaces the file whole, in a folder that the node has made. Errors: STORAGE_FAILED. */
export async function writeControlFile (dataDir: string, address: ControlAddress): Promise<void> {
  const file = path.join(dataDir, CONTROL_FILE_NAME)
  const temporary = `${file}.${process.pid}.tmp`
  try {
    await rm(temporary, { force: true }) // one left behind may have other rights
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(address)}\n`)
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (cause) {
    throw new SeedbedError('STORAGE_FAILED', `${file} cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)}); check space and permissions.`, { cause })
  }
}

/** Removes the file if it is still this peer's. */
export async function removeControlFile (dataDir: string, { token }: ControlAddress): Promise<void> {
  const held = await readControlFile(dataDir).catch(() => null)
  if (held?.token === token) await rm(path.join(dataDir, CONTROL_FILE_NAME), { force: true })
}

function controlAddress (value: unknown): ControlAddress | null {
  if (typeof value !== 'object' || value === null) return null
  const { pid, port, token, startedAt } = value as Record<string, unknown>
  if (!Number.isSafeInteger(pid) || Number(pid) < 1 || !Number.isSafeInteger(port) || Number(port) < 1 || Number(port) > 65_535) return null
  if (typeof token !== 'string' || !/^[\w-]{43}$/.test(token) || typeof startedAt !== 'string') return null
  return { pid: Number(pid), port: Number(port), token, startedAt }
}
