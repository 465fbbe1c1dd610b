// What a process received over TCP, handshakes, encryption and multiplexing included.
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** Counts from here on; connections that this process opens. */
export function countSocketBytes (): () => number {
  const sockets: Socket[] = []
  subscribe('net.client.socket', message => { sockets.push((message as { socket: Socket }).socket) })
  return () => sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
}
