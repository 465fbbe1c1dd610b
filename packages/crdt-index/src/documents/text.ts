/**
 * Whether a text may stand in an entry: well-formed Unicode, at most `maxBytes` in UTF-8, no control characters
 * (C0, DEL, C1) except, where `lines` is set, LF and TAB.
 */
export function fitsText (text: unknown, maxBytes: number, lines = false): text is string {
  if (typeof text !== 'string' || text.length > maxBytes) return false
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20) {
      if (!lines || (unit !== 0x0a && unit !== 0x09)) return false
      bytes++
    } else if (unit < 0x7f) {
      bytes++
    } else if (unit < 0xa0) {
      return false
    } else if (unit < 0x800) {
      bytes += 2
    } else if (unit < 0xd800 || unit > 0xdfff) {
      bytes += 3
    } else {
      const next = text.charCodeAt(++i)
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false
      bytes += 4
    }
  }
  return bytes <= maxBytes
}
