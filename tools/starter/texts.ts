// The texts of the starter community, in reading order: a Markdown file each, with an answer below it where there is one.
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'

export interface StarterText {
  readonly title: string
  readonly text: string
  readonly answer: string | null
}

const folder = path.join(import.meta.dirname, 'texts')

export function readTexts (): StarterText[] {
  return globSync('*.md', { cwd: folder }).filter(name => !name.endsWith('.answer.md')).sort().map(name => {
    const [, title = '', text = ''] = /^# ([^\n]+)\n\n(.+)$/s.exec(readFileSync(path.join(folder, name), 'utf8').trimEnd()) ?? []
    if (title === '') throw new Error(`${name} does not begin with a title`)
    const answer = path.join(folder, name.replace(/\.md$/, '.answer.md'))
    return { title, text, answer: existsSync(answer) ? readFileSync(answer, 'utf8').trimEnd() : null }
  })
}
