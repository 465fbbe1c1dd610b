// libp2p's own WebSocket listener takes no server, so its connections are piped to it on loopback.
import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { PIPE_CONNECT_TIMEOUT_MS, PIPE_END_TIMEOUT_MS, PIPE_KEEP_ALIVE_MS } from '../limits.ts'
import type { Upgrade } from '../text-sockets.ts'

/**
 * Hands the connection on to the listener at a loopback port. The request is written anew from what a handshake needs
 * (RFC 6455, 4.1), so that nothing else of a stranger's gets there. Ends both sides when one ends.
 */
export function pipeUpgrade ({ request, socket, head }: Upgrade, port: number): void {
  const handshake = handshakeOf(request, port)
  if (handshake === null) {
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    return
  }
  const upstream = connect({ host: '127.0.0.1', port, noDelay: true, keepAlive: true, keepAliveInitialDelay: PIPE_KEEP_ALIVE_MS })
  const sides = [socket as Socket, upstream]
  const timer = setTimeout(() => { upstream.destroy() }, PIPE_CONNECT_TIMEOUT_MS)
  const endBoth = (): void => { for (const side of sides) side.destroy() }
  for (const side of sides) {
    side.on('error', endBoth)
    side.once('close', () => {
      clearTimeout(timer)
      endBoth()
    })
    side.once('end', () => { setTimeout(endBoth, PIPE_END_TIMEOUT_MS).unref() })
  }
  upstream.once('connect', () => {
    clearTimeout(timer)
    upstream.write(handshake)
    if (head.length > 0) upstream.write(head)
    socket.pipe(upstream)
    upstream.pipe(socket)
  })
}

function handshakeOf ({ headers }: IncomingMessage, port: number): string | null {
  const { 'sec-websocket-key': key, 'sec-websocket-version': version } = headers
  if (key === undefined || !/^[A-Za-z0-9+/]{22}==$/.test(key) || version !== '13') return null
  return [
    'GET / HTTP/1.1', `host: 127.0.0.1:${port}`, 'upgrade: websocket', 'connection: upgrade', 'sec-websocket-version: 13', `sec-websocket-key: ${key}`, '', ''
  ].join('\r\n')
}
