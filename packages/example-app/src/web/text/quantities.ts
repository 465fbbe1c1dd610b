// Numbers as people read them.

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

/** `1,234`; without `Intl`, whose first use costs as much as drawing all rows of a feed. */
export function grouped (n: number): string {
  return String(n).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `1 post`, `2 posts`, `1,234 posts`; whole numbers. */
export function count (n: number, one: string, many: string = `${one}s`): string {
  return `${grouped(n)} ${n === 1 ? one : many}`
}

/** `1.2 MB`, in powers of 1,000. */
export function byteSize (bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return unit === 0 ? count(bytes, 'byte') : `${value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`
}

/** A score of any size in four characters: `12`, `1.2k`, `34k`, `1.2M`. */
export function shortNumber (n: number): string {
  const size = Math.abs(n)
  if (size < 1000) return String(n).replace('-', '−')
  const [divisor, letter] = size < 999_500 ? [1000, 'k'] : [1e6, 'M']
  const value = n / divisor
  return `${(Math.abs(value) < 10 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value))).replace('-', '−')}${letter}`
}

const encoder = new TextEncoder()

/** Bytes of a text in UTF-8. */
export function utf8Length (text: string): number {
  return encoder.encode(text).length
}
