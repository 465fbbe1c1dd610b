import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hashSources } from '../../tools/build-web.ts'

const test = suite('tools/build-web')

test('the hash follows names and contents of what is included, and nothing else', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'seedbed-sources-'))
  try {
    await mkdir(path.join(root, 'app/src/deep'), { recursive: true })
    await mkdir(path.join(root, 'app/dist'))
    const write = async (name: string, text: string): Promise<void> => { await writeFile(path.join(root, name), text) }
    const hash = async (): Promise<string> => await hashSources({ root, include: ['app', 'lock.yaml', 'missing'], exclude: ['app/dist', 'app/README.md'] })
    await write('app/src/deep/a.ts', 'a')
    await write('lock.yaml', '1')
    const first = await hash()
    assert.match(first, /^[0-9a-f]{64}$/)
    await write('app/dist/a.js', 'a')
    await write('app/README.md', 'read me')
    await write('other.txt', 'x')
    assert.is(await hash(), first)
    const seen = new Set([first])
    for (const [name, text] of [['app/src/deep/a.ts', 'b'], ['app/src/b.ts', ''], ['lock.yaml', '2']] as const) {
      await write(name, text)
      const next = await hash()
      assert.not.ok(seen.has(next), name)
      seen.add(next)
    }
    await rm(path.join(root, 'app/src/b.ts'))
    assert.not.ok(seen.has(await hash()), 'a file that is gone')
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})

test.run()
