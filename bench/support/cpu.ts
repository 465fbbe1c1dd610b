// Processor time of a process as Linux counts it. Unlike rates it hardly depends on what else runs.
import { readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever the kernel's own tick is (USER_HZ). */
const TICK_MS = 10

/** Milliseconds, user and system, of all its threads. */
export function cpuMs (pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ') // the name may hold anything
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}
