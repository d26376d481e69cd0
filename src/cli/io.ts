import { EXIT } from './exit.ts'
import { type Style, styleFor } from './render/style.ts'

/** What a command writes to: a stream, or a stand-in for one. */
export interface Sink {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** A terminal that doesn't say gets the width that terminals are born with. */
const DEFAULT_WIDTH = 80

/** Where a command's output goes, and what its reader's end can show. */
export class Output {
  readonly sink: Sink
  readonly style: Style
  /** A terminal on which lines can be redrawn. */
  readonly live: boolean

  constructor(sink: Sink, env: NodeJS.ProcessEnv = process.env) {
    this.sink = sink
    this.live = Boolean(sink.isTTY) && env.TERM !== 'dumb'
    this.style = styleFor(this.live, env)
  }

  get width(): number {
    return this.sink.columns || DEFAULT_WIDTH
  }

  line(text = ''): void {
    this.sink.write(`${text}\n`)
  }
}

export interface Io {
  readonly out: Output
  readonly err: Output
  /** What to do when nobody reads standard output any more; by default the process ends, as others do. */
  onBrokenPipe: () => void
}

/** The process's own streams. A reader that went away is no error to report. */
export function processIo(): Io {
  const io: Io = {
    out: new Output(process.stdout),
    err: new Output(process.stderr),
    onBrokenPipe: () => process.exit(EXIT.brokenPipe),
  }
  process.stdout.on('error', (e: NodeJS.ErrnoException) => {
    // EIO: the terminal itself is gone.
    if (e.code !== 'EPIPE' && e.code !== 'EIO') throw e
    io.onBrokenPipe()
  })
  process.stderr.on('error', () => {
    // There is nowhere left to say so.
  })
  return io
}
