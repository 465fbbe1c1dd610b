// Makes a failing schedule small: without whatever it also fails without.
import { replay } from './replay.ts'
import type { Event, Schedule } from './schedule.ts'

const MAX_TRIES = 2000

export async function shrink (schedule: Schedule, fails: (schedule: Schedule) => Promise<boolean> = doesFail): Promise<Schedule> {
  let smallest = schedule
  let tries = 0
  const attempt = async (candidate: Schedule): Promise<boolean> => {
    if (++tries > MAX_TRIES || !await fails(candidate)) return false
    smallest = candidate
    return true
  }
  for (let moved = true; moved && tries <= MAX_TRIES;) {
    moved = false
    for (let size = 8; size >= 1; size >>= 1) {
      for (let at = 0; at < smallest.envelopes.length;) {
        if (await attempt(withoutEnvelopes(smallest, at, size))) moved = true
        else at += size
      }
      for (let at = 0; at < smallest.events.length;) {
        if (await attempt({ ...smallest, events: smallest.events.toSpliced(at, size) })) moved = true
        else at += size
      }
    }
  }
  return smallest
}

async function doesFail (schedule: Schedule): Promise<boolean> {
  return await replay(schedule).then(() => false, () => true)
}

function withoutEnvelopes (schedule: Schedule, from: number, count: number): Schedule {
  const stays = (n: number): boolean => n < from || n >= from + count
  const events = schedule.events.map((event): Event => event.kind === 'deliver'
    ? { ...event, envelopes: event.envelopes.filter(stays).map(n => n < from ? n : n - count) }
    : event)
  return { ...schedule, envelopes: schedule.envelopes.filter((_, n) => stays(n)), events: events.filter(event => event.kind !== 'deliver' || event.envelopes.length > 0) }
}
