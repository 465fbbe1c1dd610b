// What a verifying thread is told and says. How one is started is the platform's business.
import { unpackProofs } from './packed-proofs.ts'
import { checkProofs, type ProofPorts } from './proof.ts'

export interface VerifyJob {
  readonly job: number
  /** As `packProofs` makes it; handed over. */
  readonly proofs: ArrayBuffer
}

/** `ready`: it listens. Then a byte a proof, in order: a `Flaw`. */
export type VerifyReport = { readonly ready: true } | { readonly job: number, readonly flaws: Uint8Array }

export interface VerifyThread {
  send (job: VerifyJob): void
  stop (): void
  /** Whether the process stays alive for it: while somebody waits. */
  hold (isHeld: boolean): void
}

export interface VerifyThreadEvents {
  report (report: VerifyReport): void
  /** The thread is gone, and its jobs with it. */
  failed (): void
}

/** Throws where there are no threads. What the thread has to say comes later, never during the call. */
export type StartVerifyThread = (events: VerifyThreadEvents) => VerifyThread

/** What a verifying thread does: one job after another. */
export function createVerifyJobs (ports: ProofPorts, report: (report: VerifyReport) => void): (job: VerifyJob) => void {
  let last: Promise<void> = Promise.resolve()
  report({ ready: true })
  return ({ job, proofs }) => {
    // What throws here ends the thread; whoever waits for it then checks for itself.
    last = last.then(async () => { report({ job, flaws: await checkProofs(unpackProofs(proofs), ports) }) })
  }
}
