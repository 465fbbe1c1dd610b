// The import direction example-app -> core -> { crdt-index, torrent-store } is a lint rule. A rule that matches
// nothing also passes, so each forbidden direction is written into a scratch file and lint must refuse it. Nobody else
// may look at the sources meanwhile: the build of the web app hashes them, the documentation's test lists them.
// test-alone
// test-timeout-ms: 300000
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const root = path.resolve(import.meta.dirname, '../..')
const test = suite('import direction')

function lint (folder: string, specifier: string): { status: number | null, output: string } {
  const scratch = mkdtempSync(path.join(root, folder, 'lint-scratch-'))
  try {
    writeFileSync(path.join(scratch, 'probe.ts'), `import { something } from '${specifier}'\nexport const probe: unknown = something\n`)
    const result = spawnSync(path.join(root, 'node_modules/.bin/oxlint'), ['--deny-warnings', scratch], { cwd: root, encoding: 'utf8' })
    return { status: result.status, output: result.stdout + result.stderr }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const forbidden: Array<[from: string, specifier: string]> = [
  ['packages/torrent-store/src', '@seedbed/crdt-index'],
  ['packages/torrent-store/src', '@seedbed/core'],
  ['packages/crdt-index/src', '@seedbed/torrent-store'],
  ['packages/crdt-index/src', '@seedbed/core'],
  ['packages/core/src', '@seedbed/example-app'],
  ['packages/core/src', '@seedbed/crdt-index/src/index.ts'],
  ['packages/example-app/src', '@seedbed/crdt-index'],
  ['packages/example-app/src', '@seedbed/torrent-store'],
  ['packages/example-app/src', '@seedbed/core/src/node.ts'],
  ['packages/crdt-index/src', '../../../packages/torrent-store/src/index.ts']
]
for (const [from, specifier] of forbidden) {
  test(`${from} must not import ${specifier}`, () => {
    const { status, output } = lint(from, specifier)
    assert.is(status, 1, output)
    assert.match(output, 'no-restricted-imports')
  })
}
const allowed: Array<[from: string, specifier: string]> = [
  ['packages/core/src', '@seedbed/crdt-index'],
  ['packages/core/src', '@seedbed/torrent-store'],
  ['packages/example-app/src', '@seedbed/core'],
  ['packages/example-app/src', '@seedbed/core/page'],
  ['packages/example-app/src', '@seedbed/core/worker']
]
for (const [from, specifier] of allowed) {
  test(`${from} may import ${specifier}`, () => {
    const { status, output } = lint(from, specifier)
    assert.is(status, 0, output)
  })
}

test.run()
