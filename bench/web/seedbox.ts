// The seedbox of a run: the command as people start it, on a folder that was written before.
import { formatInvitation, type CommunityAddress } from '@seedbed/core'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../packages/example-app/src/cli/main.ts', import.meta.url))

export interface RunningSeedbox extends AsyncDisposable {
  /** What a browser opens, ending in `/`. */
  readonly url: string
  /** The same with an invitation to a community that it holds. */
  joinUrl (community: CommunityAddress): string
}

export async function startSeedbox (dataDir: string): Promise<RunningSeedbox> {
  const child = spawn(process.execPath, ['--conditions=source', COMMAND, 'run', '--json', '--no-mdns', '--http', '127.0.0.1:0', '--relay', '--data', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => line as string),
    exited.then(([code]) => { throw new Error(`the seedbox ended with ${String(code)}`) })
  ])
  const { url, peerId } = JSON.parse(line) as { url: string, peerId: string }
  const { hostname, port } = new URL(url)
  return {
    url,
    joinUrl: community => `${url}#join=${encodeURIComponent(formatInvitation({ community, peers: [`/ip4/${hostname}/tcp/${port}/ws/p2p/${peerId}`], post: null }))}`,
    async [Symbol.asyncDispose] () {
      child.kill('SIGKILL') // its data is thrown away
      await exited
    }
  }
}
