import { z } from 'zod'
import type { HostFrame } from '../protocol/frames.ts'
import type { HostTransport } from '../protocol/transport.ts'
import type { HostEvent, Method, ParamsOf, ResultOf } from '../protocol/workbench.ts'
import { asFault, Fault, logFault } from './fault.ts'
import { isMethod, PARAMS } from './params.ts'
import type { EventSource } from './run-log.ts'

/** A window that has not taken this much gets no events before it has. */
const LAGGING_BYTES = 1 << 20
/** Events in one frame, at most. */
const MOST_EVENTS = 2000

export interface Reply<M extends Method> {
  readonly result: ResultOf<M>
  readonly bytes?: Uint8Array
  /** Done once the answer is on its way. */
  readonly after?: () => void
}

/** What answers requests. `signal` is aborted when the answer is no longer wanted. */
export type Handlers = {
  readonly [M in Method]: (
    params: ParamsOf<M>,
    session: Session,
    signal: AbortSignal,
  ) => Promise<Reply<M>> | Reply<M>
}

const request = z.object({ id: z.int().min(0), method: z.string(), params: z.unknown() })
const cancel = z.object({ cancel: z.int().min(0) })

interface Follow {
  readonly source: EventSource
  readonly stop: () => void
  /** Number of the event that comes next. */
  next: number
}

/** One window: its requests, the runs it follows, and how far it has kept up. */
export class Session {
  private readonly transport: HostTransport
  private readonly handlers: Handlers
  private readonly pending = new Map<number, AbortController>()
  private readonly follows = new Map<string, Follow>()
  /** News for a window that lags: the newest of each kind. */
  private readonly held = new Map<string, HostEvent>()
  private pumping = false
  private greeted = false
  private closed = false

  constructor(transport: HostTransport, handlers: Handlers) {
    this.transport = transport
    this.handlers = handlers
  }

  /** A frame from the window, whatever it may be; nothing that comes makes this throw. */
  receive(frame: unknown): void {
    if (this.closed) return
    const cancelled = cancel.safeParse(frame)
    if (cancelled.success) {
      this.pending.get(cancelled.data.cancel)?.abort()
      return
    }
    const asked = request.safeParse(frame)
    if (!asked.success) {
      const id = (frame as { readonly id?: unknown } | null)?.id
      if (Number.isSafeInteger(id)) this.refuse(id as number, new Fault('bad-request', 'This is no request.'))
      return
    }
    const { id, method, params } = asked.data
    if (this.pending.has(id)) this.refuse(id, new Fault('bad-request', `Request ${id} is still under way.`))
    else void this.answer(id, method, params)
  }

  /** News; a window that lags gets the newest of each kind once it has kept up. */
  send(event: HostEvent): void {
    if (this.closed || !this.greeted) return
    if (this.held.size === 0 && this.transport.buffered <= LAGGING_BYTES) this.put(event)
    else {
      this.held.set(`${event.event} ${aboutOf(event)}`, event)
      void this.pump()
    }
  }

  /** Sends what happened in a run from number `from`, and what happens. */
  follow(run: string, source: EventSource, from: number): void {
    this.unfollow(run)
    if (this.closed) return
    const stop = source.watch(() => void this.pump())
    this.follows.set(run, { source, stop, next: from })
    void this.pump()
  }

  /** A run that was over goes on: what is to come has the same numbers, in another source. */
  goOn(run: string, source: EventSource): void {
    const follow = this.follows.get(run)
    if (follow && follow.source !== source) this.follow(run, source, follow.next)
  }

  unfollow(run: string): void {
    this.follows.get(run)?.stop()
    this.follows.delete(run)
  }

  /** The window is gone. */
  end(): void {
    this.closed = true
    for (const controller of this.pending.values()) controller.abort()
    for (const run of [...this.follows.keys()]) this.unfollow(run)
    this.held.clear()
  }

  /** Sends the window away. */
  close(): void {
    this.transport.close()
  }

  private async answer(id: number, method: string, params: unknown): Promise<void> {
    const controller = new AbortController()
    this.pending.set(id, controller)
    try {
      const { result, bytes, after } = await this.call(method, params, controller.signal)
      if (controller.signal.aborted) throw new Fault('cancelled', 'Nobody waits for this any more.')
      this.put({ id, ok: true, result }, bytes)
      after?.()
    } catch (e) {
      const gone = controller.signal.aborted && !(e instanceof Fault)
      this.refuse(id, gone ? new Fault('cancelled', 'Nobody waits for this any more.') : e)
    } finally {
      this.pending.delete(id)
    }
  }

  private call(method: string, params: unknown, signal: AbortSignal): Promise<Reply<Method>> | Reply<Method> {
    if (!isMethod(method)) throw new Fault('bad-request', `There is no method "${method.slice(0, 100)}".`)
    if (!this.greeted && method !== 'session.hello')
      throw new Fault('bad-request', 'The first request of a connection is session.hello.')
    const parsed = PARAMS[method].safeParse(params)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      const at = issue?.path.length ? `${issue.path.join('.')}: ` : ''
      throw new Fault('bad-request', `${method}: ${at}${issue?.message}`)
    }
    this.greeted = true
    // The table gives each method its own types; they can't be followed through a name that comes at run time.
    const handler = this.handlers[method] as (
      params: unknown,
      session: Session,
      signal: AbortSignal,
    ) => Promise<Reply<Method>> | Reply<Method>
    return handler(parsed.data, this, signal)
  }

  private refuse(id: number, e: unknown): void {
    this.put({ id, ok: false, fault: asFault(e) })
  }

  private put(frame: HostFrame, bytes?: Uint8Array): void {
    if (this.closed) return
    try {
      this.transport.send(frame, bytes)
    } catch (e) {
      logFault(e)
    }
  }

  /** Sends what is held and what is followed, as fast as the window takes it. */
  private async pump(): Promise<void> {
    if (this.pumping) return
    this.pumping = true
    try {
      while (!this.closed) {
        if (this.transport.buffered > LAGGING_BYTES) {
          await this.transport.drained()
          continue
        }
        const [news] = this.held
        if (news) {
          this.held.delete(news[0])
          this.put(news[1])
          continue
        }
        const behind = [...this.follows].find(([, f]) => f.next < f.source.length)
        if (!behind) return
        const [run, follow] = behind
        const from = follow.next
        const events = await follow.source.read(from, MOST_EVENTS)
        if (this.follows.get(run) !== follow) continue
        if (events.length === 0) throw new Error(`the events of run ${run} end before number ${from}`)
        follow.next += events.length
        this.put({ event: 'run.events', data: { run, from, events } })
      }
    } catch (e) {
      logFault(e)
    } finally {
      this.pumping = false
    }
  }
}

/** What a piece of news is about: a later one about the same takes its place. */
function aboutOf({ data }: HostEvent): string {
  if ('document' in data) return data.document
  return 'watch' in data ? `${data.run} ${data.watch} ${data.train}` : ''
}
