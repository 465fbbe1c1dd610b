// Which clients this machine has, by one rule for all tests.
import { spawnSync } from 'node:child_process'
import type { ClientName } from './client.ts'
import { PYTHON } from './scripted.ts'

const PROBE_TIMEOUT_MS = 120_000
const PROBES: Readonly<Record<ClientName, { readonly command: string, readonly args: readonly string[], readonly from: string }>> = {
  aria2: { command: 'aria2c', args: ['--version'], from: 'apt-get install aria2' },
  libtorrent: { command: PYTHON, args: ['-c', 'import libtorrent'], from: 'apt-get install python3-libtorrent' },
  rtorrent: { command: 'rtorrent', args: ['-h'], from: 'apt-get install rtorrent' },
  transmission: { command: 'transmission-daemon', args: ['--version'], from: 'apt-get install transmission-daemon' },
  webtorrent: { command: process.execPath, args: ['--input-type=module', '-e', 'import "webtorrent"'], from: 'pnpm install' }
}

/** True if the client is installed. Under CI a missing client throws instead, because a promise that nobody checks is none. */
export function hasClient (client: ClientName): boolean {
  const { command, args, from } = PROBES[client]
  return isThere(client, spawnSync(command, args, { cwd: import.meta.dirname, stdio: 'ignore', timeout: PROBE_TIMEOUT_MS }).status === 0, from)
}

/** The same rule for anything else that tests of clients need. */
export function isThere (what: string, found: boolean, from: string): boolean {
  if (!found && process.env['CI'] !== undefined) throw new Error(`${what} is not here, and interoperation must be tested: ${from}`)
  if (!found) console.log(`${what} is not here, its tests are left out: ${from}`)
  return found
}
