// run: the long-running peer
import { readIdentity, type Logger, type NodeOptions } from '@seedbed/core'
import { flag, list, optionalNumber, optionalText, type Arguments } from '../arguments.ts'
import { carryOut } from '../carry-out.ts'
import type { LocalCommand, Surroundings } from '../command.ts'
import { removeControlFile, writeControlFile } from '../control/control-file.ts'
import { createControlServer } from '../control/server.ts'
import { usage } from '../failure.ts'
import { untilUnlocked, type OpenNode } from '../open-node.ts'
import type { Seedbox } from '../../seedbox/seedbox.ts'
import { isoTime } from './documents.ts'
import { renderStatus, statusDocument } from './status.ts'

/** What whoever got an identity without asking for one needs to know. */
export const NEW_IDENTITY: string = 'Made a new identity; write down its recovery phrase: seedbed phrase'

/** The command `run`, over the factory that makes nodes. `clock`: Unix time in milliseconds. */
export function createRun (openNode: OpenNode, logger: Logger, clock: () => number): LocalCommand {
  return {
    kind: 'local',
    name: 'run',
    summary: 'Run a peer until it is interrupted.',
    positionals: [],
    options: {
      listen: { type: 'list', value: 'MULTIADDR', summary: 'Listen here; default 127.0.0.1, the port it had before or a free one.' },
      'torrent-port': { type: 'number', value: 'N', summary: 'Port for BitTorrent clients; default the one it had before, or a free one.', min: 0, max: 65_535 },
      'torrent-host': { type: 'text', value: 'H', summary: 'Address for BitTorrent clients; default 127.0.0.1.' },
      http: { type: 'text', value: 'HOST[:PORT]', summary: 'Serve the web app here and be the peer that browsers dial; default port 8700 or a free one.' },
      'public-url': { type: 'text', value: 'URL', summary: 'Where browsers find --http, such as https://box.example.' },
      'behind-proxy': { type: 'flag', summary: 'A proxy stands before --http: believe the last address of its X-Forwarded-For.' },
      relay: { type: 'flag', summary: 'Relay the first contact between browsers.' },
      'cache-bytes': { type: 'number', value: 'N', summary: 'Keep at most this many bytes of what is neither own nor upvoted; default 256 MiB.', min: 0 },
      connect: { type: 'list', value: 'MULTIADDR', summary: 'Connect to this peer, and again when it is lost.' },
      tracker: { type: 'list', value: 'URL', summary: 'Announce seeds here, and ask here for bodies; ws and wss reach browsers.' },
      dht: { type: 'flag', summary: 'Take part in the mainline BitTorrent DHT.' },
      mdns: { type: 'flag', summary: 'Do not look for peers on the local network.', negatable: true }
    },
    notes: [
      'Makes an identity when the folder has none. Other commands on the same data folder use this peer. Ends cleanly on SIGINT, SIGTERM and SIGHUP. Without --listen and --torrent-port it comes back on the ports it had.',
      'Nothing outside this machine can connect unless --listen, --torrent-host and --http say so. Browsers on other machines are peers only over HTTPS: put a proxy before --http and name it with --public-url. A terminal shows the address that gives a browser your identity; so does seedbed pair.'
    ],
    run: async (args, surroundings, signal) => { await run(openNode, logger, clock, args, surroundings, signal) }
  }
}

async function run (openNode: OpenNode, logger: Logger, clock: () => number, args: Arguments, surroundings: Surroundings, signal: AbortSignal): Promise<void> {
  const { dataDir, isTerminal } = surroundings
  await using owned = new AsyncDisposableStack()
  const seedbox = await openFront(args, surroundings, clock)
  if (seedbox !== null) owned.defer(async () => { await seedbox.close() })
  const isNew = await readIdentity(dataDir) === null
  const node = owned.use(await untilUnlocked(dataDir, signal, async () => await openNode({ dataDir, logger, ...nodeOptions(args, seedbox) }), () => {
    surroundings.note(`Waiting: another process has ${dataDir} open.`)
  }))
  if (isNew) surroundings.note(NEW_IDENTITY)
  const server = await createControlServer({ startedAt: isoTime(surroundings.terminal.nowMs), execute: async (request, signal) => await carryOut(node, request, signal, seedbox?.pair) })
  try {
    await writeControlFile(dataDir, server.address)
    const status = await node.status()
    seedbox?.admit(status)
    seedbox?.keepCopies(node, signal)
    const document = { ...statusDocument(status), ...(seedbox === null ? {} : { url: seedbox.url }) }
    surroundings.print(document, terminal => [
      renderStatus(document, terminal), '',
      // The secret is for whoever sits here, and for no log.
      ...(seedbox === null ? [] : isTerminal ? [`Open ${seedbox.pair().url}`] : [`Open ${seedbox.url} (for an address that gives a browser your identity: seedbed pair)`]),
      'Running. Interrupt to stop.'
    ].join('\n'))
    await aborted(signal)
    surroundings.note('Stopping.')
  } finally {
    await removeControlFile(dataDir, server.address) // first, so that new commands do not find a closing peer
    await server.close()
    await seedbox?.close()
  }
}

/** Null without --http. Errors: USAGE, NETWORK_FAILED. */
async function openFront (args: Arguments, { dataDir }: Surroundings, clock: () => number): Promise<Seedbox | null> {
  const http = optionalText(args, 'http')
  const publicText = optionalText(args, 'public-url')
  const behindProxy = flag(args, 'behind-proxy')
  if (http === undefined) {
    if (publicText !== undefined || behindProxy) throw usage(`--${behindProxy ? 'behind-proxy' : 'public-url'} belongs to --http.`)
    return null
  }
  const [{ openSeedbox }, { parseFrontAddress, parsePublicUrl }] = await Promise.all([import('../../seedbox/seedbox.ts'), import('../../seedbox/front-address.ts')])
  const address = parseFrontAddress(http)
  if (address === null) throw usage('--http is an IP address or localhost, with or without a port: 127.0.0.1:8700.')
  const publicUrl = publicText === undefined ? null : parsePublicUrl(publicText)
  if (publicText !== undefined && publicUrl === null) throw usage('--public-url is an address without a path, such as https://box.example.')
  return await openSeedbox({ ...address, publicUrl, behindProxy, dataDir, clock })
}

function nodeOptions (args: Arguments, seedbox: Seedbox | null): Pick<NodeOptions, 'network' | 'torrent' | 'cacheBytes'> {
  const listen = list(args, 'listen')
  const host = optionalText(args, 'torrent-host')
  const port = optionalNumber(args, 'torrent-port')
  const cacheBytes = optionalNumber(args, 'cache-bytes')
  return {
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
    network: { ...(listen.length === 0 ? {} : { listen }), connect: list(args, 'connect'), mdns: flag(args, 'mdns', true), relay: flag(args, 'relay'), ...seedbox?.network },
    torrent: { trackers: list(args, 'tracker'), dht: flag(args, 'dht'), ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) }
  }
}

async function aborted (signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
}
