// What the browser, the network and the disk cost without Seedbed, in the same run.
import type { Page } from 'playwright-core'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { openProfile, serveFolder, temporaryFolder } from '../../test/browser/harness.ts'
import { quantile } from '../support/suite.ts'
import { bareRows, drawBareFeed, drawBareThread, openBareEnd } from './bare-page.ts'
import { heapsOf } from './heap.ts'
import { watchPage } from './in-page.ts'
import { interactionMs, timeOf } from './marks.ts'

const MESSAGES = 25
const CLICKS = 10

/** Milliseconds to the first row of 1,000 posts with 10,000 votes as JSON, in a new profile and in the same one again. */
export async function measureBareStart (posts: number): Promise<{ coldMs: number, warmMs: number }> {
  await using files = await temporaryFolder()
  await writeFile(path.join(files.folder, 'rows.json'), JSON.stringify(bareRows(posts)))
  await using server = await serveFolder(files.folder)
  await using profile = await openProfile()
  const firstRow = async (): Promise<number> => {
    await profile.context.addInitScript(watchPage)
    await profile.context.addInitScript(drawBareFeed)
    return await timeOf(await profile.open(`${server.url}/c/bare`), 'row')
  }
  const coldMs = await firstRow()
  await profile.restart()
  return { coldMs, warmMs: await firstRow() }
}

/** Heap bytes of the same rows as objects, and milliseconds of a press that draws the first forty anew. */
export async function measureBareRows (posts: number): Promise<{ heapBytes: number, pressMs: number }> {
  await using files = await temporaryFolder()
  await writeFile(path.join(files.folder, 'rows.json'), JSON.stringify(bareRows(posts)))
  await using server = await serveFolder(files.folder)
  await using profile = await openProfile()
  await profile.context.addInitScript(watchPage)
  await profile.context.addInitScript(drawBareFeed)
  const page = await profile.open(`${server.url}/c/bare`)
  await timeOf(page, 'row')
  const presses: number[] = []
  for (let n = 0; n < CLICKS; n++) presses.push(await interactionMs(page, async () => { await page.locator('.posts li').nth(n).click() }))
  const { page: { used, buffers } } = await heapsOf(page)
  return { heapBytes: used + buffers, pressMs: quantile(presses, 0.5) }
}

export async function measureBareThread (texts: readonly string[]): Promise<number> {
  await using files = await temporaryFolder()
  await writeFile(path.join(files.folder, 'texts.json'), JSON.stringify(texts))
  await using server = await serveFolder(files.folder)
  await using profile = await openProfile()
  const page = await profile.open(server.url)
  return await page.evaluate(drawBareThread)
}

/** A bare RTCPeerConnection between pages of two browsers: milliseconds until it is open, and of one message. */
export async function measureBareDial (a: Page, b: Page): Promise<{ dialMs: number, messageMs: number }> {
  await b.evaluate(openBareEnd)
  await a.evaluate(openBareEnd)
  const offer = await a.evaluate(async () => await bare.offer())
  const answer = await b.evaluate(async offer => await bare.answer(offer), offer)
  await a.evaluate(async answer => { await bare.accept(answer) }, answer)
  const dialMs = await a.evaluate(async () => await bare.connected())
  for (let n = 0; n < MESSAGES; n++) {
    await a.evaluate(() => { bare.send() })
    await b.waitForFunction(n => bare.received.length > n, n, { polling: 5 })
  }
  const [sent, received] = [await a.evaluate(() => bare.sent), await b.evaluate(() => bare.received)]
  return { dialMs, messageMs: quantile(received.map((atMs, n) => atMs - (sent[n] ?? 0)), 0.5) }
}
