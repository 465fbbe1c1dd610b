// Closing a node leaves nothing open: the process that used it ends by itself.
// test-timeout-ms: 240000
import { spawn } from 'node:child_process'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

/** What a library's timers may still need after `close` has resolved, 1.4 s on a busy machine; a forgotten handle keeps a process for ever. */
const LINGER_MS = 15_000
/** Nobody is waited for until some time is over, such as the five seconds of libraries that give up; a busy machine takes 0.3 s. */
const MAX_CLOSE_MS = 4500
const READY_MS = 120_000
const test = suite('closing')

test('two nodes in one process close, and the process ends by itself', async () => {
  const child = spawn(process.execPath, ['--conditions=source', path.join(import.meta.dirname, 'close-child.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const timer = setTimeout(() => { child.kill('SIGKILL') }, READY_MS)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  let lingering: NodeJS.Timeout | undefined
  child.stdout.once('data', () => { lingering = setTimeout(() => { child.kill('SIGKILL') }, LINGER_MS) })
  const [code, signal] = await new Promise<[number | null, string | null]>(resolve => { child.once('close', (...ended) => { resolve(ended) }) })
  clearTimeout(timer)
  clearTimeout(lingering)
  assert.equal([code, signal], [0, null], 'it ended by itself')
  const { closeMs } = JSON.parse(output) as { closeMs: number }
  assert.ok(closeMs < MAX_CLOSE_MS, `closing took ${closeMs.toFixed(0)} ms`)
})

test.run()
