// Memory of a process as Linux counts it.
import { readFileSync } from 'node:fs'

/**
 * Bytes that belong to the process alone (RssAnon): heap, buffers, stacks. Pages of files that it has mapped, such as
 * its program and the tables of a database, go back to the system when somebody needs them.
 */
export function residentBytes (pid: number): number {
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  if (kilobytes === undefined) throw new Error('this suite needs /proc of Linux')
  return Number(kilobytes) * 1024
}
