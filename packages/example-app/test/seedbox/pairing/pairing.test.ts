import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PAIRING_VALID_MS } from '../../../src/seedbox/limits.ts'
import { createPairing, type Pairing } from '../../../src/seedbox/pairing/pairing.ts'
import { openPairing, pairingSecret, PairingError } from '../../../src/web/pairing.ts'
import { startFront } from '../front/front-harness.ts'

const PHRASE = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const test = suite('pairing')

function pairing (): { readonly pairing: Pairing, nowMs: number } {
  const state = { nowMs: 1e12 }
  return Object.assign(state, { pairing: createPairing({ phrase: async () => PHRASE, clock: () => state.nowMs }) })
}

const codeOf = async (work: Promise<unknown>): Promise<string> => await work.then(() => 'done', (error: unknown) => error instanceof PairingError ? error.code : String(error))

test('a secret opens the phrase over HTTP, once', async () => {
  const { pairing: own } = pairing()
  await using under = await startFront({ pairing: own })
  const url = `${under.url}/pair`
  const { secret } = own.renew()
  const sent: string[] = []
  const spy: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    sent.push(init?.body as string, await response.clone().text())
    return response
  }
  assert.is(await openPairing(secret, { url, fetch: spy }), PHRASE)
  for (const text of sent) assert.not.ok(text.includes(secret) || text.includes('winner'), 'nothing tells on the wire')
  assert.is(await codeOf(openPairing(secret, { url })), 'REFUSED')
  assert.is(await openPairing(own.renew().secret, { url }), PHRASE)
})

test('a secret ends with its day, and with the next one', async () => {
  const state = pairing()
  await using under = await startFront({ pairing: state.pairing })
  const url = `${under.url}/pair`
  const { secret: first } = state.pairing.renew()
  const { secret: second } = state.pairing.renew()
  assert.is(await codeOf(openPairing(first, { url })), 'REFUSED')
  state.nowMs += PAIRING_VALID_MS
  assert.is(await codeOf(openPairing(second, { url })), 'REFUSED')
  assert.is(await codeOf(openPairing(state.pairing.renew().secret, { url })), 'done')
})

test('strangers with wrong tokens keep nobody from pairing', async () => {
  const { pairing: own } = pairing()
  await using under = await startFront({ pairing: own })
  const url = `${under.url}/pair`
  const { secret } = own.renew()
  const stranger = createPairing({ phrase: async () => '', clock: Date.now })
  for (let count = 0; count < 50; count++) assert.is(await codeOf(openPairing(stranger.renew().secret, { url })), 'REFUSED')
  assert.is(await openPairing(secret, { url }), PHRASE)
})

test('two that come at once: one gets it', async () => {
  const { pairing: own } = pairing()
  await using under = await startFront({ pairing: own })
  const { secret } = own.renew()
  const results = await Promise.all([1, 2].map(async () => await codeOf(openPairing(secret, { url: `${under.url}/pair` }))))
  assert.equal(results.sort(), ['REFUSED', 'done'])
})

test('links and answers that are none are told', async () => {
  assert.is(pairingSecret('#device=AAAAAAAAAAAAAAAAAAAAAA'), 'AAAAAAAAAAAAAAAAAAAAAA')
  assert.is(pairingSecret('#/c/x'), null)
  assert.is(await codeOf(openPairing('short')), 'BAD_SECRET')
  const secret = 'A'.repeat(22)
  const answering = (status: number, body: string): typeof fetch => async () => new Response(body, { status })
  for (const answer of ['', '[]', '{"sealed":1}', '{"sealed":"AA"}', `{"sealed":"${'A'.repeat(60)}"}`]) assert.is(await codeOf(openPairing(secret, { fetch: answering(200, answer) })), 'NETWORK_FAILED', answer)
  assert.is(await codeOf(openPairing(secret, { fetch: answering(500, '') })), 'NETWORK_FAILED')
  assert.is(await codeOf(openPairing(secret, { fetch: async () => { throw new TypeError('fetch failed') } })), 'NETWORK_FAILED')
})

test.run()
