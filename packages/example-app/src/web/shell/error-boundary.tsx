import { Component, type ReactNode } from 'react'
import { Notice } from '../components/notice.tsx'

interface Props { readonly children: ReactNode }
interface State { readonly error: Error | null }

/** A defect of the app shows itself here, and leaves the peer and its data alone. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null }

  static getDerivedStateFromError (error: Error): State {
    return { error }
  }

  override render (): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <main className='page'>
        <Notice whole icon='warning' kind='failed' title='Something in this app broke'>
          <p>Nothing is lost: posts, votes and drafts are stored.</p>
          <p><button type='button' className='button button-main' onClick={() => { location.reload() }}>Reload</button></p>
          <p className='hint'>{error.message}</p>
        </Notice>
      </main>
    )
  }
}
