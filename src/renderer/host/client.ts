import type { HostFrame } from '../../protocol/frames.ts'
import type { ClientTransport, Connect } from '../../protocol/transport.ts'
import type { BinaryMethod, HostEvents, Method, ParamsOf, ResultOf } from '../../protocol/workbench.ts'
import { HostError } from './fault.ts'

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: HostError) => void
}

interface Answer {
  readonly result: unknown
  readonly bytes: Uint8Array | undefined
}

type Listener<E extends keyof HostEvents> = (data: HostEvents[E]) => void

/** How the connection goes: `lost` while it is tried again, `closed` when it won't be. */
export interface ConnectionHandlers {
  readonly open: () => void
  readonly lost: () => void
  readonly closed: (reason: string) => void
}

/** Asks the host by method, and hears what it tells. Knows nothing of documents or runs. */
export class HostClient {
  private readonly waiting = new Map<number, Waiting>()
  private readonly listeners = new Map<keyof HostEvents, Set<Listener<keyof HostEvents>>>()
  private readonly connect: () => ClientTransport
  private transport: ClientTransport | undefined
  private lastId = 0
  private connected = false
  private closed: string | undefined

  constructor(connect: Connect, handlers: ConnectionHandlers) {
    this.connect = () =>
      connect({
        open: () => {
          this.connected = true
          handlers.open()
        },
        frame: (frame, bytes) => this.take(frame, bytes),
        lost: final => {
          this.connected = false
          this.closed = final
          this.failAll()
          if (final === undefined) handlers.lost()
          else handlers.closed(final)
        },
      })
  }

  /** Connects; until then every request fails. */
  start(): void {
    this.transport ??= this.connect()
  }

  async request<M extends Method>(
    method: M,
    params: ParamsOf<M>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ResultOf<M>> {
    return (await this.ask(method, params, options.signal)).result as ResultOf<M>
  }

  /** For methods that are answered with bytes. */
  async requestBytes<M extends BinaryMethod>(
    method: M,
    params: ParamsOf<M>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<{ readonly result: ResultOf<M>; readonly bytes: Uint8Array }> {
    const { result, bytes } = await this.ask(method, params, options.signal)
    if (!bytes)
      throw new HostError({ tag: 'internal', message: `the answer to ${method} came without bytes` })
    return { result: result as ResultOf<M>, bytes }
  }

  /** Hears an event of the host; returns what ends that. */
  on<E extends keyof HostEvents>(event: E, listener: Listener<E>): () => void {
    const set = this.listeners.get(event) ?? new Set()
    this.listeners.set(event, set)
    set.add(listener as Listener<keyof HostEvents>)
    return () => set.delete(listener as Listener<keyof HostEvents>)
  }

  close(): void {
    this.connected = false
    this.closed ??= 'closed'
    this.transport?.close()
    this.failAll()
  }

  private ask(method: Method, params: unknown, signal?: AbortSignal): Promise<Answer> {
    if (!this.connected) return Promise.reject(this.lostError())
    if (signal?.aborted) return Promise.reject(cancelled())
    const id = ++this.lastId
    return new Promise<Answer>((resolve, reject) => {
      const cancel = () => {
        if (!this.waiting.delete(id)) return
        if (this.connected) this.transport?.send({ cancel: id })
        reject(cancelled())
      }
      const done = () => signal?.removeEventListener('abort', cancel)
      this.waiting.set(id, {
        resolve: answer => {
          done()
          resolve(answer)
        },
        reject: error => {
          done()
          reject(error)
        },
      })
      signal?.addEventListener('abort', cancel, { once: true })
      this.transport?.send({ id, method, params })
    })
  }

  private take(frame: HostFrame, bytes: Uint8Array | undefined): void {
    if ('event' in frame) {
      for (const listener of this.listeners.get(frame.event) ?? []) listener(frame.data)
      return
    }
    // Unknown: it was cancelled, and the answer was on its way.
    const waiting = this.waiting.get(frame.id)
    this.waiting.delete(frame.id)
    if (frame.ok) waiting?.resolve({ result: frame.result, bytes })
    else waiting?.reject(new HostError(frame.fault))
  }

  private failAll(): void {
    const waiting = [...this.waiting.values()]
    this.waiting.clear()
    for (const { reject } of waiting) reject(this.lostError())
  }

  private lostError(): HostError {
    const message = this.closed ?? 'the connection to Diptych is lost'
    return new HostError({ tag: 'lost', message })
  }
}

const cancelled = () => new HostError({ tag: 'cancelled', message: 'no longer wanted' })
