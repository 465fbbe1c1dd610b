// Text in columns: what a terminal shows is neither bytes nor UTF-16 units.
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
/** Wide ranges of Unicode's EastAsianWidth.txt (W and F), coarsely; emoji by their property. */
const WIDE = /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}|\ufe0f/u
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}]+$/u

/** Columns that a text takes. */
export function columnsOf (text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let columns = 0
  for (const { segment } of graphemes.segment(text)) columns += graphemeColumns(segment)
  return columns
}

/** The start of a text, with an ellipsis if it was longer than `columns`. */
export function clip (text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  let [kept, used] = ['', 0]
  for (const { segment } of graphemes.segment(text)) {
    used += graphemeColumns(segment)
    if (used > columns - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** Lines of at most `columns`, broken at spaces where that is possible; keeps line breaks and indents. */
export function wrap (text: string, columns: number): string[] {
  return text.split('\n').flatMap(line => wrapLine(line, Math.max(columns, 2)))
}

function wrapLine (line: string, columns: number): string[] {
  if (columnsOf(line) <= columns) return [line]
  const lines: string[] = []
  let [current, used] = ['', 0]
  const push = (): void => {
    lines.push(current.trimEnd())
    current = ''
    used = 0
  }
  for (const word of line.match(/ +|[^ ]+/g) ?? []) {
    const width = columnsOf(word)
    if (used + width <= columns) {
      if (used > 0 || lines.length === 0 || !word.startsWith(' ')) {
        current += word
        used += width
      }
      continue
    }
    if (word.startsWith(' ')) {
      push()
      continue
    }
    if (used > 0) push()
    for (const { segment } of graphemes.segment(word)) { // a word that is longer than a line
      const size = graphemeColumns(segment)
      if (used + size > columns) push()
      current += segment
      used += size
    }
  }
  if (current.trim() !== '') push()
  return lines
}

function graphemeColumns (segment: string): number {
  if (WIDE.test(segment)) return 2
  return INVISIBLE.test(segment) ? 0 : 1
}
