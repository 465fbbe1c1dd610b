// run: the long-running peer
import { readIdentity, type Logger, type NodeOptions } from '@seedbed/core'
import { flag, list, optionalNumber, optionalText, type Arguments } from '../arguments.ts'
import { carryOut } from '../carry-out.ts'
import type { LocalCommand, Surroundings } from '../command.ts'
import { removeControlFile, writeControlFile } from '../control/control-file.ts'
import { createControlServer } from '../control/server.ts'
import { untilUnlocked, type OpenNode } from '../open-node.ts'
import { isoTime } from './documents.ts'
import { renderStatus, statusDocument } from './status.ts'

/** What whoever got an identity without asking for one needs to know. */
export const NEW_IDENTITY: string = 'Made a new identity; write down its recovery phrase: seedbed phrase'

/** The command `run`, over the factory that makes nodes. */
export function createRun (openNode: OpenNode, logger: Logger): LocalCommand {
  return {
    kind: 'local',
    name: 'run',
    summary: 'Run a peer until it is interrupted.',
    positionals: [],
    options: {
      listen: { type: 'list', value: 'MULTIADDR', summary: 'Listen here; default 127.0.0.1, the port it had before or a free one.' },
      'torrent-port': { type: 'number', value: 'N', summary: 'Port for BitTorrent clients; default the one it had before, or a free one.', min: 0, max: 65_535 },
      'torrent-host': { type: 'text', value: 'H', summary: 'Address for BitTorrent clients; default 127.0.0.1.' },
      'cache-bytes': { type: 'number', value: 'N', summary: 'Keep at most this many bytes of what is neither own nor upvoted; default 256 MiB.', min: 0 },
      connect: { type: 'list', value: 'MULTIADDR', summary: 'Connect to this peer, and again when it is lost.' },
      tracker: { type: 'list', value: 'URL', summary: 'Announce the newest seeds here, and ask here for bodies.' },
      dht: { type: 'flag', summary: 'Take part in the mainline BitTorrent DHT.' },
      mdns: { type: 'flag', summary: 'Do not look for peers on the local network.', negatable: true }
    },
    notes: [
      'Makes an identity when the folder has none. Other commands on the same data folder use this peer. Ends cleanly on SIGINT, SIGTERM and SIGHUP. Without --listen and --torrent-port it comes back on the ports it had.',
      'Nothing outside this machine can connect unless --listen and --torrent-host say so.'
    ],
    run: async (args, surroundings, signal) => { await run(openNode, logger, args, surroundings, signal) }
  }
}

async function run (openNode: OpenNode, logger: Logger, args: Arguments, surroundings: Surroundings, signal: AbortSignal): Promise<void> {
  const { dataDir } = surroundings
  const isNew = await readIdentity(dataDir) === null
  await using node = await untilUnlocked(dataDir, signal, async () => await openNode({ dataDir, logger, ...networkOptions(args) }), () => {
    surroundings.note(`Waiting: another process has ${dataDir} open.`)
  })
  if (isNew) surroundings.note(NEW_IDENTITY)
  const server = await createControlServer({ startedAt: isoTime(surroundings.terminal.nowMs), execute: async (request, signal) => await carryOut(node, request, signal) })
  try {
    await writeControlFile(dataDir, server.address)
    const status = statusDocument(await node.status())
    surroundings.print(status, terminal => `${renderStatus(status, terminal)}\n\nRunning. Interrupt to stop.`)
    await aborted(signal)
    surroundings.note('Stopping.')
  } finally {
    await removeControlFile(dataDir, server.address) // first, so that new commands do not find a closing peer
    await server.close()
  }
}

function networkOptions (args: Arguments): Pick<NodeOptions, 'network' | 'torrent' | 'cacheBytes'> {
  const listen = list(args, 'listen')
  const host = optionalText(args, 'torrent-host')
  const port = optionalNumber(args, 'torrent-port')
  const cacheBytes = optionalNumber(args, 'cache-bytes')
  return {
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
    network: { ...(listen.length === 0 ? {} : { listen }), connect: list(args, 'connect'), mdns: flag(args, 'mdns', true) },
    torrent: { trackers: list(args, 'tracker'), dht: flag(args, 'dht'), ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) }
  }
}

async function aborted (signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
}
