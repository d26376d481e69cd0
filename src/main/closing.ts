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
