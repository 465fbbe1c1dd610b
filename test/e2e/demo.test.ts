// The demo is the promise of the front page, so it runs as people run it: a process, two files, one document.
// test-timeout-ms: 600000
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

interface Facts {
  bodies: Array<{ id: string, sha256: string, servedBy: string }>
  totals: Record<string, number>
  digests: Record<string, string>
  ok: boolean
}

const DEMO = path.resolve(import.meta.dirname, '../../tools/demo.ts')
/** Posts of the two files, and the comments that the scenario writes. */
const POSTS = 2
const COMMENTS = 4

const test = suite('e2e/demo')

test('the demo plays with files of many bytes a character and with CRLF, and prints one document', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-demo-test-'))
  try {
    const files = [path.join(folder, 'zwölf Gärten.txt'), path.join(folder, 'crlf.txt')]
    await writeFile(files[0] ?? '', `Žluťoučký kůň 🌱 種の床 — مشتل البذور\n\n${'Ein Beet für Sämlinge 🌿.\n'.repeat(800)}`)
    await writeFile(files[1] ?? '', '\ufefffirst line\r\n\r\n\tindented\r\nlast line\r\n\r\n')
    const { code, stdout, stderr } = await run(['--json', ...files])
    assert.is(code, 0, stderr)
    assert.is(stdout.trimEnd().split('\n').length, 1, 'one document on one line')
    const facts = JSON.parse(stdout) as Facts
    assert.equal(Object.keys(facts).sort(), ['bodies', 'digests', 'ok', 'totals'])
    assert.is(facts.ok, true)

    assert.is(facts.bodies.length, POSTS + COMMENTS)
    for (const { id, sha256, servedBy } of facts.bodies) {
      assert.match(id, /^[0-9a-f]{40}$/)
      assert.match(sha256, /^[0-9a-f]{64}$/)
      assert.match(servedBy, /^12D3KooW\w+$/)
    }
    assert.is(new Set(facts.bodies.map(({ id }) => id)).size, facts.bodies.length)
    assert.is(new Set(facts.bodies.map(({ sha256 }) => sha256)).size, facts.bodies.length)
    assert.ok(new Set(facts.bodies.map(({ servedBy }) => servedBy)).size <= 2, 'only the two peers that were left could serve')

    assert.equal(Object.keys(facts.totals).sort(), facts.bodies.map(({ id }) => id).sort(), 'a total for every body')
    // Three peers; each votes for what the others wrote, and one takes one vote back.
    assert.equal(Object.values(facts.totals).sort((a, b) => a - b), [1, 2, 2, 2, 2, 2])
    assert.equal(Object.keys(facts.digests).sort(), ['four', 'one', 'one before', 'three', 'two'])
    assert.is(new Set(Object.values(facts.digests)).size, 1)
    assert.match(facts.digests['one'] ?? '', /^[0-9a-f]{64}$/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

async function run (args: readonly string[]): Promise<{ code: number | null, stdout: string, stderr: string }> {
  return await new Promise(resolve => {
    const child = execFile(process.execPath, ['--conditions=source', DEMO, ...args], (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr })
    })
  })
}

test.run()
