// An ordinary WebTorrent client in a process of its own: `seed FOLDER TRACKER TEXT` prints the magnet link once it
// seeds, `download FOLDER MAGNET` the text once it has it. Lives until its input ends.
import { magnet, refOf } from '@seedbed/torrent-store'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import WebTorrent from 'webtorrent'
import './end-of-candidates.ts'

interface Torrent { readonly files: ReadonlyArray<{ arrayBuffer (): Promise<ArrayBuffer> }>, on (event: string, listener: () => void): void }
interface Client {
  seed (body: Buffer, options: object, done: () => void): void
  add (magnet: string, options: object): Torrent
  on (event: 'error', listener: (error: Error) => void): void
  destroy (done: () => void): void
}

const [, , action, folder = '', ...given] = process.argv
const client = new WebTorrent({ dht: false, lsd: false, utPex: false, natUpnp: false, natPmp: false, utp: false, webSeeds: false, tracker: { rtcConfig: { iceServers: [] } } } as never) as unknown as Client
client.on('error', error => { console.error(error) })

if (action === 'seed') {
  const [tracker = '', text = ''] = given
  const body = Buffer.from(text)
  const name = `${createHash('sha256').update(body).digest('hex')}.txt`
  client.seed(body, { path: folder, name, pieceLength: 65_536, announce: [tracker] }, () => { console.log(magnet(refOf(body), { trackers: [tracker] })) })
} else {
  const torrent = client.add(given[0] ?? '', { path: folder })
  torrent.on('done', () => { void torrent.files[0]?.arrayBuffer().then(bytes => { console.log(Buffer.from(bytes).toString()) }) })
}

process.stdin.resume()
await once(process.stdin, 'end')
client.destroy(() => { process.exit() })
