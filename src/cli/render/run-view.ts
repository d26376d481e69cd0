import type { Event } from '../../protocol/messages.ts'
import type { Output } from '../io.ts'
import { LiveRegion } from './live-region.ts'
import { RunProgress } from './run-progress.ts'

/** A line of progress about this often where lines can't be redrawn. */
const PLAIN_MS = 5000

/** Shows a run while it goes on. */
export interface RunView {
  event(event: Event): void
  /** Lines that stay. */
  print(lines: readonly string[]): void
  /** Around the time that the process is suspended. */
  suspend(): void
  resume(): void
  close(): void
}

/** Redrawn rows on a terminal, a plain line every few seconds elsewhere. `nodes`: the ids of the graph. */
export function openRunView(output: Output, nodes: readonly string[]): RunView {
  const progress = new RunProgress(output.style, nodes)
  return output.live ? liveView(output, progress) : plainView(output, progress)
}

function liveView(output: Output, progress: RunProgress): RunView {
  const region = new LiveRegion(output, () => progress.rows(output.width))
  return {
    event: event => region.print(progress.take(event)),
    print: lines => region.print(lines),
    suspend: () => region.hide(),
    resume: () => region.show(),
    close: () => region.close(),
  }
}

function plainView(output: Output, progress: RunProgress): RunView {
  const beat = () => {
    const line = progress.plain()
    if (line) output.line(line)
  }
  let timer = setInterval(beat, PLAIN_MS)
  const started = new Set<string>()
  const print = (lines: readonly string[]) => {
    for (const line of lines) output.line(line.trimStart())
  }
  return {
    event: event => {
      print(progress.take(event))
      // The first step is news; from then on the beat goes by it.
      if (event.type !== 'step' || started.has(event.node)) return
      started.add(event.node)
      clearInterval(timer)
      beat()
      timer = setInterval(beat, PLAIN_MS)
    },
    print,
    suspend: () => {},
    resume: () => {},
    close: () => clearInterval(timer),
  }
}

/** For output that only machines read. */
export const silentView: RunView = {
  event: () => {},
  print: () => {},
  suspend: () => {},
  resume: () => {},
  close: () => {},
}
