import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SeedbedError } from '@seedbed/core'
import { checkArguments, parseLine, wantsJson } from '../../src/cli/arguments.ts'
import type { Command } from '../../src/cli/command.ts'
import { createRun } from '../../src/cli/commands/run.ts'
import { IDENTITY_COMMANDS, NODE_COMMANDS } from '../../src/cli/commands/table.ts'

const test = suite('cli/arguments')
const never = async (): Promise<never> => { throw new Error('not here') }
const silent = { debug: () => {}, info: () => {}, warn: () => {} }
const commands: readonly Command[] = [...IDENTITY_COMMANDS, createRun(never, silent, Date.now), ...NODE_COMMANDS]
const parse = (line: string): ReturnType<typeof parseLine> => parseLine(line.split(' ').filter(word => word !== ''), commands)

function refusal (work: () => unknown): string {
  try { work() } catch (error) {
    if (error instanceof SeedbedError) return `${error.code} ${error.message}`
    throw error
  }
  return 'accepted'
}

test('positionals and options by name, options anywhere', () => {
  const { command, args, global } = parse('--data d post cats --title Hello --json --file f')
  assert.is(command?.name, 'post')
  assert.equal(args, { COMMUNITY: 'cats', title: 'Hello', file: 'f' })
  assert.equal(global, { data: 'd', json: true, help: false, version: false })
  assert.equal(parse('feed --limit 5 --sort=new cats').args, { COMMUNITY: 'cats', limit: 5, sort: 'new' })
  assert.equal(parse('feed').args, {})
})

test('commands of two words', () => {
  assert.equal(parse('community create cats').args, { SLUG: 'cats' })
  assert.is(parse('community create cats').command?.name, 'community create')
  assert.match(refusal(() => parse('community')), /USAGE community needs a second word/)
  assert.is(parse('community --help').command?.name, 'community create')
  assert.is(parse('community --version').global.version, true)
  assert.is(parse('help').global.help, true)
  assert.equal([parse('help edit').command?.name, parse('help edit').global.help], ['edit', true])
})

test('lists, negatable flags, the separator of package managers', () => {
  assert.equal(parse('run --listen a --listen b --no-mdns --torrent-port 0').args, { listen: ['a', 'b'], mdns: false, 'torrent-port': 0 })
  assert.equal(parse('-- run').args, {})
  assert.equal(parse('magnet -- -x').args, { ID: '-x' })
  assert.is(parse('post cats --title=-dashed-').args['title'], '-dashed-')
})

test('help and version need nothing else', () => {
  assert.is(parse('--help').command, null)
  assert.is(parse('-h').global.help, true)
  assert.is(parse('post --help').command?.name, 'post')
  assert.is(parse('post -h').global.help, true)
  assert.is(parse('--version').global.version, true)
  assert.is(parse('feed --version').global.version, true)
})

test('every wrong line is a usage error that says what is wrong', () => {
  for (const [line, message] of [
    ['', /No command/], ['fly', /Unknown command "fly"/], ['help-me --help', /Unknown command/],
    ['whoami extra', /takes no arguments/], ['magnet', /ID is missing/], ['magnet a b', /takes only 1 argument;/],
    ['post cats', /--title is missing/], ['post --title T', /COMMUNITY is missing/], ['post cats --title', /--title needs a value/],
    ['post cats --title --json', /--title needs a value/], ['post cats --title a --title b', /--title is given twice/],
    ['feed --sort best', /--sort is one of top, new, hot, rising, controversial/], ['feed --limit many', /whole number/], ['feed --limit 0', /between 1 and 1000/], ['feed --limit 1001', /between 1 and 1000/], ['feed --limit 1e3', /whole number/],
    ['feed --limit=-1', /whole number/], ['feed --window decade', /--window is one of/], ['feed --title x', /feed has no option --title/], ['feed --bogus', /Unknown option --bogus/], ['feed -x', /Unknown option -x/],
    ['feed --no-json', /cannot be turned off/], ['run --no-listen', /cannot be turned off|Unknown option/], ['phrase --yes=no', /takes no value/], ['run --torrent-port 65536', /between 0 and 65535/], ['feed --data=', /--data needs a folder/], ['run --listen=', /right kind/],
    ['feed --__proto__ x', /Unknown option/], ['feed --constructor x', /Unknown option/]
  ] as const) assert.match(refusal(() => parse(line)), message, line)
})

test('any line gives a command or a usage error', () => {
  const word = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom(...commands.flatMap(({ name }) => name.split(' ')), '--json', '--title', '--limit', '--no-mdns', '--', '-', '--help', '--data'))
  fc.assert(fc.property(fc.array(word, { maxLength: 6 }), words => {
    try {
      const { command, global } = parseLine(words, commands)
      assert.ok(command !== null || global.help || global.version)
    } catch (error) {
      assert.instance(error, SeedbedError)
      assert.is((error as SeedbedError).code, 'USAGE')
    }
  }), { numRuns: 2000 })
})

test('what arrives at the control API is held to the same table', () => {
  const feed = NODE_COMMANDS.find(({ name }) => name === 'feed') ?? assert.unreachable() as never
  assert.equal(checkArguments(feed, { limit: 3 }), { limit: 3 })
  for (const raw of [{ limit: '3' }, { limit: 0 }, { limit: 1.5 }, { limit: null }, { sort: 'best' }, { sort: ['top'] }, { COMMUNITY: 7 }, { COMMUNITY: '' }, { other: 1 }, { json: true }, JSON.parse('{"__proto__": 1}') as Record<string, unknown>]) {
    assert.match(refusal(() => checkArguments(feed, raw)), /^USAGE/, JSON.stringify(raw))
  }
})

test('JSON is noticed even where the line cannot be parsed', () => {
  assert.is(wantsJson(['fly', '--bogus', '--json']), true)
  assert.is(wantsJson(['magnet', '--', '--json']), false)
})

test('an option name means the same kind of value in every command', () => {
  const kinds = new Map<string, string>()
  for (const { options } of commands) {
    for (const [name, { type }] of Object.entries(options)) {
      assert.is(kinds.get(name) ?? type, type, name)
      kinds.set(name, type)
    }
  }
})

test.run()
