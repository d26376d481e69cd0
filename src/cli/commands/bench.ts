import { BENCHMARK_NAMES } from '../../protocol/messages.ts'
import { withEngine } from '../engine.ts'
import { CliError, EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { jsonLine } from '../render/json.ts'
import { openRunView } from '../render/run-view.ts'

export interface BenchFlags {
  readonly rounds: number
  readonly steps?: number
  /** `--peers jax,torch_eager`; false after `--no-peers`. */
  readonly peers?: readonly string[] | false
  readonly json?: boolean
}

/**
 * Times fixed models against their peers, all of them where none is named; progress goes to standard error, each
 * result to standard output as soon as it is there.
 */
export async function benchCommand(names: readonly string[], flags: BenchFlags, io: Io): Promise<number> {
  const known: readonly string[] = BENCHMARK_NAMES
  const strange = names.find(name => !known.includes(name))
  if (strange !== undefined)
    throw new CliError(`there is no benchmark "${strange}"; there are: ${known.join(', ')}`)
  return withEngine(async engine => {
    const peers = flags.peers === false ? [] : flags.peers
    for (const [i, name] of (names.length === 0 ? known : names).entries()) {
      const view = openRunView(io.err, [])
      const ask = { type: 'bench', name, rounds: flags.rounds, stepsPerRound: flags.steps, peers } as const
      const result = await engine.request(ask, event => view.event(event)).result.finally(() => view.close())
      if (result.type === 'failed') throw new CliError(result.message)
      if (result.type !== 'bench') throw new CliError(`the engine answered a benchmark with "${result.type}"`)
      if (flags.json) io.out.line(jsonLine(result.json))
      else io.out.line(`${i === 0 ? '' : '\n'}${result.text.trimEnd()}`)
    }
    return EXIT.ok
  })
}
