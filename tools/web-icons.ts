// Draws the PNG icons of the web app from its SVG, in Debian's Chromium: `node --conditions=source tools/web-icons.ts`.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { chromium } from 'playwright-core'

const folder = path.join(import.meta.dirname, '../packages/example-app/src/web/public')
const svg = await readFile(path.join(folder, 'icon.svg'), 'utf8')
const browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
try {
  for (const size of [192, 512]) {
    const page = await browser.newPage({ viewport: { width: size, height: size } })
    await page.setContent(`<style>body { margin: 0 } svg { display: block; width: ${size}px; height: ${size}px }</style>${svg}`)
    await page.screenshot({ path: path.join(folder, `icon-${size}.png`) })
  }
} finally {
  await browser.close()
}
