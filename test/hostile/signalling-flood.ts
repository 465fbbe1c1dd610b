// Floods one room of a signalling point for a while: signalling-flood.ts URL ROOM MESSAGES_PER_SECOND SECONDS
// Half of it is sealed well with another key, which takes the devices the most work; the rest is anything.
import { createSeal } from '../../packages/core/src/personal/devices/seal.ts'

const [url = '', room = '', perSecond = '0', seconds = '0'] = process.argv.slice(2)
const seal = await createSeal({ room, password: 'another' })
const sealed = await Promise.all(Array.from({ length: 50 }, async (_, i) => await seal.close({ type: 'announce', from: `flood-${i}` })))
const anything = [{ type: 'publish', topic: room, data: 'x'.repeat(1000) }, { type: 'publish', topic: room, data: { not: 'a string' } }, { type: 'what' }].map(message => JSON.stringify(message))
const messages = sealed.flatMap((data, i) => [JSON.stringify({ type: 'publish', topic: room, data }), anything[i % anything.length] ?? ''])

const socket = new WebSocket(url)
await new Promise(resolve => { socket.addEventListener('open', resolve) })
socket.send(JSON.stringify({ type: 'subscribe', topics: [room] }))
const startedMs = performance.now()
let sent = 0
while (performance.now() - startedMs < Number(seconds) * 1000 && socket.readyState === WebSocket.OPEN) {
  const due = Math.floor((performance.now() - startedMs) / 1000 * Number(perSecond))
  while (sent < due && socket.bufferedAmount < 4 * 1024 * 1024) socket.send(messages[sent++ % messages.length] ?? '')
  await new Promise(resolve => setTimeout(resolve, 5))
}
process.stdout.write(`${JSON.stringify({ sent, open: socket.readyState === WebSocket.OPEN })}\n`)
socket.close()
