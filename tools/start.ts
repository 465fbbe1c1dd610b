// `pnpm start`: a seedbox on this machine, with the web app as its sources make it.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { isWebBuilt } from './build-web.ts'

if (!await isWebBuilt()) {
  process.stderr.write('Building the web app…\n')
  // In a process of its own: a bundler takes more memory than the peer, and would keep it.
  const build = spawn(process.execPath, ['--conditions=source', path.join(import.meta.dirname, 'build-web.ts')], { stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await new Promise<number | null>(resolve => {
    build.once('error', () => { resolve(1) })
    build.once('exit', resolve)
  })
  if (code !== 0) process.exit(code ?? 1)
}

// The rest of the line may say otherwise. Relaying on loopback lets pages of this machine find each other.
const [node = '', , ...given] = process.argv
const args = given[0] === '--' ? given.slice(1) : given
const http = args.some(arg => arg === '--http' || arg.startsWith('--http=')) ? [] : ['--http', '127.0.0.1']
const relay = args.includes('--relay') ? [] : ['--relay']
process.argv = [node, path.join(import.meta.dirname, '../packages/example-app/src/cli/main.ts'), 'run', ...http, ...relay, ...args]
await import('../packages/example-app/src/cli/main.ts')
