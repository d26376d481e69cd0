import { DataError, diskFault, reason } from '../data/error.ts'
import { GraphFault } from '../graph/diagnostic.ts'
import type { Registry } from '../graph/kit.ts'
import { BuildError } from '../ir/builder.ts'
import type { Command, Result } from '../protocol/messages.ts'
import { bench } from './bench/run.ts'
import type { CodeHash } from './code-hash.ts'
import type { EngineContext, StopHow } from './context.ts'
import { RunControl } from './control.ts'
import { deviceFault } from './device-fault.ts'
import { Guests } from './guests.ts'
import { GraphErrors, loadGraph } from './load.ts'
import { measureTrains, type Surroundings } from './measure.ts'
import { NodeFailure } from './node-failure.ts'
import { Outbox, type Send } from './outbox.ts'
import { planGraph } from './plan/plan.ts'
import { printGraph } from './print.ts'
import { runGraph } from './run.ts'
import { SafetensorsError } from './safetensors.ts'
import { timeGraphs } from './timing-command.ts'
import { WatchBoard } from './watch/board.ts'

export interface EngineOptions {
  readonly registry: Registry
  readonly cacheDir: string
  readonly codeHash: CodeHash
  readonly send: Send
}

interface Running {
  /** Those of a run. */
  readonly guests: Guests | undefined
  readonly abort: AbortController
  readonly control: RunControl
  readonly watches: WatchBoard
  how: StopHow | undefined
  readonly finished: Promise<Result>
}

const LOOKS: ReadonlySet<Command['type']> = new Set(['check', 'print', 'plan'])

/** Needs no device and changes nothing: done at once, beside a run. */
const isLook = (command: Command): boolean => LOOKS.has(command.type)

/** Carries out commands one after another, looks beside them; stops and controls reach the one that is meant. */
export class Engine {
  private readonly options: EngineOptions
  private readonly running = new Map<number, Running>()
  private queue: Promise<unknown> = Promise.resolve()

  constructor(options: EngineOptions) {
    this.options = options
  }

  /** Resolves to the command's result; never rejects. */
  handle(command: Command): Promise<Result> {
    if (command.type === 'stop') {
      const target = this.running.get(command.run)
      if (target) this.stop(target, command.how)
      return Promise.resolve({ type: 'stopping' })
    }
    if (command.type === 'control') {
      this.running.get(command.run)?.control.take(command.action, command.steps)
      return Promise.resolve({ type: 'controlled' })
    }
    if (command.type === 'edit') {
      this.running.get(command.run)?.control.edit(command.changes)
      return Promise.resolve({ type: 'controlled' })
    }
    if (command.type === 'watch') {
      this.running.get(command.run)?.watches.set(command.watches)
      return Promise.resolve({ type: 'controlled' })
    }
    const abort = new AbortController()
    const outbox = new Outbox(command.id, this.options.send)
    const control = new RunControl(
      event => outbox.emit(event),
      command.type === 'run' && (command.options.paused ?? false),
    )
    const watches = new WatchBoard(
      (watched, bytes) => this.options.send({ type: 'watched', id: command.id, watched, bytes }),
      command.type === 'run' ? command.options.watches : undefined,
    )
    const guests = command.type === 'run' ? new Guests() : undefined
    const host = [...this.running.values()].find(other => other.guests)?.guests
    const queue = this.queue
    // A measurement waits for a device only when it comes to that.
    const before = isLook(command) || command.type === 'measure' ? Promise.resolve() : queue
    const finished = before
      .then(() => this.carryOut(command, context, { host, turn: () => queue }))
      // A run may end before it has a backend to lend.
      .finally(() => guests?.end())
      .then(result => outbox.close().then(() => result))
    const entry: Running = { guests, abort, control, watches, how: undefined, finished }
    const context: EngineContext = {
      registry: this.options.registry,
      cacheDir: this.options.cacheDir,
      codeHash: this.options.codeHash,
      emit: event => outbox.emit(event),
      signal: abort.signal,
      stopping: () => entry.how,
      gate: (node, place) => {
        const passed = control.gate(node, place)
        return guests ? guests.during(passed) : passed
      },
      ...(guests && { guests }),
      room: () => outbox.room(),
      persistWith: persist => outbox.persistWith(persist),
      watches,
      ...('places' in command && { places: command.places }),
    }
    this.running.set(command.id, entry)
    if (!isLook(command)) this.queue = queue.then(() => finished)
    return finished.finally(() => this.running.delete(command.id))
  }

  /** Ends everything that is running; resolves when it has ended. */
  async stopAll(how: StopHow): Promise<void> {
    const all = [...this.running.values()]
    for (const r of all) this.stop(r, how)
    await Promise.all(all.map(r => r.finished))
  }

  private stop(target: Running, how: StopHow): void {
    target.how = how
    // Work on the host (reading, packing, tokenising) has nothing to commit and ends at once either way.
    target.abort.abort()
    target.control.end()
  }

  private async carryOut(command: Command, context: EngineContext, around: Surroundings): Promise<Result> {
    try {
      switch (command.type) {
        case 'check': {
          const { graph, schemas, unreadable } = await loadGraph(command.graph, context)
          return { type: 'checked', diagnostics: graph.diagnostics, schemas, unreadable }
        }
        case 'print':
          return {
            type: 'printed',
            text: await printGraph(command.graph, command.node, command.form, context),
          }
        case 'plan':
          return { type: 'planned', nodes: await planGraph(command.graph, command.options, context) }
        case 'measure':
          return { type: 'measured', trains: await measureTrains(command, context, around) }
        case 'run':
          return await runGraph(command.graph, command.options, context)
        case 'bench':
          return { type: 'bench', ...(await bench(command, context)) }
        case 'time':
          return { type: 'timed', report: await timeGraphs(command, context) }
        default:
          return { type: 'failed', diagnostics: [], message: `the engine knows no command "${command.type}"` }
      }
    } catch (e) {
      return command.type === 'check' && e instanceof GraphErrors
        ? { type: 'checked', diagnostics: e.diagnostics, schemas: {}, unreadable: {} }
        : failure(e)
    }
  }
}

/** An error as a person should read it: known faults by their message, anything else as a fault of Diptych's. */
function failure(e: unknown): Result {
  if (e instanceof GraphErrors) return { type: 'failed', diagnostics: e.diagnostics, message: e.message }
  const cause = e instanceof NodeFailure ? e.cause : e
  if (cause instanceof Error && cause.name === 'AbortError')
    return { type: 'failed', diagnostics: [], message: 'cancelled' }
  const node =
    e instanceof NodeFailure ? e.node : cause instanceof BuildError ? (cause.origin ?? undefined) : undefined
  const expected =
    cause instanceof DataError || cause instanceof BuildError || cause instanceof SafetensorsError
  if (cause instanceof GraphFault) {
    const { message, place } = cause
    const told = place.hint ? `${message}. ${place.hint}` : message
    return { type: 'failed', diagnostics: [], message: told, node }
  }
  if (expected) return { type: 'failed', diagnostics: [], message: cause.message, node }
  const device = deviceFault(cause)
  if (device) {
    const { message, lost } = device
    return { type: 'failed', diagnostics: [], message, node, ...(lost && { deviceLost: true }) }
  }
  const disk = diskFault(cause)
  if (disk) return { type: 'failed', diagnostics: [], message: disk, node }
  // Unexpected: the trace goes to standard error, which the host keeps for crash reports.
  console.error(cause)
  return { type: 'failed', diagnostics: [], message: `unexpected: ${reason(cause)}`, node }
}
