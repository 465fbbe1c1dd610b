// Memory of a process as Linux counts it.
import { readFileSync } from 'node:fs'

/**
 * Bytes that belong to the process alone (RssAnon): heap, buffers, stacks. Pages of files that it has mapped, such as
 * its program and the tables of a database, go back to the system when somebody needs them.
 */
export function residentBytes (pid: number): number {
  return statusBytes(pid, 'RssAnon')
}

/** The most that the process ever had in memory, mapped files included (VmHWM). */
export function peakBytes (pid: number): number {
  return statusBytes(pid, 'VmHWM')
}

function statusBytes (pid: number, field: string): number {
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  if (kilobytes === undefined) throw new Error('this suite needs /proc of Linux')
  return Number(kilobytes) * 1024
}
