import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SeedbedError } from '../../src/errors.ts'
import { KEY_FILE_NAME, loadOrCreateKeyFile, readKeyFile } from '../../src/identity/key-file.ts'
import { createPhrase } from '../../src/identity/phrase.ts'
import { publicKeyOf } from '../bodies/signing.ts'

const test = suite<{ dir: string }>('identity/key-file')
const known = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const publicKey = publicKeyOf
const fileIn = (dir: string): string => path.join(dir, KEY_FILE_NAME)

async function refusal (work: Promise<unknown>): Promise<string> {
  try { await work } catch (error) {
    if (error instanceof SeedbedError) return error.code
    throw error
  }
  return 'accepted'
}

test.before.each(async context => { context.dir = path.join(await mkdtemp(path.join(tmpdir(), 'seedbed-key-')), 'data') })
test.after.each(async context => { await rm(path.dirname(context.dir), { recursive: true, force: true }) })

test('makes an identity once and gives the same one ever after', async ({ dir }) => {
  assert.is(await readKeyFile(dir, { publicKey }), null)
  const first = await loadOrCreateKeyFile(dir, { publicKey })
  assert.is(first.created, true)
  const bytes = await readFile(fileIn(dir))
  const second = await loadOrCreateKeyFile(dir, { publicKey, phrase: first.phrase.toUpperCase() })
  assert.equal({ ...second, created: true }, first)
  assert.is(second.created, false)
  assert.ok(bytes.equals(await readFile(fileIn(dir))))
  assert.equal(await readdir(dir), [KEY_FILE_NAME])
  assert.is((await stat(fileIn(dir))).mode & 0o777, 0o600)
  assert.is((await stat(dir)).mode & 0o777, 0o700)
})

test('uses a given phrase, and refuses another one later', async ({ dir }) => {
  assert.is(await refusal(loadOrCreateKeyFile(dir, { publicKey, phrase: 'no phrase' })), 'BAD_PHRASE')
  assert.is((await loadOrCreateKeyFile(dir, { publicKey, phrase: known })).author, 'a2945214d10501e724650b8cfb83ea237bb34e9665683c481b1115d001893610')
  assert.is(await refusal(loadOrCreateKeyFile(dir, { publicKey, phrase: createPhrase() })), 'IDENTITY_EXISTS')
  assert.is(await refusal(loadOrCreateKeyFile(dir, { publicKey, phrase: 'no phrase' })), 'BAD_PHRASE')
})

test('takes rights of others away', async ({ dir }) => {
  await loadOrCreateKeyFile(dir, { publicKey })
  await chmod(fileIn(dir), 0o644)
  await readKeyFile(dir, { publicKey })
  assert.is((await stat(fileIn(dir))).mode & 0o777, 0o600)
})

test('whatever is not this file is refused and left as it is', async ({ dir }) => {
  const whole = await loadOrCreateKeyFile(dir, { publicKey }).then(async () => await readFile(fileIn(dir), 'utf8'))
  const document = JSON.parse(whole) as Record<string, unknown>
  const foreign = [
    '', '{}', 'null', '[]', '"text"', '\u0000', 'x'.repeat(5000),
    JSON.stringify({ ...document, version: 2 }),
    JSON.stringify({ ...document, format: 'other' }),
    JSON.stringify({ ...document, author: '00'.repeat(32) }),
    JSON.stringify({ ...document, phrase: known }),
    JSON.stringify({ ...document, checksum: 7 }),
    whole.replace('"author"', '"autor"'),
    ...Array.from({ length: 20 }, (_, at) => whole.slice(0, Math.floor(at * (whole.length - 2) / 20)))
  ]
  for (const content of foreign) {
    await writeFile(fileIn(dir), content)
    assert.is(await refusal(loadOrCreateKeyFile(dir, { publicKey })), 'KEY_FILE_CORRUPT', content.slice(0, 60))
    assert.is(await refusal(loadOrCreateKeyFile(dir, { publicKey, phrase: known })), 'KEY_FILE_CORRUPT', content.slice(0, 60))
    assert.is(await readFile(fileIn(dir), 'utf8'), content)
  }
  await rm(fileIn(dir))
  await mkdir(fileIn(dir))
  assert.is(await refusal(loadOrCreateKeyFile(dir, { publicKey })), 'KEY_FILE_CORRUPT')
})

test('a folder that cannot be made is a storage error', async ({ dir }) => {
  await writeFile(dir, 'a file where the folder should be')
  assert.is(await refusal(loadOrCreateKeyFile(dir, { publicKey })), 'STORAGE_FAILED')
})

test('processes that start at once get one identity', async ({ dir }) => {
  const script = `
    import { loadOrCreateKeyFile } from ${JSON.stringify(new URL('../../src/identity/key-file.ts', import.meta.url).href)}
    import { publicKeyOf } from ${JSON.stringify(new URL('../bodies/signing.ts', import.meta.url).href)}
    process.stdout.write((await loadOrCreateKeyFile(${JSON.stringify(dir)}, { publicKey: publicKeyOf })).author)`
  const authors = await Promise.all(Array.from({ length: 4 }, async () => await new Promise<string>((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
    child.on('error', reject)
    child.on('close', () => { resolve(output) }) // 'exit' may come before all that it said
  })))
  assert.match(authors[0] ?? '', /^[0-9a-f]{64}$/)
  assert.is(new Set(authors).size, 1)
  assert.equal(await readdir(dir), [KEY_FILE_NAME])
})

test('a phrase that a killed start left in a temporary file goes at the next one, and no other file does', async ({ dir }) => {
  await mkdir(dir, { recursive: true })
  const uuid = crypto.randomUUID()
  const dead = spawn(process.execPath, ['-e', ''])
  await new Promise(resolve => { dead.once('exit', resolve) })
  const leave = async (name: string, ageMs = 0): Promise<string> => {
    await writeFile(path.join(dir, name), 'a phrase')
    const time = (Date.now() - ageMs) / 1000
    await utimes(path.join(dir, name), time, time)
    return name
  }
  await leave(`identity.json.${dead.pid}.${uuid}.tmp`)
  await leave(`identity.json.${process.pid}.${uuid}.tmp`, 120_000)
  const kept = [await leave(`identity.json.${process.ppid}.${uuid}.tmp`), await leave('identity.json.bak'), await leave(`notes.${dead.pid}.${uuid}.tmp`)]
  await loadOrCreateKeyFile(dir, { publicKey })
  assert.equal((await readdir(dir)).sort(), [KEY_FILE_NAME, ...kept].sort(), 'one is being written by a process that runs')
})

test.run()
