import type { GraphCommand } from '../../src/graph/commands.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import type { ClientFrame, HostFrame } from '../../src/protocol/frames.ts'
import type { Event } from '../../src/protocol/messages.ts'
import type { ClientHandlers, Connect } from '../../src/protocol/transport.ts'
import type {
  HostEvents,
  HostFault,
  Method,
  OpenedDocument,
  ParamsOf,
  ResultOf,
  RunInfo,
  Settings,
  Welcome,
} from '../../src/protocol/workbench.ts'
import { emojiSchema, known } from '../graph/fixtures.ts'

type Answers = { [M in Method]: (params: ParamsOf<M>) => ResultOf<M> | Promise<ResultOf<M>> }

interface File {
  readonly text: string
  readonly version: string
}

export class Refused extends Error {
  readonly fault: HostFault
  constructor(tag: HostFault['tag'], message: string) {
    super(message)
    this.fault = { tag, message }
  }
}

let lastId = 0
const newId = (what: string) => `${what}-${++lastId}`

/** The host's side of the contract, in memory: what windows are tested and looked at with. */
export class FakeHost {
  readonly files = new Map<string, File>()
  /** Edits of each open document since it was opened or saved. */
  readonly journals = new Map<string, GraphCommand[]>()
  /** Paths of open documents. */
  readonly open = new Map<string, string | null>()
  readonly runs = new Map<string, RunInfo>()
  readonly events = new Map<string, Event[]>()
  readonly graphs = new Map<string, string>()
  readonly asked: { readonly method: Method; readonly params: unknown }[] = []
  readonly cancelled: number[] = []
  settings: Settings = { theme: 'system', recent: [], keys: {}, places: [], snapshotMegabytes: 512 }
  welcome = '/graphs/clip-emoji.json'
  /** Edits to hand out with the next document that is opened, by path. */
  readonly orphans = new Map<string, readonly GraphCommand[]>()
  private handlers: ClientHandlers | undefined
  private readonly followed = new Map<string, number>()

  /** A window's way to here. */
  readonly connect: Connect = handlers => {
    this.handlers = handlers
    queueMicrotask(() => handlers.open())
    return { send: frame => void this.take(frame), close: () => {} }
  }

  /** Replace single answers in a test. */
  readonly answers: Answers = {
    'session.hello': () => this.hello(),
    'settings.write': p => {
      this.settings = { ...this.settings, ...p }
      return this.settings
    },
    'graphs.list': () =>
      [...this.files].map(([path, { text }]) => {
        const { title, about } = parseGraph(text).document!.meta
        return { path, title, about, kind: 'bundled' }
      }),
    'files.list': ({ folder = '/graphs' }) => ({
      folder,
      parent: folder === '/' ? null : '/',
      entries: [...this.files.keys()]
        .filter(path => path.startsWith(`${folder}/`))
        .map(path => ({ name: path.split('/').at(-1)!, path, kind: 'graph' })),
    }),
    'document.open': ({ path }) => this.openFile(path),
    'document.create': ({ text }) => this.opened(null, { text, version: '' }),
    'document.journal': ({ document, command }) => {
      this.journals.get(document)!.push(command)
      return null
    },
    'document.save': ({ document, text, expected, path }) => {
      const target = path ?? this.open.get(document)
      if (!target) throw new Refused('bad-request', 'a new document needs a name')
      if ((this.files.get(target)?.version ?? null) !== expected)
        throw new Refused('conflict', 'the file was changed by someone else')
      this.write(target, text)
      this.open.set(document, target)
      this.journals.set(document, [])
      return { path: target, version: this.files.get(target)!.version }
    },
    'document.takeOver': ({ document }) => {
      this.emit('document.lease', { document, lease: { mode: 'writer' } })
      return null
    },
    'document.close': ({ document }) => {
      this.open.delete(document)
      return null
    },
    'schemas.read': ({ text }) => ({
      schemas: Object.fromEntries(
        Object.entries(parseGraph(text).document?.nodes ?? {})
          .filter(([, n]) => n.type === 'data.emoji')
          .map(([id]) => [`${id}.dataset`, known(emojiSchema)]),
      ),
    }),
    'plan.read': ({ text }) => ({
      nodes: Object.entries(parseGraph(text).document?.nodes ?? {}).flatMap(([node, n]) =>
        n.type === 'train' ? [{ node, does: 'runs', why: 'first run' }] : [],
      ),
    }),
    'memory.read': () => ({ trains: [] }),
    'run.enqueue': ({ document, text }) => this.enqueue(document, text),
    'run.control': ({ run, action }) => {
      const states: Readonly<Partial<Record<typeof action, RunInfo['state']>>> = {
        resume: 'running',
        stop: 'stopped',
        cancel: 'cancelled',
      }
      const state = states[action] ?? 'paused'
      return this.change(run, {
        state,
        endedAt: action === 'stop' || action === 'cancel' ? Date.now() : null,
      })
    },
    'run.edit': ({ run }) => this.change(run, {}),
    'run.fork': ({ document, text, run, train, step }) => {
      const fork = { folder: this.runs.get(run)!.folder ?? '', train, step }
      return this.change(this.enqueue(document, text).id, { fork })
    },
    'run.continue': ({ run }) => this.change(run, { state: 'running', endedAt: null }),
    'run.remove': ({ run }) => {
      this.runs.delete(run)
      this.tellRuns()
      return null
    },
    'run.rename': ({ run, title }) => {
      const info = { ...this.runs.get(run)!, title }
      this.runs.set(run, info)
      this.emit('run.changed', { run, info })
      return info
    },
    'run.delete': ({ run }) => {
      this.runs.delete(run)
      this.emit('run.changed', { run, info: null })
      return null
    },
    'run.move': ({ run, before }) => {
      const others = [...this.runs].filter(([id]) => id !== run)
      const at = before === null ? others.length : others.findIndex(([id]) => id === before)
      const moved = [...others.slice(0, at), [run, this.runs.get(run)!] as const, ...others.slice(at)]
      this.runs.clear()
      for (const [id, info] of moved) this.runs.set(id, info)
      this.tellRuns()
      return null
    },
    'run.follow': ({ run, from }) => {
      const info = this.runs.get(run)
      if (!info) throw new Refused('not-found', 'there is no such run')
      this.followed.set(run, from)
      queueMicrotask(() => this.flush(run))
      return info
    },
    'run.unfollow': ({ run }) => {
      this.followed.delete(run)
      return null
    },
    'run.watch': () => [],
    'watch.read': () => {
      throw new Refused('not-found', 'nothing is watched here')
    },
    'run.graph': ({ run }) => ({ text: this.graphs.get(run) ?? '' }),
    'runs.list': ({ document }) =>
      [...this.runs.values()].filter(r => r.file !== null && r.file === this.open.get(document)),
    'picture.read': () => ({ mime: 'image/svg+xml' }),
    'bundle.write': ({ path }) => ({ path, bytes: 1_234_567 }),
    'engine.restart': () => {
      this.emit('engine.state', { state: 'ready' })
      return null
    },
  }

  /** Bytes that go with a binary answer. */
  bytes: (method: Method, params: unknown) => Uint8Array | undefined = method =>
    method === 'picture.read'
      ? new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>')
      : undefined

  emit<E extends keyof HostEvents>(event: E, data: HostEvents[E]): void {
    this.send({ event, data } as HostFrame)
  }

  /** The connection goes away; `final` for good. Documents are left as a window that vanished leaves them. */
  drop(final?: string): void {
    for (const [id, path] of this.open) if (path) this.orphans.set(path, this.journals.get(id) ?? [])
    this.open.clear()
    this.followed.clear()
    const { handlers } = this
    handlers?.lost(final)
  }

  /** The connection is there again. */
  restore(): void {
    this.handlers?.open()
  }

  write(path: string, text: string): void {
    this.files.set(path, { text, version: newId('version') })
  }

  /** Events of a run, to whoever follows it. */
  happen(run: string, ...events: Event[]): void {
    this.events.get(run)!.push(...events)
    this.runs.set(run, { ...this.runs.get(run)!, events: this.events.get(run)!.length })
    this.flush(run)
  }

  change(run: string, change: Partial<RunInfo>): RunInfo {
    const info = { ...this.runs.get(run)!, ...change }
    this.runs.set(run, info)
    this.tellRuns()
    return info
  }

  addRun(file: string | null, text: string, change: Partial<RunInfo> = {}): RunInfo {
    const info: RunInfo = {
      id: newId('run'),
      file,
      title: parseGraph(text).document?.meta.title ?? '',
      state: 'running',
      queuedAt: Date.now(),
      startedAt: Date.now(),
      endedAt: null,
      folder: null,
      resumable: false,
      failure: null,
      events: 0,
      attribution: [],
      reports: {},
      ...change,
    }
    this.runs.set(info.id, info)
    this.events.set(info.id, [])
    this.graphs.set(info.id, text)
    return info
  }

  private enqueue(document: string, text: string): RunInfo {
    const info = this.addRun(this.open.get(document) ?? null, text)
    this.tellRuns()
    return info
  }

  private hello(): Welcome {
    return {
      version: '0.1.0',
      shell: 'browser',
      settings: this.settings,
      engine: { state: 'ready' },
      plugin: { state: 'ready' },
      runs: [...this.runs.values()],
      welcome: this.welcome,
      cores: 2,
      platform: 'linux',
    }
  }

  private openFile(path: string): OpenedDocument {
    const file = this.files.get(path)
    if (!file) throw new Refused('not-found', `there is no file ${path}`)
    return this.opened(path, file)
  }

  private opened(path: string | null, { text, version }: File): OpenedDocument {
    const id = newId('document')
    const recovered = (path !== null && this.orphans.get(path)) || []
    if (path) this.orphans.delete(path)
    this.open.set(id, path)
    this.journals.set(id, [...recovered])
    const runs = [...this.runs.values()].filter(r => r.file === path && path !== null)
    return {
      id,
      path,
      text,
      version: path === null ? null : version,
      lease: { mode: 'writer' },
      recovered,
      lastRun: runs.at(-1) ?? null,
      bundle: null,
    }
  }

  private tellRuns(): void {
    this.emit('runs.changed', { runs: [...this.runs.values()] })
  }

  private flush(run: string): void {
    const from = this.followed.get(run)
    const all = this.events.get(run)!
    if (from === undefined || from >= all.length) return
    this.followed.set(run, all.length)
    this.emit('run.events', { run, from, events: all.slice(from) })
  }

  private async take(frame: ClientFrame): Promise<void> {
    if ('cancel' in frame) {
      this.cancelled.push(frame.cancel)
      return
    }
    const { id, method, params } = frame
    this.asked.push({ method, params })
    try {
      const result = await (this.answers[method] as (p: unknown) => unknown)(params)
      this.send({ id, ok: true, result }, this.bytes(method, params))
    } catch (error) {
      const fault =
        error instanceof Refused ? error.fault : ({ tag: 'internal', message: String(error) } as const)
      this.send({ id, ok: false, fault })
    }
  }

  private send(frame: HostFrame, bytes?: Uint8Array): void {
    // As over a wire: nothing is shared with the window.
    this.handlers?.frame(structuredClone(frame), bytes)
  }
}
