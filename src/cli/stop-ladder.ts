import type { EngineProcess } from '../host/engine-process.ts'
import { EXIT } from './exit.ts'
import { type StopSignal, signalCode } from './interrupts.ts'

type Cause = StopSignal | 'broken pipe'

/**
 * What each Ctrl-C does to a run, one step harder than the one before: stop with a checkpoint, stop at once, kill
 * the engine. An engine that is not up yet, or that has answered already, has nothing to lose and is killed.
 */
export class StopLadder {
  private readonly engine: EngineProcess
  private readonly run: number
  private readonly say: (line: string) => void
  private cause: Cause | undefined
  private presses = 0
  private busy = false

  /** `say` tells the person what happens. */
  constructor(engine: EngineProcess, run: number, say: (line: string) => void) {
    this.engine = engine
    this.run = run
    this.say = say
    engine.ready.then(
      () => {
        this.busy = true
      },
      () => {
        // The request fails with the reason.
      },
    )
  }

  /** What to exit with after a stop; undefined when nobody asked for one. */
  get code(): number | undefined {
    if (!this.cause) return undefined
    return this.cause === 'broken pipe' ? EXIT.brokenPipe : signalCode(this.cause)
  }

  /** The run has answered: a further Ctrl-C needn't wait for anything. */
  answered(): void {
    this.busy = false
  }

  press(cause: Cause): void {
    this.cause ??= cause
    this.presses++
    if (!this.busy || this.presses > 2) {
      this.say('Killing the engine.')
      void this.engine.kill()
    } else if (this.presses === 2) {
      this.say('Stopping without a new checkpoint. Once more kills the engine.')
      this.stop('cancel')
    } else {
      this.say('Stopping at the next step, with a checkpoint. Once more stops without one.')
      this.stop('checkpoint')
    }
  }

  private stop(how: 'checkpoint' | 'cancel'): void {
    this.engine.request({ type: 'stop', run: this.run, how }).result.catch(() => {
      // The engine is gone; the run's own request says so.
    })
  }
}
