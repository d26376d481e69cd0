/** What a person may choose when the last window closes while a run goes on. */
export const CHOICES = ['Go on in the background', 'Checkpoint and stop', 'Cancel'] as const

export type Closing =
  /** Nothing is under way. */
  | 'end'
  /** The window closes; the run goes on, and Diptych ends after it. */
  | 'go-on'
  /** The run commits a checkpoint, then everything ends. */
  | 'checkpoint'
  /** The window stays. */
  | 'stay'

/** Decides what closing the last window means; `ask` shows the choices and gives the index of one. */
export async function decideClosing(isBusy: boolean, ask: () => Promise<number>): Promise<Closing> {
  if (!isBusy) return 'end'
  const answers: readonly Closing[] = ['go-on', 'checkpoint', 'stay']
  return answers[await ask()] ?? 'stay'
}

/** The part of Electron's BrowserWindow that is used. */
export interface ClosingWindow {
  on(event: 'close', listener: (event: { preventDefault(): void }) => void): unknown
  close(): void
}

/** The part of the host that is used. */
export interface ClosingHost {
  readonly isBusy: boolean
  close(how: 'checkpoint'): Promise<void>
}

/** The last window asks what becomes of a run before it closes; it asks once at a time. */
export function guardClosing(
  window: ClosingWindow,
  isLast: () => boolean,
  host: ClosingHost,
  ask: () => Promise<number>,
): void {
  let decided = false
  let asking = false
  const decide = async () => {
    const choice = await decideClosing(host.isBusy, ask)
    if (choice === 'stay') return
    decided = true
    if (choice === 'checkpoint') await host.close('checkpoint')
    window.close()
  }
  window.on('close', event => {
    if (decided || !isLast()) return
    event.preventDefault()
    if (asking) return
    asking = true
    void decide().finally(() => {
      asking = false
    })
  })
}
