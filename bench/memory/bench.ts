import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findRunningPeer, type RunningPeer } from '../../packages/example-app/src/cli/control/client.ts'
import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

const COMMAND = fileURLToPath(new URL('../../packages/example-app/src/cli/main.ts', import.meta.url))
const SETTLE_MS = 5000
const POSTS = 1000
const TEXT = new TextEncoder().encode('What is written here is five hundred bytes long. '.repeat(11).slice(0, 500))
const BYTES_A_MB = 1e6

export const suite: Suite = {
  name: 'memory',
  async run () {
    await using folder = await createFolder()
    const bare = { name: 'bare process with libp2p and level', value: await measureBare(`${folder.path}/bare`) }
    await using peer = await startPeer(`${folder.path}/peer`)
    await sleep(SETTLE_MS)
    const empty = residentMb(peer.pid)
    await publish(peer.control)
    await sleep(SETTLE_MS)
    const full = residentMb(peer.pid)
    return [caseOf('seedbed run, empty folder', empty, 'MB', bare), caseOf('seedbed run, after 1,000 posts', full, 'MB', bare)]
  }
}

async function measureBare (folder: string): Promise<number> {
  await using bare = startChild(new URL('bare-process.ts', import.meta.url))
  await bare.call('open', folder)
  await sleep(SETTLE_MS)
  return residentMb(bare.pid)
}

async function startPeer (dataDir: string): Promise<AsyncDisposable & { pid: number, control: RunningPeer }> {
  const child = spawn(process.execPath, ['--conditions=source', COMMAND, 'run', '--no-mdns', '--data', dataDir], { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = once(child, 'exit')
  const signal = AbortSignal.timeout(30_000)
  let control: RunningPeer | null = null
  await until('the peer runs', async () => (control = await findRunningPeer(dataDir, signal)) !== null, { everyMs: 100 })
  if (control === null || child.pid === undefined) throw new Error('the peer did not start')
  return {
    pid: child.pid,
    control,
    async [Symbol.asyncDispose] () {
      child.kill('SIGTERM')
      await exited
    }
  }
}

async function publish (control: RunningPeer): Promise<void> {
  const signal = AbortSignal.timeout(40_000)
  await control.execute({ command: 'community create', args: { SLUG: 'bench', difficulty: 0 } }, signal)
  for (let n = 0; n < POSTS; n++) await control.execute({ command: 'post', args: { COMMUNITY: 'bench', title: `Post ${n}` }, text: TEXT }, signal)
}

/** Resident set size in MB, as the system counts it. */
function residentMb (pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024 / BYTES_A_MB
}
