import { isAbsolute } from 'node:path'
import { z } from 'zod'
import type { GraphCommand } from '../graph/commands.ts'
import { ENGINES } from '../protocol/engine-name.ts'
import type { Method, ParamsOf } from '../protocol/workbench.ts'

const id = z.string().min(1).max(200)
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine(p => isAbsolute(p) && !p.includes('\0'), { error: 'must be an absolute path' })
const nothing = z.strictObject({})
const byDocument = z.strictObject({ document: id })
const byRun = z.strictObject({ run: id })

/** What a window's request must look like; a window is not trusted to keep to its types. */
export const PARAMS: { readonly [M in Method]: z.ZodType<ParamsOf<M>> } = {
  'session.hello': z.strictObject({ client: z.string().max(200) }),
  'settings.write': z.strictObject({
    theme: z.enum(['system', 'light', 'dark']).optional(),
    recent: z.array(path).max(100).optional(),
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
  'run.enqueue': z.strictObject({
    document: id,
    text: z.string(),
    options: z.strictObject({
      engine: z.enum(ENGINES),
      fresh: z.boolean(),
      paused: z.boolean().optional(),
    }),
  }),
  'run.control': z.strictObject({
    run: id,
    action: z.enum(['pause', 'step', 'resume', 'stop', 'cancel']),
    steps: z.int().min(1).max(1_000_000).optional(),
  }),
  'run.continue': byRun,
  'run.remove': byRun,
  'run.follow': z.strictObject({ run: id, from: z.int().min(0) }),
  'run.unfollow': byRun,
  'run.graph': byRun,
  'runs.list': byDocument,
  'picture.read': z.strictObject({ run: id, name: z.string().min(1).max(500) }),
  'bundle.write': z.strictObject({ run: id, path }),
  'engine.restart': nothing,
}

export const isMethod = (name: unknown): name is Method =>
  typeof name === 'string' && Object.hasOwn(PARAMS, name)
