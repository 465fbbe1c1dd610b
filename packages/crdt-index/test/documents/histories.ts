// Random histories of one author's devices, honest and not.
import * as Y from 'yjs'
import { EnvelopeKind } from '../../src/model.ts'
import { Device, envelope, pick, scribble, type Published, type Random } from './devices.ts'
import { itemKey, SECONDS } from './updates.ts'

/** What up to three devices of one author publish, partly offline from each other; `onStep` may add what nobody honest does. */
export function history (random: Random, onStep?: (device: Device, devices: readonly Device[]) => Published[]): { devices: Device[], published: Published[] } {
  const devices = Array.from({ length: 1 + random(3) }, (_, i) => new Device(100 + i))
  const published: Published[] = []
  for (let steps = 10 + random(40); steps > 0; steps--) {
    const device = pick(devices, random)
    const other = pick(devices, random)
    if (other !== device && random(6) === 0) {
      device.meet(other)
    } else if (device.seq > 0 && random(8) === 0) {
      published.push(device.snapshot())
    } else {
      const change = device.change(scribble(random, 8))
      if (change !== null) published.push(change)
    }
    published.push(...onStep?.(device, devices) ?? [])
  }
  return { devices, published }
}

/** What an author who equivocates signs: a second version of a device's past, with any `seen`. */
export function forge (random: Random, device: Device, devices: readonly Device[]): Published[] {
  if (random(4) !== 0 || device.seq === 0) return []
  const other = new Y.Doc()
  other.clientID = device.id
  for (let i = 1 + random(3); i > 0; i--) other.getMap('votes').set(itemKey(random(8)), [0, SECONDS - random(100)])
  const seq = 1 + random(device.seq + 3)
  const kind = random(2) === 0 ? EnvelopeKind.delta : EnvelopeKind.snapshot
  const seen = new Map(kind === EnvelopeKind.delta ? [] : devices.map(({ id }) => [id, 1 + random(12)] as const))
  if (kind === EnvelopeKind.snapshot) seen.set(device.id, seq)
  const from = random(4) === 0 ? 900 + random(8) : device.id
  if (from !== device.id) {
    other.clientID = from
    other.getMap('votes').set(itemKey(9), [1, SECONDS])
    seen.delete(device.id)
    if (kind === EnvelopeKind.snapshot) seen.set(from, seq).set(device.id, 1 + random(9))
  }
  const forged = envelope({ device: from, seq, kind, seen }, Y.encodeStateAsUpdate(other))
  return forged === null ? [] : [forged]
}

export function shuffled<T> (items: readonly T[], random: Random): T[] {
  const list: T[] = []
  for (const item of items) list.splice(random(list.length + 1), 0, item)
  return list
}
