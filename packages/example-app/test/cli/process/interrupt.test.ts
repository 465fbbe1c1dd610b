import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { codeIn, processSuite, seedbed, start } from './harness.ts'

const test = processSuite('cli/process/interrupt')

test('SIGINT and SIGHUP end a command that waits for its text on an open pipe', async context => {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    const { child, ended } = start(context, ['post', 'cats', '--title', 'T', '--json'], null)
    child.stdin?.write('half a text')
    // While the command is loaded or while it waits: both end it.
    await new Promise(resolve => { setTimeout(resolve, signal === 'SIGINT' ? 3000 : 800) })
    child.kill(signal)
    const outcome = await ended
    assert.equal([outcome.code, codeIn(outcome)], [1, 'ABORTED'], signal)
  }
})

test('a new identity is told of; output that cannot be written is one line', async context => {
  const created = await seedbed(context, ['community', 'create', 'cats', '--difficulty', '0'])
  assert.match(created.err, /recovery phrase: seedbed phrase/)
  assert.not.match((await seedbed(context, ['communities'])).err, 'phrase')
  if (!existsSync('/dev/full')) return
  const full = await open('/dev/full', 'w')
  try {
    const { code, err } = await start(context, ['communities'], '', full.fd).ended
    assert.is(code, 1)
    assert.match(err, /^seedbed: The output cannot be written \(ENOSPC\).* \[STORAGE_FAILED\]\n$/)
  } finally {
    await full.close()
  }
})

test.run()
