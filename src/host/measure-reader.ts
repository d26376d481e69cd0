import type { MeasuredTrain } from '../protocol/messages.ts'
import type { EnqueueOptions } from '../protocol/workbench.ts'
import type { EngineSupervisor } from './engine-supervisor.ts'
import { Look, type Places } from './look.ts'

/** Has the engine compile the steps of a Train and say what memory they need; a run under way waits between two steps. */
export class MeasureReader {
  private readonly look: Look

  constructor(engine: EngineSupervisor, places: Places) {
    this.look = new Look(engine, places)
  }

  async read(
    document: string,
    file: string,
    text: string,
    train: string,
    { engine }: EnqueueOptions,
    signal: AbortSignal,
  ): Promise<readonly MeasuredTrain[]> {
    const graph = { text, file, overrides: [] }
    const command = { type: 'measure', graph, train, options: { engine } } as const
    const result = await this.look.ask(document, command, signal)
    return result.trains
  }
}
