import { DataError, reason } from '../data/error.ts'
import { GraphFault } from '../graph/diagnostic.ts'
import type { Registry } from '../graph/kit.ts'
import { BuildError } from '../ir/builder.ts'
import type { Command, Event, Message, Result } from '../protocol/messages.ts'
import type { CodeHash } from './code-hash.ts'
import type { EngineContext, StopHow } from './context.ts'
import { GraphErrors, loadGraph } from './load.ts'
import { printGraph } from './print.ts'
import { NodeFailure, runGraph } from './run.ts'
import { SafetensorsError } from './safetensors.ts'

export interface EngineOptions {
  readonly registry: Registry
  readonly cacheDir: string
  readonly codeHash: CodeHash
  readonly send: (message: Message) => void
}

interface Running {
  readonly abort: AbortController
  how: StopHow | undefined
  readonly finished: Promise<Result>
}

/** Carries out commands one after another; stops reach the one that is running. */
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
    const abort = new AbortController()
    const finished = this.queue.then(() => this.carryOut(command, context))
    const entry: Running = { abort, how: undefined, finished }
    const context: EngineContext = {
      registry: this.options.registry,
      cacheDir: this.options.cacheDir,
      codeHash: this.options.codeHash,
      emit: (event: Event) => this.options.send({ type: 'events', id: command.id, events: [event] }),
      signal: abort.signal,
      stopping: () => entry.how,
    }
    this.running.set(command.id, entry)
    this.queue = finished
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
    if (how === 'cancel') target.abort.abort()
  }

  private async carryOut(command: Command, context: EngineContext): Promise<Result> {
    try {
      switch (command.type) {
        case 'check': {
          const { graph, schemas } = await loadGraph(command.graph, context)
          return { type: 'checked', diagnostics: graph.diagnostics, schemas, unreadable: {} }
        }
        case 'print':
          return {
            type: 'printed',
            text: await printGraph(command.graph, command.node, command.form, context),
          }
        case 'run':
          return await runGraph(command.graph, command.options, context)
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
  const node =
    e instanceof NodeFailure ? e.node : cause instanceof BuildError ? (cause.origin ?? undefined) : undefined
  const expected =
    cause instanceof DataError ||
    cause instanceof GraphFault ||
    cause instanceof BuildError ||
    cause instanceof SafetensorsError
  if (expected) return { type: 'failed', diagnostics: [], message: cause.message, node }
  // Unexpected: the trace goes to standard error, which the host keeps for crash reports.
  console.error(cause)
  return { type: 'failed', diagnostics: [], message: `unexpected: ${reason(cause)}`, node }
}
