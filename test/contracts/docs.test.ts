// The documents are part of the project, so what can be checked of them is: examples run and print what they say,
// paths and links lead somewhere, the tables are the code's, and the lists of files and vectors are complete.
// test-timeout-ms: 600000
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LIMITS_PAGE, renderPage } from '../../tools/limits-doc.ts'

const root = path.resolve(import.meta.dirname, '../..')
const EXAMPLE_TIMEOUT_MS = 240_000
const pages = globSync(['README.md', 'CHANGELOG.md', 'docs/*.md', 'packages/*/README.md', 'packages/*/SPEC.md'], { cwd: root }).sort()
const read = (page: string): string => readFileSync(path.join(root, page), 'utf8')
const test = suite('documents')

/** Fenced blocks with what follows the opening fence. */
function blocksOf (text: string): Array<{ info: string, body: string }> {
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, info = '', body = '']) => ({ info, body }))
}

function withoutBlocks (text: string): string {
  return text.replaceAll(/^```[^\n]*\n.*?^```$/gms, '')
}

/** A block marked `ts run`, and the block `text output` right after it if there is one. */
function examplesOf (page: string): Array<{ code: string, output: string | null }> {
  const blocks = blocksOf(read(page))
  return blocks.flatMap(({ info, body }, i) => {
    if (info !== 'ts run') return []
    const next = blocks[i + 1]
    return [{ code: body, output: next?.info === 'text output' ? next.body : null }]
  })
}

for (const page of pages) {
  for (const [i, { code, output }] of examplesOf(page).entries()) {
    test(`example ${i + 1} of ${page} runs`, () => {
      // Beside the package's tests, where its dependencies resolve; its files go to a folder of their own.
      const scratch = mkdtempSync(path.join(root, path.dirname(page), 'test/example-'))
      const cwd = mkdtempSync(path.join(tmpdir(), 'seedbed-example-'))
      try {
        const file = path.join(scratch, 'example.ts')
        writeFileSync(file, code)
        const result = spawnSync(process.execPath, ['--conditions=source', file], { cwd, encoding: 'utf8', timeout: EXAMPLE_TIMEOUT_MS })
        assert.is(result.status, 0, result.stdout + result.stderr)
        if (output !== null) assert.fixture(result.stdout, output)
      } finally {
        rmSync(scratch, { recursive: true, force: true })
        rmSync(cwd, { recursive: true, force: true })
      }
    })
  }
}

test('the README and every package but the app have an example that runs', () => {
  for (const page of ['README.md', 'packages/core/README.md', 'packages/crdt-index/README.md', 'packages/torrent-store/README.md']) assert.ok(examplesOf(page).length > 0, page)
})

test("every block of torrent-store's README runs", () => {
  const page = 'packages/torrent-store/README.md'
  assert.equal(blocksOf(read(page)).map(({ info }) => info).filter(info => info !== 'ts run' && info !== 'text output'), [])
})

test('every path in the documents leads to a file', () => {
  const missing: string[] = []
  for (const page of pages) {
    for (const [, span = ''] of withoutBlocks(read(page)).matchAll(/`([^`\n]+)`/g)) {
      if (!/^(?:packages|test|tools|docs|bench|src|\.ci|torrent-store|crdt-index|core|example-app)\/[\w./*-]+$/.test(span)) continue
      const found = [root, path.join(root, 'packages'), path.join(root, path.dirname(page))].some(base => globSync(span, { cwd: base }).length > 0)
      if (!found) missing.push(`${page}: ${span}`)
    }
  }
  assert.equal(missing, [])
})

test('every relative link leads to a file, and to a heading where it names one', () => {
  const missing: string[] = []
  for (const page of pages) {
    for (const [, target = ''] of withoutBlocks(read(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [file = '', heading] = target.split('#')
      const linked = file === '' ? page : path.join(path.dirname(page), file)
      if (!existsSync(path.join(root, linked)) || (heading !== undefined && !headingsOf(linked).includes(heading))) missing.push(`${page}: ${target}`)
    }
  }
  assert.equal(missing, [])
})

/** Anchors as code hosts make them. */
function headingsOf (page: string): string[] {
  return [...withoutBlocks(read(page)).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text.toLowerCase().replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-'))
}

test('the tables of docs/limits.md are what tools/limits-doc.ts writes', async () => {
  const page = readFileSync(LIMITS_PAGE, 'utf8')
  const lines = page.split('\n')
  const expected = (await renderPage(page)).split('\n')
  const at = expected.findIndex((line, i) => line !== lines[i])
  assert.is(at, -1, `run tools/limits-doc.ts: line ${at + 1} should be ${expected[at]}`)
  assert.is(lines.length, expected.length)
})

test('docs/protocol.md names every file of vectors', () => {
  const protocol = read('docs/protocol.md')
  for (const file of globSync('test/vectors/*.json', { cwd: root })) assert.ok(protocol.includes(`\`${file}\``), `${file} is not named`)
})

test('docs/architecture.md has every source file, by itself or by its folder, and no other', () => {
  const sections = read('docs/architecture.md').split(/^#+ /m)
  const wrong: string[] = []
  for (const folder of globSync('packages/*/src', { cwd: root })) {
    const section = sections.find(section => section.startsWith(folder)) ?? ''
    const named = [...section.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
    const matches = (file: string, name: string): boolean => path.matchesGlob(file, name.endsWith('/') ? `${name}**` : name)
    for (const file of committedFiles(folder)) if (!named.some(name => matches(file, name))) wrong.push(`not named: ${folder}/${file}`)
    const files = globSync('**/*.ts', { cwd: path.join(root, folder) })
    for (const name of named) if (!files.some(file => matches(file, name))) wrong.push(`not there: ${folder}/${name}`)
  }
  assert.equal(wrong, [])
})

/** What git knows, so that a file somebody is just writing is not missed yet; without git, all files. */
function committedFiles (folder: string): string[] {
  const { status, stdout } = spawnSync('git', ['ls-files', '--', '*.ts'], { cwd: path.join(root, folder), encoding: 'utf8' })
  return status === 0 ? stdout.split('\n').filter(file => file !== '') : globSync('**/*.ts', { cwd: path.join(root, folder) })
}

test.run()
