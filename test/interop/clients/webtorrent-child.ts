// The npm package webtorrent in a process of its own, driven by lines of JSON on standard input; ends with it.
import { once, type EventEmitter } from 'node:events'
import { createInterface } from 'node:readline'
import WebTorrent from 'webtorrent'

interface Torrent extends EventEmitter { readonly infoHash: string, readonly done: boolean, readonly wires: ReadonlyArray<{ readonly type: string }> }
interface Client extends EventEmitter {
  readonly torrents: readonly Torrent[]
  readonly _connPool: { readonly tcpServer: { address (): { port: number } } }
  add (id: string | Uint8Array, options: { path: string }): Torrent
}
type Command = { do: 'add', torrents: Array<{ magnet?: string, file?: string }> } | { do: 'complete' }

const { dir, host, encryption, transport } = JSON.parse(process.argv[2] ?? '') as { dir: string, host: string, encryption: string, transport: string }
const Any = WebTorrent as unknown as new (options: object) => Client
const client = new Any({
  dht: false, lsd: false, utPex: false, natUpnp: false, natPmp: false, webSeeds: false, tracker: {}, torrentPort: { host, port: 0 },
  utp: transport === 'uTP', secure: encryption === 'forced' ? 2 : 0
})
client.on('error', error => { console.error('error', error) })
await once(client, 'listening')
console.log(`PORT ${client._connPool.tcpServer.address().port}`)

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command
  if (command.do === 'add') {
    for (const { magnet, file } of command.torrents) {
      const torrent = client.add(magnet ?? Buffer.from(file ?? '', 'base64'), { path: dir })
      torrent.on('warning', warning => { console.error('warning', warning) })
      torrent.on('wire', (wire: { type: string }, address: string) => { console.error('wire', torrent.infoHash, wire.type, address) })
    }
    console.log('> 0')
  } else {
    console.log(`> ${JSON.stringify(client.torrents.filter(torrent => torrent.done).map(torrent => torrent.infoHash))}`)
  }
}
process.exit()
