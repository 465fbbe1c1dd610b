// The tests of one client: each setting is one process, which first downloads from us and then seeds to us.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { casesOf, settingsOf, type Case, type Setting } from './cases.ts'
import type { ClientName } from './clients/client.ts'
import { hasClient } from './clients/installed.ts'
import type { Conversation } from './relay.ts'
import { openSession, type Session } from './session.ts'
import { hasSubnet } from './subnet.ts'
import { EXTENDED, isPlain, PIECE, readWire, REQUEST } from './wire-log.ts'

export function testClient (client: ClientName): void {
  const test = suite(client)
  if (hasClient(client) && (client !== 'transmission' || hasSubnet())) testSettings(test, settingsOf(client))
  else test.skip(`${client} cannot run here`, () => {})
  test.run()
}

/** All settings at a time, and all cases of one: what takes long is clients that look every ten seconds at whom to serve. */
function testSettings (test: ReturnType<typeof suite>, settings: readonly Setting[]): void {
  const sessions = new Map<Setting, Promise<Session>>()
  const results = new Map<string, Promise<void>>()
  test.before(() => {
    for (const setting of settings) {
      const opening = openSession(setting)
      sessions.set(setting, opening)
      for (const each of casesOf(setting)) {
        const result = opening.then(async session => { await (each.direction === 'seeds to us' ? session.seed(each.link) : session.download(each.link)) })
        result.catch(() => {}) // its test awaits it, later
        results.set(nameOf(each), result)
      }
    }
  })
  test.after(async () => {
    await Promise.allSettled(results.values())
    for (const opening of await Promise.allSettled(sessions.values())) {
      if (opening.status === 'fulfilled') await opening.value[Symbol.asyncDispose]()
    }
  })
  for (const setting of settings) {
    for (const each of casesOf(setting)) test(nameOf(each), async () => { await results.get(nameOf(each)) })
    if (setting.transport !== 'tcp') continue
    test(`${setting.transport}, ${setting.encryption}: what passes is by the rules`, async () => {
      const session = await sessions.get(setting)
      checkWire(session?.conversations() ?? [], setting)
    })
  }
}

function nameOf ({ transport, encryption, direction, link }: Case): string {
  return `${transport}, ${encryption}: ${direction} by ${link}`
}

/** What passed between the client and us was encrypted as asked; where it was not, every byte of it follows the BEPs. */
function checkWire (conversations: readonly Conversation[], { encryption }: Setting): void {
  assert.ok(conversations.length > 0)
  if (encryption === 'forced') {
    assert.equal(conversations.filter(({ dialler }) => isPlain(dialler)).length, 0)
    return
  }
  let served = 0
  for (const { dialler, dialled } of conversations) {
    if (dialled.length === 0) continue
    const [client, us] = [readWire(dialler), readWire(dialled)]
    assert.is(client.infoHash, us.infoHash)
    // Our own extension is offered to everyone. Who does not know it neither offers it nor says a word of it.
    assert.type(us.extensions?.['sb_bodies'], 'number')
    assert.is(client.extensions?.['sb_bodies'], undefined)
    const own = us.extensions?.['sb_bodies']
    assert.ok(client.messages.every(({ id, payload }) => id !== EXTENDED || payload[0] !== own))
    const blocks = us.messages.filter(({ id }) => id === PIECE).length
    assert.ok(blocks <= client.messages.filter(({ id }) => id === REQUEST).length)
    if (blocks > 0) served++
  }
  assert.ok(served > 0)
}
