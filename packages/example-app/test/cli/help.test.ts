import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { IDENTITY_COMMANDS, NODE_COMMANDS } from '../../src/cli/commands/table.ts'
import { seedbed } from './fake-node.ts'

const test = suite('cli/help')

test('the overview names every command, in 80 columns', async () => {
  const { code, out, err } = await seedbed(['--help'])
  assert.is(code, 0)
  assert.is(err, '')
  for (const { name } of [...IDENTITY_COMMANDS, ...NODE_COMMANDS]) assert.match(out, `  ${name}`)
  assert.match(out, '  run ')
  assert.ok(out.split('\n').every(line => line.length <= 80))
})

test('every command has help that names its options, in 80 columns', async () => {
  for (const command of [...IDENTITY_COMMANDS, ...NODE_COMMANDS, { name: 'run', options: { listen: {}, connect: {}, 'no-mdns': {} } }]) {
    const { code, out } = await seedbed([...command.name.split(' '), '--help'])
    assert.is(code, 0)
    assert.match(out, `Usage: seedbed ${command.name}`)
    for (const option of Object.keys(command.options)) assert.match(out, `--${option}`)
    assert.ok(out.split('\n').every(line => line.length <= 80), command.name)
  }
})

test('version, also as JSON', async () => {
  assert.equal(await seedbed(['--version']), { code: 0, out: '1.2.3\n', err: '' })
  assert.equal(JSON.parse((await seedbed(['feed', '--version', '--json'])).out), { version: '1.2.3' })
  assert.type((JSON.parse((await seedbed(['--help', '--json'])).out) as { help: unknown }).help, 'string')
})

test.run()
