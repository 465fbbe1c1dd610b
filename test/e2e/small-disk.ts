// A file system of a few megabytes that a test can fill (Linux, root: a tmpfs).
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'

export interface SmallDisk extends Disposable {
  readonly path: string
  /** Takes all space but `leave` bytes. */
  fill (leave?: number): void
  /** Gives the space back. */
  free (): void
}

const BLOCK = 4096

/** Null where this process may not mount; in CI that is an error, so that the test is never left out unseen. */
export function mountSmallDisk (folder: string, megabytes: number): SmallDisk | null {
  mkdirSync(folder, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    if ((process.env['CI'] ?? '') !== '') throw error
    return null
  }
  const filler = path.join(folder, 'filler')
  return {
    path: folder,
    fill (leave = 0) {
      const file = openSync(filler, 'w')
      try {
        for (;;) writeSync(file, new Uint8Array(BLOCK))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
      if (leave > 0) execFileSync('truncate', ['-s', `-${leave}`, filler])
    },
    free () { rmSync(filler, { force: true }) },
    [Symbol.dispose] () { execFileSync('umount', ['-l', folder]) }
  }
}
