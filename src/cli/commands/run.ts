import { resolve } from 'node:path'
import type { Diagnostic } from '../../graph/diagnostic.ts'
import { parseGraph } from '../../graph/parse.ts'
import { EngineGone, type EngineProcess } from '../../host/engine-process.ts'
import type { EngineName } from '../../protocol/engine-name.ts'
import type { Event, GraphSource, Result } from '../../protocol/messages.ts'
import { SHUTDOWN_MS, startEngine } from '../engine.ts'
import { EXIT } from '../exit.ts'
import { forkPoint } from '../fork-point.ts'
import { readGraph } from '../graph-file.ts'
import { onInterrupt, onSuspend } from '../interrupts.ts'
import type { Io, Output } from '../io.ts'
import { diagnosticLines } from '../render/diagnostics.ts'
import { duration } from '../render/format.ts'
import { jsonLine } from '../render/json.ts'
import { reportLines } from '../render/report.ts'
import { openRunView, type RunView, silentView } from '../render/run-view.ts'
import { resumeCommand, runOfCheckpoint, shortPath } from '../resume-command.ts'
import { StopLadder } from '../stop-ladder.ts'

export interface RunFlags {
  readonly set: readonly string[]
  readonly out?: string
  readonly seed?: number
  readonly engine: EngineName
  readonly platform?: 'cpu' | 'cuda'
  readonly devices?: number
  readonly resume_from_checkpoint?: string
  /** `run@step`: a run of its own that begins with a checkpoint of another. */
  readonly fork?: string
  readonly fresh?: boolean
  readonly json?: boolean
}

/** Trains and evaluates a graph; resolves to the exit code. */
export async function runCommand(file: string, flags: RunFlags, io: Io): Promise<number> {
  try {
    const graph = await readGraph(file, flags)
    const from = flags.fork === undefined ? undefined : await forkPoint(flags.fork, graph.file, flags.out)
    const engine = startEngine()
    return await new RunSession(file, graph, flags, io).run(engine, from)
  } catch (e) {
    // For a machine, a failure is a line like any other; the person reads it on standard error.
    if (flags.json && e instanceof Error)
      io.out.line(jsonLine({ type: 'error', message: e.message, diagnostics: [] }))
    throw e
  }
}

class RunSession {
  private readonly file: string
  private readonly graph: GraphSource
  private readonly flags: RunFlags
  private readonly io: Io
  /** Where people read: standard output, unless that is for machines. */
  private readonly human: Output
  private readonly started = Date.now()
  private view: RunView
  /** Nobody reads standard output any more. */
  private unread = false
  /** The run's folder, known once a checkpoint is committed. */
  private resumable: string | undefined
  /** Training began: where the run was resumed, its checkpoint was good. */
  private began = false

  constructor(file: string, graph: GraphSource, flags: RunFlags, io: Io) {
    this.file = file
    this.graph = graph
    this.flags = flags
    this.io = io
    this.human = flags.json ? io.err : io.out
    // JSON lines on a terminal leave no room for a bar between them.
    const nodes = Object.keys(parseGraph(graph.text).document?.nodes ?? {})
    this.view = flags.json && io.out.live ? silentView : openRunView(this.human, nodes)
    if (flags.resume_from_checkpoint) this.resumable = resolve(flags.resume_from_checkpoint)
  }

  /** `from`: the checkpoint that it is forked at. */
  async run(engine: EngineProcess, from?: string): Promise<number> {
    const { flags, view } = this
    const request = engine.request(
      {
        type: 'run',
        graph: this.graph,
        options: {
          engine: flags.engine,
          platform: flags.platform,
          devices: flags.devices,
          fresh: flags.fresh ?? false,
          out: flags.out && resolve(flags.out),
          resumeFrom: flags.resume_from_checkpoint && resolve(flags.resume_from_checkpoint),
          forkFrom: from,
        },
      },
      event => this.event(event),
    )
    const ladder = new StopLadder(engine, request.id, line => this.view.print([line]))
    const releases = [
      onInterrupt(signal => ladder.press(signal)),
      onSuspend(
        () => {
          engine.suspend()
          view.suspend()
        },
        () => {
          engine.resume()
          view.resume()
        },
      ),
    ]
    this.io.onBrokenPipe = () => this.brokenPipe(ladder)
    try {
      const result = await request.result
      ladder.answered()
      this.view.close()
      return this.unread ? EXIT.brokenPipe : this.finish(result, ladder.code)
    } catch (e) {
      this.view.close()
      if (!(e instanceof EngineGone)) throw e
      if (this.unread) return EXIT.brokenPipe
      return this.gone(e, ladder.code)
    } finally {
      await engine.shutdown(SHUTDOWN_MS)
      for (const release of releases) release()
    }
  }

  private event(event: Event): void {
    if (event.type === 'train') this.began = true
    if (event.type === 'checkpoint') this.resumable = runOfCheckpoint(event.path)
    if (this.unread) return
    if (this.flags.json) this.io.out.line(jsonLine(event))
    this.view.event(event)
  }

  /** `| head` has read enough: ends with a checkpoint, and without a word. */
  private brokenPipe(ladder: StopLadder): void {
    if (this.unread) return
    this.unread = true
    this.view.close()
    this.view = silentView
    ladder.press('broken pipe')
  }

  private finish(result: Result, stopCode: number | undefined): number {
    if (result.type === 'failed') return this.fail(result.message, result.diagnostics, result.node)
    if (result.type !== 'result') return this.fail(`the engine answered a run with "${result.type}"`)
    if (this.flags.json) this.io.out.line(jsonLine(result))
    const { human } = this
    for (const [node, report] of Object.entries(result.reports)) {
      human.line()
      for (const line of reportLines(node, report, human.width, human.style)) human.line(line)
    }
    human.line()
    human.line(`Run: ${shortPath(result.run)}`)
    for (const line of result.attribution) human.line(`Credits: ${line}`)
    const time = duration((Date.now() - this.started) / 1000)
    if (result.outcome === 'completed') {
      human.line(`Done in ${time}.`)
      return EXIT.ok
    }
    if (result.outcome === 'stopped') {
      human.line(`Stopped after ${time}. To go on:`)
      human.line(`  ${this.resume(result.run)}`)
    } else this.sayCancelled(time)
    return stopCode ?? EXIT.failed
  }

  private sayCancelled(time: string): void {
    if (this.resumable) {
      this.human.line(`Cancelled after ${time}. To go on from the newest checkpoint:`)
      this.human.line(`  ${this.resume(this.resumable)}`)
    } else this.human.line(`Cancelled after ${time}; there is no checkpoint to go on from.`)
  }

  /** The engine ended without an answer: killed on request, or crashed. */
  private gone(e: EngineGone, stopCode: number | undefined): number {
    if (e.exit.kind !== 'killed' || stopCode === undefined) return this.fail(e.message)
    if (this.flags.json) this.io.out.line(jsonLine({ type: 'error', message: e.message, diagnostics: [] }))
    this.sayCancelled(duration((Date.now() - this.started) / 1000))
    return stopCode
  }

  private fail(message: string, diagnostics: readonly Diagnostic[] = [], node?: string): number {
    const { io } = this
    if (this.flags.json) io.out.line(jsonLine({ type: 'error', message, diagnostics, node }))
    for (const line of diagnosticLines(diagnostics, this.file, this.graph.text, io.err.style))
      io.err.line(line)
    io.err.line(`${io.err.style.red('error:')} ${node === undefined ? '' : `node "${node}": `}${message}`)
    if (this.resumable && this.began) {
      io.err.line('To go on from the newest checkpoint:')
      io.err.line(`  ${this.resume(this.resumable)}`)
    }
    return EXIT.failed
  }

  private readonly resume = (run: string): string => resumeCommand(run, { graph: this.file, ...this.flags })
}
