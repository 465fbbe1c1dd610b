// Runs every test file in a Node process of its own (type stripping, no build) under a time limit and ends
// with `N passed, N failed`. Counts come from uvu's queue: its exit code is 0 after a throwing hook, a thrown
// non-Error, an empty match or a missing `test.run()`, and it waits for ever on open handles.
//
//   node --conditions=source tools/test.ts [part of a file name]...
import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'

interface Outcome { passed: number, failed: number, skipped: number, why?: string }

const root = path.dirname(import.meta.dirname)
const filters = process.argv.slice(2)
const defaultLimitMs = Number(process.env['TEST_FILE_TIMEOUT_MS'] ?? 120_000)
const files = globSync(['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root })
  .sort()
  .filter(file => filters.length === 0 || filters.some(filter => file.includes(filter)))

/** A file may ask for another limit by a line `// test-timeout-ms: N`, and to have the machine to itself by `// test-alone`. */
function directives (file: string): { limitMs: number, alone: boolean } {
  const text = readFileSync(path.join(root, file), 'utf8')
  const limit = /^\/\/ test-timeout-ms: (\d+)$/m.exec(text)?.[1]
  return { limitMs: limit === undefined ? defaultLimitMs : Number(limit), alone: /^\/\/ test-alone$/m.test(text) }
}

async function runFile (file: string): Promise<Outcome> {
  const { limitMs } = directives(file)
  const startedMs = Date.now()
  const output: Buffer[] = []
  const outcome = await new Promise<Outcome>(resolve => {
    let reported: Outcome | null = null
    let timedOut = false
    const child = spawn(process.execPath, ['--conditions=source', '--expose-gc', path.join(root, 'tools/uvu-child.ts'), path.join(root, file)], {
      cwd: root, stdio: ['ignore', 'pipe', 'pipe', 'ipc']
    })
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('message', message => { reported = message as Outcome })
    const timer = setTimeout(() => { timedOut = true; child.kill('SIGKILL') }, limitMs)
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      const complete = reported !== null && !timedOut && (code === 0 || reported.failed > 0)
      resolve(complete && reported !== null
        ? reported
        : { passed: reported?.passed ?? 0, failed: (reported?.failed ?? 0) + 1, skipped: 0, why: timedOut ? `no end after ${limitMs} ms` : `exit ${code ?? signal}` })
    })
  })
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1)
  process.stdout.write(`${outcome.failed > 0 ? 'FAIL' : 'ok  '} ${file}  ${outcome.passed} passed${outcome.failed > 0 ? `, ${outcome.failed} failed` : ''} (${seconds} s)${outcome.why === undefined ? '' : ` ${outcome.why}`}\n`)
  if (outcome.failed > 0 || process.env['TEST_VERBOSE'] === '1') process.stdout.write(Buffer.concat(output))
  return outcome
}

const total: Outcome = { passed: 0, failed: 0, skipped: 0 }
const add = (outcome: Outcome): void => {
  total.passed += outcome.passed
  total.failed += outcome.failed
  total.skipped += outcome.skipped
}
const shared = files.filter(file => !directives(file).alone)
const alone = files.filter(file => directives(file).alone)
// Files that ask for more time come first, so that no core is left with a long one at the end.
const queue = shared.toSorted((a, b) => directives(b).limitMs - directives(a).limitMs || (a < b ? -1 : 1))
await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, async () => {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) add(await runFile(file))
}))
for (const file of alone) add(await runFile(file))
if (files.length === 0) {
  console.error('no test file matches')
  total.failed++
}
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
process.exitCode = total.failed > 0 ? 1 : 0
