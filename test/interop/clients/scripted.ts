// Clients that are libraries, each in a small program of its own: libtorrent (through its Python binding) and the npm
// package webtorrent, whose wire and pieces this project does not use itself in Node. They are asked in lines of JSON.
import path from 'node:path'
import type { ClientOptions, RunningClient } from './client.ts'
import { startProcess } from './process.ts'

/** Where Debian installs python3-libtorrent; another python3 on PATH may not see it. */
export const PYTHON = '/usr/bin/python3'

export const startLibtorrent = async (options: ClientOptions): Promise<RunningClient> => await startScript(PYTHON, ['-u', 'libtorrent-child.py'], options)
export const startWebTorrent = async (options: ClientOptions): Promise<RunningClient> => await startScript(process.execPath, ['webtorrent-child.ts'], options)

async function startScript (command: string, args: readonly string[], { dir, host, encryption, transport, within }: ClientOptions): Promise<RunningClient> {
  const [script = '', ...flags] = args.toReversed()
  const child = startProcess(command, [...flags, path.join(import.meta.dirname, script), JSON.stringify({ dir, host, encryption, transport })], { within })
  try {
    const port = Number(await child.line(/^PORT (\d+)$/m))
    return {
      port,
      async add (torrents) {
        await child.ask(JSON.stringify({ do: 'add', torrents: torrents.map(({ infoHash, id }) => ({ infoHash, ...(typeof id === 'string' ? { magnet: id } : { file: Buffer.from(id).toString('base64') }) })) }))
      },
      async complete () {
        return new Set(JSON.parse(await child.ask(JSON.stringify({ do: 'complete' }))) as string[])
      },
      log: child.output,
      [Symbol.asyncDispose]: child.stop
    }
  } catch (error) {
    await child.stop()
    throw error
  }
}
