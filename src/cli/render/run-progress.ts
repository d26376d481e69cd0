import { lossLabel, lossNames } from '../../protocol/losses.ts'
import type { Event, StepEvent, StepFacts } from '../../protocol/messages.ts'
import { count, duration, fileSize, flopRate } from './format.ts'
import { Rate } from './rate.ts'
import type { Style } from './style.ts'
import { displayWidth, padEnd } from './text.ts'

const BAR = { least: 8, most: 32 }

interface Activity {
  readonly since: number
  /** What it does: `packing pictures`, `compiling`. */
  what: string
  done: number
  total: number
  rate: Rate
  step?: StepEvent
  facts?: StepFacts
  training: boolean
  /** The engine said that it runs, and will say when it is done; otherwise it is done with its last progress. */
  announced: boolean
}

/**
 * What a run is doing, from its events: lines that stay (a node is done, a warning), rows that are redrawn on a
 * terminal, and the same rows as plain lines elsewhere.
 */
export class RunProgress {
  private readonly style: Style
  private readonly now: () => number
  private readonly active = new Map<string, Activity>()
  private readonly nameWidth: number
  private nextRow = 0

  constructor(style: Style, nodes: readonly string[], now: () => number = Date.now) {
    this.style = style
    this.now = now
    this.nameWidth = Math.min(24, Math.max(0, ...nodes.map(displayWidth)))
  }

  /** Takes in an event; returns the lines to print for good. */
  take(event: Event): string[] {
    switch (event.type) {
      case 'log':
        return [this.log(event)]
      case 'node':
        return this.node(event)
      case 'progress':
        return this.progress(event)
      case 'train': {
        const a = this.activity(event.node)
        Object.assign(a, { what: '', done: event.firstStep, total: event.steps, training: true })
        a.rate = new Rate()
        const compiled = event.fromCache
          ? 'program from the cache'
          : `compiled in ${duration(event.compileSeconds)}`
        a.facts = event.facts
        const from = event.firstStep > 0 ? [`goes on from step ${event.firstStep}`] : []
        const facts = [`${count(event.parameters)} parameters`, compiled, ...needs(event.facts), ...from]
        return [this.stay(' ', event.node, facts.join(', '))]
      }
      case 'step': {
        const a = this.activity(event.node)
        a.step = event
        a.done = event.step + 1
        a.rate.add(this.now(), a.done)
        return []
      }
      default:
        return []
    }
  }

  /** One row for each node that is at work. */
  rows(width: number): string[] {
    return [...this.active].map(([id, a]) => {
      const name = `${this.style.cyan('›')} ${padEnd(id, this.nameWidth)}`
      const facts = this.facts(a)
      if (a.total <= 0) return `${name}  ${facts}`
      const room = width - 1 - displayWidth(name) - displayWidth(facts) - 4
      return [name, ...(room >= BAR.least ? [this.bar(a, Math.min(BAR.most, room))] : []), facts].join('  ')
    })
  }

  /** The same, for a log; in turn where several nodes are at work. Undefined when nothing is. */
  plain(): string | undefined {
    const all = [...this.active]
    const next = all[this.nextRow++ % Math.max(1, all.length)]
    return next && `${next[0]}: ${this.facts(next[1])}`
  }

  private log(event: Extract<Event, { type: 'log' }>): string {
    const text = `${event.node === undefined ? '' : `${event.node}: `}${event.message}`
    return event.level === 'warning' ? `${this.style.yellow('warning')} ${text}` : text
  }

  private progress({ node, what, done, total }: Extract<Event, { type: 'progress' }>): string[] {
    const a = this.activity(node)
    if (a.what !== what) a.rate = new Rate()
    a.rate.add(this.now(), done)
    Object.assign(a, { what, done, total })
    if (a.announced || done < total) return []
    this.active.delete(node)
    const facts = `${what} ${done}/${total}, ${duration((this.now() - a.since) / 1000)}`
    return [this.stay(this.style.green(this.style.tick), node, facts)]
  }

  private node(event: Extract<Event, { type: 'node' }>): string[] {
    const a = this.active.get(event.node)
    if (event.state === 'running') {
      Object.assign(this.activity(event.node), { what: event.why ?? '', announced: true })
      return []
    }
    this.active.delete(event.node)
    if (event.state === 'cached')
      return [this.stay(this.style.green(this.style.tick), event.node, event.why ?? 'from the cache')]
    const facts = [
      duration((this.now() - (a?.since ?? this.now())) / 1000),
      ...(a?.training ? [`${a.done} steps`] : []),
      ...lossFacts(a?.step),
    ].join(', ')
    return [this.stay(this.style.green(this.style.tick), event.node, facts)]
  }

  private stay(sign: string, node: string, facts: string): string {
    return `${sign} ${padEnd(node, this.nameWidth)}  ${facts}`
  }

  private activity(node: string): Activity {
    let a = this.active.get(node)
    if (!a) {
      a = {
        since: this.now(),
        what: '',
        done: 0,
        total: 0,
        rate: new Rate(),
        training: false,
        announced: false,
      }
      this.active.set(node, a)
    }
    return a
  }

  /** `123/300, loss 2.3415, 1.94 steps/s, 1 min 31 s left`. */
  private facts(a: Activity): string {
    const parts: string[] = []
    if (a.what) parts.push(a.what)
    if (a.total > 0) parts.push(`${a.training ? 'step ' : ''}${a.done}/${a.total}`)
    parts.push(...lossFacts(a.step))
    const speed = a.rate.perSecond
    if (a.training && speed) {
      parts.push(`${speed.toPrecision(3)} steps/s`)
      if (a.facts && a.facts.flops > 0) parts.push(flopRate(a.facts.flops * speed))
    }
    const left = a.total > 0 && a.done < a.total ? a.rate.left(a.total) : undefined
    if (left !== undefined) parts.push(`${duration(left)} left`)
    else if (a.total <= 0) parts.push(duration((this.now() - a.since) / 1000))
    return parts.join(', ')
  }

  private bar(a: Activity, width: number): string {
    const full = Math.round(width * Math.min(1, a.done / a.total))
    const { bar, cyan, dim } = this.style
    return `${cyan(bar.full.repeat(full))}${dim(bar.empty.repeat(width - full))}`
  }
}

/** `1.2 GB of memory`, `310 MB of memory on each of 4 devices`. */
function needs(facts: StepFacts | undefined): string[] {
  if (!facts?.memory) return []
  const each = facts.devices > 1 ? ` on each of ${facts.devices} devices` : ''
  return [`${fileSize(facts.memory.totalBytes)} of memory${each}`]
}
/** `loss 2.3415`, or `loss generator 2.3415` for each of several objectives that acted. */
const lossFacts = (step: StepEvent | undefined): string[] =>
  lossNames(Object.keys(step ?? {})).map(name => {
    const value = step![name as `train/${string}`]!
    return ['loss', lossLabel(name), value.toFixed(4)].filter(Boolean).join(' ')
  })
