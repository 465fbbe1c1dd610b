// Messages about what was done or failed: read out by screen readers, reachable with F6, gone by themselves.
import { Toast } from '@base-ui/react/toast'
import type { ReactNode } from 'react'
import { TOAST_FAILED_MS, TOAST_MS } from '../limits.ts'
import { codeOf, explain } from '../peer/failure.ts'
import { Icon } from './icon.tsx'

const manager = Toast.createToastManager()

export function toastDone (title: string, description?: string): void {
  manager.add({ title, ...(description === undefined ? {} : { description }), type: 'done', timeout: TOAST_MS })
}

/** `id`: a message of the same kind takes the place of the earlier one. */
export function toastFailure (title: string, error: unknown): void {
  manager.add({ id: `${title}:${codeOf(error)}`, title, description: explain(error), type: 'failed', priority: 'high', timeout: TOAST_FAILED_MS })
}

/** Runs an action and tells how it ended; true when it was done. */
export async function tell (work: Promise<unknown>, { done, failed }: { readonly done?: string, readonly failed: string }): Promise<boolean> {
  try {
    await work
    if (done !== undefined) toastDone(done)
    return true
  } catch (error) {
    toastFailure(failed, error)
    return false
  }
}

export function Toasts (): ReactNode {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className='toasts'><ToastList /></Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function ToastList (): ReactNode {
  const { toasts } = Toast.useToastManager()
  return toasts.map(toast => (
    <Toast.Root key={toast.id} toast={toast} className={`toast toast-${toast.type ?? 'done'}`} swipeDirection={['right', 'down']}>
      <Toast.Content className='toast-content'>
        <Icon name={toast.type === 'failed' ? 'warning' : 'check'} />
        <div>
          <Toast.Title className='toast-title' />
          <Toast.Description className='toast-text' />
        </div>
        <Toast.Close className='icon-button' aria-label='Dismiss'><Icon name='close' /></Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ))
}
