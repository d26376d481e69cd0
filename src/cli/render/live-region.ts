import type { Output } from '../io.ts'
import { truncate } from './text.ts'

/** At most ten redraws a second. */
const EVERY_MS = 100
const HIDE = '\x1b[?25l'
const SHOW = '\x1b[?25h'
const CLEAR_BELOW = '\x1b[J'

/**
 * A few lines at the bottom of a terminal that are drawn over and over; everything else is printed above them.
 * The cursor is hidden meanwhile, and shown again on `close`, `hide` and whenever the process exits.
 */
export class LiveRegion {
  private readonly output: Output
  private readonly rows: () => readonly string[]
  private readonly timer: NodeJS.Timeout
  private readonly restore = () => this.output.sink.write(SHOW)
  private shown: readonly string[] = []
  private hidden = false

  /** `rows` is asked for the lines before each redraw. */
  constructor(output: Output, rows: () => readonly string[]) {
    this.output = output
    this.rows = rows
    output.sink.write(HIDE)
    process.on('exit', this.restore)
    this.timer = setInterval(() => this.draw(''), EVERY_MS)
    this.timer.unref()
  }

  /** Prints lines that stay, above the live ones. */
  print(lines: readonly string[]): void {
    if (lines.length) this.draw(lines.map(line => `${line}\n`).join(''))
  }

  /** Leaves the terminal clean for another program, until `show`. */
  hide(): void {
    this.output.sink.write(`${this.toTop()}${SHOW}`)
    this.shown = []
    this.hidden = true
  }

  show(): void {
    this.hidden = false
    this.output.sink.write(HIDE)
  }

  close(): void {
    clearInterval(this.timer)
    process.off('exit', this.restore)
    if (!this.hidden) this.hide()
  }

  private draw(above: string): void {
    if (this.hidden) return
    const width = this.output.width
    const rows = this.rows().map(row => truncate(row, width - 1))
    const same = rows.length === this.shown.length && rows.every((row, i) => row === this.shown[i])
    if (same && !above) return
    this.output.sink.write(`${this.toTop()}${above}${rows.map(row => `${row}\n`).join('')}`)
    this.shown = rows
  }

  /** Goes to the first live line and clears from there on. */
  private toTop(): string {
    return this.shown.length ? `\x1b[${this.shown.length}A\r${CLEAR_BELOW}` : ''
  }
}
