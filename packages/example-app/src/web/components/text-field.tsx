import { useId, useState, type KeyboardEvent, type ReactNode } from 'react'
import { MAX_TEXT_BYTES } from '../limits.ts'
import { Markdown } from '../text/markdown-view.tsx'
import { utf8Length } from '../text/quantities.ts'

/** Share of the bound from which the number of bytes is shown. */
const TELL_FROM = 0.5

interface TextFieldProps {
  readonly label: string
  readonly value: string
  /** `caret`: where it stands now. */
  readonly onChange: (value: string, caret: number) => void
  readonly rows: number
  readonly autoFocus?: boolean
  /** Ctrl or Command with Enter. */
  readonly onSubmit: () => void
}

/** A text with a preview of its Markdown and a counter of its bytes. */
export function TextField ({ label, value, onChange, rows, autoFocus = false, onSubmit }: TextFieldProps): ReactNode {
  const [preview, setPreview] = useState(false)
  const id = useId()
  const bytes = value.length * 3 < MAX_TEXT_BYTES * TELL_FROM ? value.length : utf8Length(value)
  const over = bytes > MAX_TEXT_BYTES
  function onKeyDown (event: KeyboardEvent): void {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      onSubmit()
    }
  }
  return (
    <div className='field'>
      <div className='field-head'>
        <label htmlFor={id}>{label}</label>
        <div className='tabs tabs-small' role='group' aria-label='View'>
          <button type='button' className='tab' aria-pressed={!preview} onClick={() => { setPreview(false) }}>Write</button>
          <button type='button' className='tab' aria-pressed={preview} onClick={() => { setPreview(true) }}>Preview</button>
        </div>
      </div>
      {/* Both keep their place: switching moves nothing below. */}
      <textarea id={id} value={value} rows={rows} dir='auto' hidden={preview} autoFocus={autoFocus} aria-invalid={over} aria-describedby={`${id}-hint`} onChange={event => { onChange(event.target.value, event.target.selectionStart) }} onKeyDown={onKeyDown} />
      {preview && <div className='preview' style={{ minBlockSize: `${rows * 1.5 + 1.2}em` }}>{value.trim() === '' ? <p className='faint'>Nothing to preview yet.</p> : <Markdown text={value} />}</div>}
      <p id={`${id}-hint`} className={`hint ${over ? 'hint-bad' : ''}`}>
        Markdown: **strong**, *emphasis*, &gt; quote, - list.{bytes > MAX_TEXT_BYTES * TELL_FROM && ` ${bytes.toLocaleString('en-US')} of ${MAX_TEXT_BYTES.toLocaleString('en-US')} bytes.`}
      </p>
    </div>
  )
}

/** Whether it may be sent; the peer checks again. */
export function isSendable (text: string): boolean {
  return text.trim() !== '' && utf8Length(text) <= MAX_TEXT_BYTES
}
