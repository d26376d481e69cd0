import type { SchemasRead } from '../protocol/workbench.ts'
import type { EngineSupervisor } from './engine-supervisor.ts'
import { Look, type Places } from './look.ts'

/** Asks the engine what the sources of a graph hold. */
export class SchemaReader {
  private readonly look: Look

  constructor(engine: EngineSupervisor, places: Places) {
    this.look = new Look(engine, places)
  }

  async read(document: string, file: string, text: string, signal: AbortSignal): Promise<SchemasRead> {
    const result = await this.look.ask(
      document,
      { type: 'check', graph: { text, file, overrides: [] } },
      signal,
    )
    const schemas: Record<string, SchemasRead['schemas'][string]> = {}
    for (const [wire, schema] of Object.entries(result.schemas)) schemas[wire] = { state: 'known', schema }
    for (const [wire, message] of Object.entries(result.unreadable))
      schemas[wire] = { state: 'failed', message }
    return { schemas }
  }
}
