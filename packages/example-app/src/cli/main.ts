#!/usr/bin/env node
// The process around the command: arguments, streams, signals, exit code.
import { readFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { INSIST_AFTER_MS } from './limits.ts'

// A long-running peer allocates in short bursts, after which V8 would keep a young generation of tens of megabytes:
// this growth factor takes a quarter off a peer's memory and costs no time that can be measured.
setFlagsFromString('--semi-space-growth-factor=1')

const FAILED = 1 // ExitCode.failed, before anything heavy is loaded
const stop = new AbortController()
let stoppedMs: number | null = null
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (stoppedMs !== null && performance.now() - stoppedMs > INSIST_AFTER_MS) process.exit(FAILED)
    stoppedMs ??= performance.now()
    stop.abort()
  })
}
// A reader that goes away early, as `head` does, is no failure; output that cannot be written is one.
let unwritable: NodeJS.ErrnoException | null = null
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || unwritable !== null) return
  unwritable = error
  process.stderr.write(`seedbed: The output cannot be written (${error.code ?? error.message}); check the space where it goes. [STORAGE_FAILED]\n`)
  stop.abort() // a peer whose status nobody gets to see
})
process.stderr.on('error', () => {}) // nobody is left to tell

// Loaded only now, which takes most of a second: a signal that comes meanwhile finds its handler.
const [{ createNode }, { runCli }] = await Promise.all([import('@seedbed/core'), import('./cli.ts')])
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
const exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  home: homeFolder(),
  platform: process.platform,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  version,
  clock: Date.now,
  openNode: createNode,
  signal: stop.signal
})
// Everything is closed by now; what still holds the process open is a library's timer. Output goes out first.
await Promise.all([process.stdout, process.stderr].map(async stream => await new Promise<void>(resolve => { stream.write('', () => { resolve() }) })))
process.exit(unwritable === null ? exitCode : FAILED)

/** `homedir` believes an empty HOME; the system's own table of users knows better. Empty when that has no folder either. */
function homeFolder (): string {
  try {
    return homedir() || userInfo().homedir
  } catch {
    return ''
  }
}
