import { constants } from 'node:os'

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'
const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** What a shell says of a program that a signal ended: 128 + the signal's number. */
export const signalCode = (signal: StopSignal): number => 128 + constants.signals[signal]

/** Calls `act` for each Ctrl-C (and its like); returns the function that stops listening. */
export function onInterrupt(act: (signal: StopSignal) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, act)
  return () => {
    for (const signal of SIGNALS) process.off(signal, act)
  }
}

/**
 * Ctrl-Z and its end: `pause` runs before the process is suspended, `resume` when it goes on. Returns the
 * function that stops listening. Windows has no such thing.
 */
export function onSuspend(pause: () => void, resume: () => void): () => void {
  if (process.platform === 'win32') return () => {}
  const suspend = () => {
    pause()
    process.kill(process.pid, 'SIGSTOP')
  }
  process.on('SIGTSTP', suspend)
  process.on('SIGCONT', resume)
  return () => {
    process.off('SIGTSTP', suspend)
    process.off('SIGCONT', resume)
  }
}
