// test-timeout-ms: 300000
import { existsSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { constants } from 'node:os'
import * as assert from 'uvu/assert'
import { codeIn, processSuite, seedbed, start } from './harness.ts'

const test = processSuite('cli/process/interrupt')

const onLinux = process.platform === 'linux' ? test : test.skip // it tells which signals a process handles
onLinux('SIGINT and SIGHUP end a command that waits for its text on an open pipe', async context => {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    const { child, ended } = start(context, ['post', 'cats', '--title', 'T', '--json'], null)
    child.stdin?.write('half a text')
    // While the command is loaded or while it waits: both end it.
    while (!handles(child.pid, signal)) await new Promise(resolve => { setTimeout(resolve, 10) })
    if (signal === 'SIGINT') await new Promise(resolve => { setTimeout(resolve, 3000) })
    child.kill(signal)
    const outcome = await ended
    assert.equal([outcome.code, codeIn(outcome)], [1, 'ABORTED'], signal)
  }
})

/** Whether the process has its own way with the signal by now; before that, it simply ends of it. */
function handles (pid: number | undefined, signal: 'SIGINT' | 'SIGHUP'): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  return (BigInt(`0x${caught}`) >> BigInt(constants.signals[signal] - 1) & 1n) === 1n
}

test('a new identity is told of; output that cannot be written is one line', async context => {
  const created = await seedbed(context, ['community', 'create', 'cats', '--difficulty', '0'])
  assert.match(created.err, /recovery phrase: seedbed phrase/)
  assert.not.match((await seedbed(context, ['communities'])).err, 'phrase')
  if (!existsSync('/dev/full')) return
  const full = await open('/dev/full', 'w')
  try {
    const { code, err } = await start(context, ['communities'], '', full.fd).ended
    assert.is(code, 1)
    const told = err.replace(/^communities: still working.*\n/m, '') // where the command takes more than a second
    assert.match(told, /^seedbed: The output cannot be written \(ENOSPC\).* \[STORAGE_FAILED\]\n$/)
  } finally {
    await full.close()
  }
})

test.run()
