import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTextSockets, type TextSocket } from '../../src/seedbox/text-sockets.ts'
import { mutedUpgrade, rawClient, serveUpgrades, until } from './socket-server.ts'

const MiB = 1024 * 1024
const test = suite('text sockets')

test('when too much waits in all, who lets it wait is dropped, and not who is sent something just then', async () => {
  const opened: TextSocket[] = []
  const sockets = createTextSockets({
    maxMessageBytes: 1024, messagesPerSecond: 100, burstMessages: 100, bytesPerSecond: 1024, burstBytes: 1024, maxWaitingBytes: 64 * MiB, maxWaitingBytesInAll: 16 * MiB,
    open (socket) {
      opened.push(socket)
      return { text () {}, closed () {} }
    }
  })
  await using server = await serveUpgrades(sockets)
  const muted = await mutedUpgrade(server.port)
  const honest = await rawClient(server.url)
  const [toMuted, toHonest] = opened as [TextSocket, TextSocket]
  const text = JSON.stringify('x'.repeat(MiB))
  // More than the system takes in for it.
  for (let n = 0; n < 15; n++) toMuted.send(text)
  for (let n = 0; n < 4; n++) toHonest.send(text)
  await until(() => sockets.size === 1, 'one is dropped')
  await until(() => honest.got.length === 4, 'the honest one gets everything')
  muted.destroy()
  assert.is(sockets.size, 1)
})

test.run()
