import { isIP } from 'node:net'
import { MAX_TRACKER_REDIRECTS } from '../limits.ts'
import { decodeBencode, type BencodeValue } from '../wire/bencode.ts'
import type { InfoHash } from '../torrent-ref.ts'
import { reachOf } from './address-reach.ts'
import { isTrackerCount, readCompactPeers, TrackerRefusal, WANTED_PEERS, type Announce, type AskOptions, type PeerAddress, type RawAnswer, type TrackerCount } from './tracker-message.ts'

/** Announces by HTTP GET (BEP 3), asking for compact peers (BEP 23). */
export async function announceHttp (url: URL, announce: Announce, options: AskOptions): Promise<RawAnswer> {
  const { infoHash, peerId, port, left, event } = announce
  const query = [
    `info_hash=${escaped(Buffer.from(infoHash, 'hex'))}`, `peer_id=${escaped(peerId)}`, `port=${port}`, 'uploaded=0', 'downloaded=0', `left=${left}`,
    'compact=1', `numwant=${event === 'stopped' ? 0 : WANTED_PEERS}`, ...(event === undefined ? [] : [`event=${event}`])
  ].join('&')
  return readAnswer(await get(url, query, options))
}

/** Where a tracker is scraped: its announce URL with `scrape` for `announce` in the last part of the path (BEP 48); null if that does not begin so. */
export function scrapeUrl (url: URL): URL | null {
  const at = url.pathname.lastIndexOf('/') + 1
  if (!url.pathname.startsWith('announce', at)) return null
  const scrape = new URL(url)
  scrape.pathname = `${url.pathname.slice(0, at)}scrape${url.pathname.slice(at + 'announce'.length)}`
  return scrape
}

/** Counts of up to MAX_HTTP_SCRAPE_IDS torrents (BEP 48). Torrents that the tracker does not know are absent. */
export async function scrapeHttp (url: URL, infoHashes: readonly InfoHash[], options: AskOptions): Promise<Map<InfoHash, TrackerCount>> {
  const scrape = scrapeUrl(url)
  if (scrape === null) throw new Error('the tracker cannot be scraped: its URL does not end in announce')
  const answer = await get(scrape, infoHashes.map(infoHash => `info_hash=${escaped(Buffer.from(infoHash, 'hex'))}`).join('&'), options)
  const files = answer.get('files')
  if (!(files instanceof Map)) throw new Error('the tracker answered without files')
  const counts = new Map<InfoHash, TrackerCount>()
  for (const infoHash of infoHashes) {
    const key = Buffer.from(infoHash, 'hex').toString('latin1')
    // Only what was asked for is read. WebTorrent's tracker writes the twenty bytes as if they were text.
    const file = files.get(key) ?? files.get(Buffer.from(key, 'utf8').toString('latin1'))
    if (!(file instanceof Map)) continue
    const [seeders, leechers, completed = 0] = [file.get('complete'), file.get('incomplete'), file.get('downloaded')]
    if (isTrackerCount(seeders) && isTrackerCount(leechers) && isTrackerCount(completed)) counts.set(infoHash, { seeders, leechers, completed })
  }
  return counts
}

/** The bencoded dict that a tracker answers with. Rejects for anything else, and for a refusal. */
async function get (url: URL, query: string, { signal, maxAnswerBytes }: AskOptions): Promise<Map<string, BencodeValue>> {
  const asked = `${url.origin}${url.pathname}${url.search}${url.search === '' ? '?' : '&'}${query}`
  const response = await follow(asked, signal)
  const bytes = await boundedBytes(response, maxAnswerBytes)
  if (!response.ok) throw new Error(`the tracker answered with status ${response.status}`)
  const answer = decodeBencode(bytes)?.value
  if (!(answer instanceof Map)) throw new Error('the tracker answered with something that is no bencoded dict')
  const refusal = answer.get('failure reason')
  if (refusal !== undefined) throw new TrackerRefusal(refusal instanceof Uint8Array ? Buffer.from(refusal).toString('utf8').slice(0, 200) : '')
  return answer
}

/** A tracker may move, but not lead a request to what is nearer to us than itself, nor to what is no tracker. */
async function follow (asked: string, signal: AbortSignal): Promise<Response> {
  for (let at = new URL(asked), hops = 0; ; hops++) {
    const response = await fetch(at, { signal, redirect: 'manual', headers: { accept: '*/*', connection: 'close' } })
    const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null
    if (location === null) return response
    await response.body?.cancel()
    const next = URL.canParse(location, at) ? new URL(location, at) : null
    const isTracker = next !== null && /^https?:$/.test(next.protocol) && /\/(?:announce|scrape)[^/]*$/.test(next.pathname)
    if (!isTracker || hops === MAX_TRACKER_REDIRECTS || !await mayLead(at.hostname, next.hostname)) throw new Error('the tracker leads elsewhere')
    at = next
  }
}

async function mayLead (from: string, to: string): Promise<boolean> {
  const [near, far] = await Promise.all([reachOf(from), reachOf(to)])
  return near !== null && far !== null && far >= near
}

async function boundedBytes (response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > maxBytes) throw new Error(`the tracker answered with more than ${maxBytes} bytes`) // leaving the loop cancels the body
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function readAnswer (answer: ReadonlyMap<string, BencodeValue>): RawAnswer {
  const [interval, peers, peers6] = [answer.get('interval'), answer.get('peers'), answer.get('peers6')]
  return {
    intervalSeconds: typeof interval === 'number' ? interval : 0,
    peers: [
      ...(peers instanceof Uint8Array ? readCompactPeers(peers, 4) : readPeerDicts(peers)),
      ...(peers6 instanceof Uint8Array ? readCompactPeers(peers6, 16) : [])
    ]
  }
}

function readPeerDicts (peers: BencodeValue | undefined): PeerAddress[] {
  if (!Array.isArray(peers)) return []
  return peers.flatMap(peer => {
    if (!(peer instanceof Map)) return []
    const [ip, port] = [peer.get('ip'), peer.get('port')]
    const host = ip instanceof Uint8Array ? Buffer.from(ip).toString('latin1') : ''
    return isIP(host) !== 0 && typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? [{ host, port }] : []
  })
}

function escaped (bytes: Uint8Array): string {
  return Array.from(bytes, byte => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
