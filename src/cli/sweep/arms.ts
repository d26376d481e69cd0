import type { EngineProcess } from '../../host/engine-process.ts'
import type { Event, GraphSource, Result, RunOptions } from '../../protocol/messages.ts'
import { CliError } from '../exit.ts'
import type { Io } from '../io.ts'
import { openRunView } from '../render/run-view.ts'

type Reports = Extract<Result, { type: 'result' }>['reports']

/** How the run of one arm ended: with its reports and folder, or with the reason why it has none. */
export type ArmOutcome =
  | { readonly reports: Reports; readonly run: string; readonly error?: undefined }
  | { readonly error: string; readonly run?: string }

/** Runs a graph to its end and shows its progress on standard error; `onEvent` hears what happens. */
export async function runArm(
  engine: EngineProcess,
  graph: GraphSource,
  options: RunOptions,
  io: Io,
  onEvent: (event: Event) => void = () => {},
): Promise<ArmOutcome> {
  const view = openRunView(io.err, [])
  const take = (event: Event) => {
    view.event(event)
    onEvent(event)
  }
  const result = await engine
    .request({ type: 'run', graph, options }, take)
    .result.finally(() => view.close())
  if (result.type === 'failed') return { error: whyFailed(result) }
  if (result.type !== 'result') return { error: `the engine answered a run with "${result.type}"` }
  if (result.outcome !== 'completed') return { error: `the run was ${result.outcome}`, run: result.run }
  return { reports: result.reports, run: result.run }
}

function whyFailed({ message, node, diagnostics }: Extract<Result, { type: 'failed' }>): string {
  const fault = diagnostics.find(d => d.severity === 'error')
  const why = fault && fault.message !== message ? `${message}: ${faultText(fault)}` : message
  return node === undefined ? why : `node "${node}": ${why}`
}

/** Throws where the checker finds a fault: one in the last arm should not be found after hours. */
export async function checkArm(engine: EngineProcess, graph: GraphSource, name: string): Promise<void> {
  const checked = await engine.request({ type: 'check', graph }).result
  if (checked.type === 'failed') throw new CliError(`${name}: ${checked.message}`)
  const fault = checked.type === 'checked' ? checked.diagnostics.find(d => d.severity === 'error') : undefined
  if (fault) throw new CliError(`${name}: ${faultText(fault)}`)
}

type Fault = Extract<Result, { type: 'failed' }>['diagnostics'][number]

const faultText = ({ code, node, message, hint = '' }: Fault): string =>
  `${code}${node ? ` node "${node}"` : ''} ${message}. ${hint}`.trim()
