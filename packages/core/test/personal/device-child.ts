// One device in a process of its own, to see whether the process lives.
//
//   device-child.ts guarded|stock SIGNALLING_URL SEED    SEED: 64 hex characters
//
// Prints `ready`, and then the content of the map `drafts` whenever it changed. `stock`: y-webrtc as it is.
import { loadWebRtc } from '../../src/personal/devices/web-rtc-node.ts'
import { createDevices } from '../../src/personal/devices/devices.ts'
import { createPersonalDoc } from '../../src/personal/document.ts'
import { personalSecrets } from '../../src/personal/secrets.ts'

const [kind, url = '', seed = ''] = process.argv.slice(2)
const doc = createPersonalDoc()
const secrets = personalSecrets(Buffer.from(seed, 'hex'))
const silent = { debug: () => {}, info: () => {}, warn: () => {} }
doc.on('update', () => { process.stdout.write(`${JSON.stringify(doc.getMap('drafts').toJSON())}\n`) })

if (kind === 'stock') {
  // Its own types end with what we use of it.
  const { WebrtcProvider } = await import('y-webrtc') as unknown as { WebrtcProvider: new (room: string, doc: object, options: object) => object }
  const webRtc = await loadWebRtc()
  const provider = new WebrtcProvider(secrets.room, doc, { signaling: [url], password: secrets.password, peerOpts: { config: { iceServers: [] }, wrtc: webRtc?.implementation } })
  process.on('exit', () => { void provider })
} else {
  createDevices({ secrets, doc, iceServers: [], loadWebRtc, mayGrow: () => true, onChange: () => {}, logger: silent }).use([url])
}
setInterval(() => {}, 60_000)
process.stdout.write('ready\n')
