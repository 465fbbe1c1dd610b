// A WebSocket tracker (https://github.com/webtorrent/bittorrent-tracker) that strangers can neither fill nor crash.
import { EventEmitter } from 'node:events'
import Server, { type Found, type TrackerSocket } from 'bittorrent-tracker/server'
import {
  MAX_INFO_HASHES, MAX_INFO_HASHES_PER_ADDRESS, MAX_INFO_HASHES_PER_SOCKET, MAX_PEERS_PER_INFO_HASH, MAX_TRACKER_MESSAGE_BYTES, TRACKER_BURST_BYTES, TRACKER_BURST_MESSAGES, TRACKER_BYTES_PER_SECOND, TRACKER_INTERVAL_MS, TRACKER_MESSAGES_PER_SECOND
} from '../limits.ts'
import { createTextSockets, type TextSocket, type TextSocketHandler, type Upgrade } from '../text-sockets.ts'
import { parseTrackerMessage, type BinaryId, type TrackerMessage } from './tracker-message.ts'

export interface Tracker {
  /** Infohashes that somebody announces. */
  readonly infoHashes: number
  /** Takes a connection over. */
  upgrade (upgrade: Upgrade): void
  /** Drops every connection; may be called twice. */
  close (): void
}

export interface TrackerOptions {
  /** Infohashes that it knows at all. Default 20,000. */
  readonly maxInfoHashes?: number
  /** Infohashes that the connections of one address announce. Default 5,000. */
  readonly maxInfoHashesPerAddress?: number
}

/** Swarms found and made at once: the library's own way loses a peer when two announce a new infohash in one turn. */
class SynchronousServer extends Server {
  override getSwarm (infoHash: string, found: Found): void { found(null, this.torrents[infoHash]) }

  override createSwarm (infoHash: string, found: Found): void {
    found(null, this.torrents[infoHash] = new Server.Swarm(infoHash, this))
  }
}

export function createTracker ({ maxInfoHashes = MAX_INFO_HASHES, maxInfoHashesPerAddress = MAX_INFO_HASHES_PER_ADDRESS }: TrackerOptions = {}): Tracker {
  const server = new SynchronousServer({ http: false, udp: false, ws: false, stats: false, interval: TRACKER_INTERVAL_MS, peersCacheLength: MAX_PEERS_PER_INFO_HASH })
  /** How many connections announce an infohash; a swarm goes with the last. */
  const announcing = new Map<BinaryId, number>()
  /** How many infohashes the connections of an address announce together, so that none takes the room of all. */
  const announcedFrom = new Map<string, number>()
  const owners = new Map<BinaryId, { readonly address: string, drop (): void }>()

  function open (socket: TextSocket, address: string): TextSocketHandler {
    const inner: TrackerSocket = Object.assign(new EventEmitter(), { send: (text: string) => { socket.send(text) } })
    const infoHashes = new Set<BinaryId>()
    let ownId: BinaryId | null = null
    server.onWebSocketConnection(inner)

    const closed = (): void => {
      inner.emit('close')
      ;[...infoHashes].forEach(leave)
      if (ownId !== null && owners.get(ownId) === own) owners.delete(ownId)
    }
    const own = {
      address,
      drop () {
        closed()
        socket.refuse('connected again')
      }
    }
    /** Whether the connection speaks for the peer id: nobody takes the place of a peer that is connected from elsewhere. */
    const owns = (peerId: BinaryId): boolean => {
      if (ownId !== null) return peerId === ownId
      const before = owners.get(peerId)
      if (before !== undefined && before.address !== address) return false
      before?.drop()
      ownId = peerId
      owners.set(peerId, own)
      return true
    }
    const enter = (infoHash: BinaryId): boolean => {
      if (infoHashes.has(infoHash)) return true
      const others = announcing.get(infoHash) ?? 0
      const ofAddress = announcedFrom.get(address) ?? 0
      if (infoHashes.size >= MAX_INFO_HASHES_PER_SOCKET || ofAddress >= maxInfoHashesPerAddress || (others === 0 && announcing.size >= maxInfoHashes)) return false
      infoHashes.add(infoHash)
      announcedFrom.set(address, ofAddress + 1)
      announcing.set(infoHash, others + 1)
      return true
    }
    const leave = (infoHash: BinaryId): void => {
      if (!infoHashes.delete(infoHash)) return
      const ofAddress = (announcedFrom.get(address) ?? 1) - 1
      if (ofAddress > 0) announcedFrom.set(address, ofAddress)
      else announcedFrom.delete(address)
      const others = (announcing.get(infoHash) ?? 1) - 1
      if (others > 0) announcing.set(infoHash, others)
      else {
        announcing.delete(infoHash)
        delete server.torrents[hexOf(infoHash)]
      }
    }
    const handle = (message: TrackerMessage): void => {
      if (message.action === 'scrape') return void inner.emit('message', JSON.stringify(message))
      if (!owns(message.peer_id)) return socket.refuse('this peer id is taken')
      if ('answer' in message) {
        if (infoHashes.has(message.info_hash)) inner.emit('message', JSON.stringify(message))
        return
      }
      const stopped = message.event === 'stopped'
      if (stopped ? !infoHashes.has(message.info_hash) : !enter(message.info_hash)) {
        return socket.send(JSON.stringify({ action: 'announce', 'failure reason': stopped ? 'not announced' : 'too many torrents', info_hash: message.info_hash }))
      }
      inner.emit('message', JSON.stringify(message))
      if (stopped) leave(message.info_hash)
    }
    return {
      text (text) {
        const message = parseTrackerMessage(text)
        if (message === null) return socket.refuse('not a tracker message')
        try {
          handle(message)
        } catch { // what a parser of ours lets through and the library does not bear
          socket.refuse('not a tracker message')
        }
      },
      closed
    }
  }

  const sockets = createTextSockets({
    open, maxMessageBytes: MAX_TRACKER_MESSAGE_BYTES, messagesPerSecond: TRACKER_MESSAGES_PER_SECOND, burstMessages: TRACKER_BURST_MESSAGES,
    bytesPerSecond: TRACKER_BYTES_PER_SECOND, burstBytes: TRACKER_BURST_BYTES
  })
  return {
    get infoHashes () { return announcing.size },
    upgrade: sockets.upgrade,
    close () {
      sockets.close()
      server.close()
    }
  }
}

function hexOf (id: BinaryId): string {
  return Buffer.from(id, 'latin1').toString('hex')
}
