import { isAbsolute } from 'node:path'
import { z } from 'zod'
import type { GraphCommand } from '../graph/commands.ts'
import { ENGINES } from '../protocol/engine-name.ts'
import { MOST_WATCHES } from '../protocol/watch.ts'
import type { Method, ParamsOf } from '../protocol/workbench.ts'

const id = z.string().min(1).max(200)
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine(p => isAbsolute(p) && !p.includes('\0'), { error: 'must be an absolute path' })
const nothing = z.strictObject({})
const byDocument = z.strictObject({ document: id })
const runnable = z.strictObject({
  document: id,
  text: z.string(),
  options: z.strictObject({
    engine: z.enum(ENGINES),
    fresh: z.boolean(),
    paused: z.boolean().optional(),
  }),
})
const byRun = z.strictObject({ run: id })

const index = z
  .int()
  .min(0)
  .max(2 ** 31)
const watch = z.strictObject({
  id: z.string().min(1).max(1000),
  wire: z.string().min(1).max(1000),
  inner: z.string().min(1).max(1000).optional(),
  field: z.string().max(200).optional(),
  sample: z.union([z.literal('next'), z.strictObject({ step: index })]),
  every: index,
  at: z.array(index).max(16).optional(),
  token: index.optional(),
  cell: z.tuple([index, index]).optional(),
})

/** What a window's request must look like; a window is not trusted to keep to its types. */
export const PARAMS: { readonly [M in Method]: z.ZodType<ParamsOf<M>> } = {
  'session.hello': z.strictObject({ client: z.string().max(200) }),
  'settings.write': z.strictObject({
    theme: z.enum(['system', 'light', 'dark']).optional(),
    recent: z.array(path).max(100).optional(),
    snapshotMegabytes: z.number().min(0).max(1e6).optional(),
    places: z.array(path).max(1000).optional(),
    keys: z.record(z.string().max(60), z.array(z.string().max(40)).max(8)).optional(),
  }),
  'graphs.list': nothing,
  'files.list': z.strictObject({ folder: path.optional() }),
  'document.open': z.strictObject({ path }),
  'document.create': z.strictObject({ text: z.string() }),
  'document.journal': z.strictObject({
    document: id,
    // What an edit holds is the window's affair; the journal keeps it as it is.
    command: z.looseObject({ type: z.string() }) as unknown as z.ZodType<GraphCommand>,
  }),
  'document.save': z.strictObject({
    document: id,
    text: z.string(),
    expected: z.string().nullable(),
    path: path.optional(),
  }),
  'document.takeOver': byDocument,
  'document.close': byDocument,
  'schemas.read': z.strictObject({ document: id, text: z.string() }),
  'plan.read': runnable,
  'memory.read': runnable.extend({ train: id }),
  'run.enqueue': runnable,
  'run.control': z.strictObject({
    run: id,
    action: z.enum([
      'pause',
      'step',
      'back',
      'seek',
      'hash',
      'commit',
      'weights',
      'resume',
      'stop',
      'cancel',
    ]),
    // A run may be taken back to before its first step.
    steps: z.int().min(0).max(1_000_000_000).optional(),
  }),
  'run.edit': z.strictObject({
    run: id,
    changes: z
      .array(z.strictObject({ node: z.string().max(1000), param: z.string().max(200), value: z.json() }))
      .min(1)
      .max(100),
  }),
  'run.fork': z.strictObject({
    document: id,
    text: z.string(),
    run: id,
    train: z.string().min(1).max(1000),
    step: z.int().min(0).max(1_000_000_000),
    paused: z.boolean().optional(),
  }),
  'run.continue': byRun,
  'run.remove': byRun,
  'run.rename': z.strictObject({ run: id, title: z.string().trim().min(1).max(200) }),
  'run.delete': byRun,
  'run.move': z.strictObject({ run: id, before: id.nullable() }),
  'run.follow': z.strictObject({ run: id, from: z.int().min(0) }),
  'run.unfollow': byRun,
  'run.watch': z.strictObject({ run: id, watches: z.array(watch).max(MOST_WATCHES) }),
  'watch.read': z.strictObject({ run: id, watch: z.string().max(1000), train: id }),
  'run.graph': byRun,
  'runs.list': byDocument,
  'picture.read': z.strictObject({ run: id, name: z.string().min(1).max(500) }),
  'bundle.write': z.strictObject({ run: id, path }),
  'engine.restart': nothing,
}

export const isMethod = (name: unknown): name is Method =>
  typeof name === 'string' && Object.hasOwn(PARAMS, name)
