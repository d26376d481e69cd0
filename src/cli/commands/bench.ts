import { withEngine } from '../engine.ts'
import { CliError, EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { jsonLine } from '../render/json.ts'
import { openRunView } from '../render/run-view.ts'

export interface BenchFlags {
  readonly rounds: number
  readonly steps: number
  /** `--peers jax,torch_eager`; false after `--no-peers`. */
  readonly peers?: readonly string[] | false
  readonly json?: boolean
}

/** Times a fixed model against its peers; progress goes to standard error. */
export async function benchCommand(name: string, flags: BenchFlags, io: Io): Promise<number> {
  return withEngine(async engine => {
    const view = openRunView(io.err, [])
    const peers = flags.peers === false ? [] : flags.peers
    const ask = { type: 'bench', name, rounds: flags.rounds, stepsPerRound: flags.steps, peers } as const
    const result = await engine.request(ask, event => view.event(event)).result.finally(() => view.close())
    if (result.type === 'failed') throw new CliError(result.message)
    if (result.type !== 'bench') throw new CliError(`the engine answered a benchmark with "${result.type}"`)
    io.out.line(flags.json ? jsonLine(result.json) : result.text.trimEnd())
    return EXIT.ok
  })
}
