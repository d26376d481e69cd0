import type { PlannedNode } from '../protocol/messages.ts'
import type { EnqueueOptions } from '../protocol/workbench.ts'
import type { EngineSupervisor } from './engine-supervisor.ts'
import { Look, type Places } from './look.ts'

/** Asks the engine what a run of a graph would do. */
export class PlanReader {
  private readonly look: Look

  constructor(engine: EngineSupervisor, places: Places) {
    this.look = new Look(engine, places)
  }

  async read(
    document: string,
    file: string,
    text: string,
    { engine, fresh }: EnqueueOptions,
    signal: AbortSignal,
  ): Promise<readonly PlannedNode[]> {
    const graph = { text, file, overrides: [] }
    const result = await this.look.ask(document, { type: 'plan', graph, options: { engine, fresh } }, signal)
    return result.nodes
  }
}
