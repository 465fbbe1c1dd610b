import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makePrivateFolder } from '../../src/identity/private-folder.ts'
import { codeOf } from '../nodes.ts'

const test = suite<{ dir: string }>('identity/private-folder')

test.before.each(async context => { context.dir = await mkdtemp(path.join(tmpdir(), 'seedbed-folder-')) })
test.after.each(async ({ dir }) => { await rm(dir, { recursive: true, force: true }) })

test('makes it and what it lies in for the owner alone, and leaves one that is there', async ({ dir }) => {
  const deep = path.join(dir, 'a/b/c')
  await Promise.all([makePrivateFolder(deep), makePrivateFolder(deep), makePrivateFolder(`${deep}/`)])
  for (const made of ['a', 'a/b', 'a/b/c']) assert.is((await stat(path.join(dir, made))).mode & 0o777, 0o700)
  const open = path.join(dir, 'open')
  await mkdir(open)
  const { mode } = await stat(open)
  await makePrivateFolder(open)
  assert.is((await stat(open)).mode, mode)
  await symlink(open, path.join(dir, 'link'))
  await makePrivateFolder(path.join(dir, 'link/inside'))
  assert.ok((await stat(path.join(open, 'inside'))).isDirectory())
})

test('what cannot be made is refused, and nothing is tried for ever', async ({ dir }) => {
  await writeFile(path.join(dir, 'file'), 'in the way')
  await symlink(path.join(dir, 'gone'), path.join(dir, 'dangling'))
  const places = [...['file', 'file/inside', 'dangling', 'nul\u0000', 'x'.repeat(300)].map(name => path.join(dir, name)), ...(process.platform === 'linux' ? ['/proc/seedbed', '/proc/seedbed/data', '/dev/null/data'] : [])]
  for (const place of places) assert.is(await codeOf(makePrivateFolder(place)), 'STORAGE_FAILED', place)
})

test.run()
