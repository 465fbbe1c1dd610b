import { isIP } from 'node:net'
import { decodeBencode, type BencodeValue } from '../wire/bencode.ts'
import { readCompactPeers, WANTED_PEERS, type Announce, type AskOptions, type PeerAddress, type RawAnswer } from './tracker-message.ts'

/** Announces by HTTP GET (BEP 3), asking for compact peers (BEP 23). */
export async function announceHttp (url: URL, announce: Announce, { signal, maxAnswerBytes }: AskOptions): Promise<RawAnswer> {
  const { infoHash, peerId, port, left, event } = announce
  const query = [
    `info_hash=${escaped(Buffer.from(infoHash, 'hex'))}`, `peer_id=${escaped(peerId)}`, `port=${port}`, 'uploaded=0', 'downloaded=0', `left=${left}`,
    'compact=1', `numwant=${event === 'stopped' ? 0 : WANTED_PEERS}`, ...(event === undefined ? [] : [`event=${event}`])
  ].join('&')
  const asked = `${url.origin}${url.pathname}${url.search}${url.search === '' ? '?' : '&'}${query}`
  const response = await fetch(asked, { signal, headers: { accept: '*/*', connection: 'close' } })
  const bytes = await boundedBytes(response, maxAnswerBytes)
  if (!response.ok) throw new Error(`the tracker answered with status ${response.status}`)
  return readAnswer(bytes)
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

function readAnswer (bytes: Uint8Array): RawAnswer {
  const answer = decodeBencode(bytes)?.value
  if (!(answer instanceof Map)) throw new Error('the tracker answered with something that is no bencoded dict')
  const refusal = answer.get('failure reason')
  if (refusal !== undefined) throw new Error(`the tracker refused: ${refusal instanceof Uint8Array ? Buffer.from(refusal).toString('utf8').slice(0, 200) : ''}`)
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
