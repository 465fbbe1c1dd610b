// What both sides of the reference know.
export const EVENT_PROTOCOL = '/bench/events/1'
export const FRAME_BYTES: number = 64 * 1024
