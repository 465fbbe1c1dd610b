// Floods one room of a signalling point for a while: signalling-flood.ts URL ROOM MESSAGES_PER_SECOND SECONDS
// Says when it begins, and at its end how it went. A machine that lets it send less than it should gets it for longer.
// Half of it is sealed well with another key, which takes the devices the most work; the rest is anything.
import { createSeal } from '../../packages/core/src/personal/devices/seal.ts'

const [url = '', room = '', perSecond = '0', seconds = '0'] = process.argv.slice(2)
/** Fewer would be no flood. */
const MIN_MESSAGES = 10_000
const seal = await createSeal({ room, password: 'another' })
const sealed = await Promise.all(Array.from({ length: 50 }, async (_, i) => await seal.close({ type: 'announce', from: `flood-${i}` })))
const anything = [{ type: 'publish', topic: room, data: 'x'.repeat(1000) }, { type: 'publish', topic: room, data: { not: 'a string' } }, { type: 'what' }].map(message => JSON.stringify(message))
const messages = sealed.flatMap((data, i) => [JSON.stringify({ type: 'publish', topic: room, data }), anything[i % anything.length] ?? ''])

const socket = new WebSocket(url)
await new Promise(resolve => { socket.addEventListener('open', resolve) })
socket.send(JSON.stringify({ type: 'subscribe', topics: [room] }))
const startedMs = performance.now()
let sent = 0
process.stdout.write('begun\n')
while ((performance.now() - startedMs < Number(seconds) * 1000 || sent <= MIN_MESSAGES) && socket.readyState === WebSocket.OPEN) {
  const due = Math.floor((performance.now() - startedMs) / 1000 * Number(perSecond))
  while (sent < due && socket.bufferedAmount < 4 * 1024 * 1024) socket.send(messages[sent++ % messages.length] ?? '')
  await new Promise(resolve => setTimeout(resolve, 5))
}
process.stdout.write(`${JSON.stringify({ sent, open: socket.readyState === WebSocket.OPEN })}\n`)
socket.close()
