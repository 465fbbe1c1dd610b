#!/usr/bin/env node
// The process around the command: arguments, streams, signals, exit code.
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { createNode } from '@seedbed/core'
import { runCli } from './cli.ts'
import { ExitCode } from './failure.ts'
import { INSIST_AFTER_MS } from './limits.ts'

// A long-running peer allocates in short bursts, after which V8 would keep a young generation of tens of megabytes:
// this growth factor takes a quarter off a peer's memory and costs no time that can be measured.
setFlagsFromString('--semi-space-growth-factor=1')

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
const stop = new AbortController()
let stoppedMs: number | null = null
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (stoppedMs !== null && performance.now() - stoppedMs > INSIST_AFTER_MS) process.exit(ExitCode.failed)
    stoppedMs ??= performance.now()
    stop.abort()
  })
}
// A reader that goes away early, as `head` does, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })

const exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
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
process.exit(exitCode)
