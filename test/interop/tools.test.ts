// The tools of these tests: what they say must be able to be false, and nothing they start may outlive them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startProcess, until } from './clients/process.ts'
import { startRelay } from './relay.ts'
import { isPlain, readWire } from './wire-log.ts'

const HANDSHAKE = Buffer.concat([Buffer.from('\u0013BitTorrent protocol', 'latin1'), Buffer.alloc(8), Buffer.alloc(20, 1), Buffer.alloc(20)])
const message = (...bytes: number[]): Buffer => Buffer.concat([Buffer.of(0, 0, 0, bytes.length), Buffer.from(bytes)])
const extended = (text: string): Buffer => message(20, 0, ...Buffer.from(text))
/** A machine that does much else takes its time to end a process. */
const END_MS = 60_000
const test = suite('tools')

function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const status = `/proc/${pid}/status`
  return !existsSync(status) || !/^State:\s*Z/m.test(readFileSync(status, 'utf8')) // it ended, and nobody has asked about it yet
}

test('the reader of wires tells what is by the rules from what is not', () => {
  const said = readWire(Buffer.concat([HANDSHAKE, message(14), Buffer.alloc(4), message(1), extended('d1:md11:ut_metadatai3ee1:xli1eee'), Buffer.of(0, 0, 0, 13, 6)]))
  assert.equal(said.messages.map(({ id }) => id), [14, 1, 20]) // the last one was cut off
  assert.equal([said.infoHash, said.extensions], ['01'.repeat(20), { ut_metadata: 3 }])
  assert.is(readWire(HANDSHAKE).extensions, null)
  assert.ok(isPlain(HANDSHAKE) && !isPlain(Buffer.alloc(68)))
  for (const wrong of [Buffer.alloc(68), HANDSHAKE.subarray(0, 60), Buffer.concat([HANDSHAKE, message(1, 1)]), Buffer.concat([HANDSHAKE, message(11)]), Buffer.concat([HANDSHAKE, extended('d1:m')])]) {
    assert.throws(() => readWire(wrong))
  }
})

test('a relay keeps what passes, and hangs up on what may not', async () => {
  await using echo = await startRelay('127.0.0.1', { host: '127.0.0.1', port: 1 }, () => false)
  const refused = connect(echo.port, '127.0.0.1')
  refused.on('error', () => {}).write('secret')
  await once(refused, 'close')
  assert.equal(echo.conversations().map(({ dialler }) => dialler.length), [0])
  await using relay = await startRelay('127.0.0.1', { host: '127.0.0.1', port: echo.port })
  const passed = connect(relay.port, '127.0.0.1')
  passed.on('error', () => {}).write('open')
  await once(passed, 'close')
  assert.equal(relay.conversations().map(({ dialler, dialled }) => [dialler.toString(), dialled.length]), [['open', 0]])
})

test('a stopped process takes with it what it started', async () => {
  const shell = startProcess('sh', ['-c', 'sleep 1000 & echo PID $!; wait'])
  const pid = Number(await shell.line(/^PID (\d+)$/m))
  assert.ok(isAlive(pid) && isAlive(shell.pid))
  await shell.stop()
  await until(() => !isAlive(pid) && !isAlive(shell.pid), END_MS, () => 'it is still there')
  await shell.stop()
  await shell.ask('more').then(() => assert.unreachable(), (error: Error) => { assert.match(error.message, /^sh ended/) })
})

if (process.platform === 'linux') {
  test('a client ends with a test that was killed', async () => {
    const starter = `import { startProcess } from ${JSON.stringify(path.join(import.meta.dirname, 'clients/process.ts'))}
      console.log(startProcess('sleep', ['1000']).pid)`
    const killed = spawn(process.execPath, ['--input-type=module', '-e', starter], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [first] = await once(killed.stdout, 'data') as [Buffer]
    const pid = Number(first.toString())
    // By then it is bound to its parent; a moment before, nobody would end it.
    await until(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sleep', END_MS, () => 'it never ran')
    killed.kill('SIGKILL')
    await until(() => !isAlive(pid), END_MS, () => 'it is still there')
  })
} else test.skip('processes end with their parent on Linux', () => {})

test.run()
