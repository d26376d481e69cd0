import { z } from 'zod'
import { RELATIONS, type Report } from '../graph/host.ts'
import type { ZipLimits } from './zip-read.ts'

export const MANIFEST = 'manifest.json'
export const GRAPH = 'graph.json'
export const VERIFY = 'verify.json'
export const LICENCES = 'licences.txt'

const MIB = 2 ** 20
/** A node's id in a file's name: through subgraphs, with dots. */
const NODE = '[a-z][a-z0-9_]*(?:\\.[a-z][a-z0-9_]*)*'

/** Everything that a bundle may hold, and how large it may be. */
const MEMBERS: readonly { readonly name: RegExp; readonly bytes: number }[] = [
  { name: /^manifest\.json$/, bytes: 4 * MIB },
  { name: /^graph\.json$/, bytes: 16 * MIB },
  { name: /^verify\.json$/, bytes: MIB },
  { name: /^licences\.txt$/, bytes: MIB },
  { name: new RegExp(`^reports/${NODE}\\.json$`), bytes: 32 * MIB },
  { name: new RegExp(`^metrics/${NODE}\\.json$`), bytes: 8 * MIB },
  { name: /^pictures\/[0-9a-f]{16,64}\.webp$/, bytes: MIB },
  { name: new RegExp(`^weights/${NODE}\\.safetensors$`), bytes: 2 ** 31 },
]

export const isWeights = (name: string): boolean => name.startsWith('weights/')

export const LIMITS: ZipLimits = {
  entries: 4096,
  fileBytes: 2 ** 32 - 2,
  listBytes: 2 * MIB,
  totalBytes: 256 * MIB,
  ratio: 200,
  ratioFrom: MIB,
  entryBytes: name => (name.length > 200 ? undefined : MEMBERS.find(m => m.name.test(name))?.bytes),
  isApart: isWeights,
}

/** `reports/<node>.json` of an inner node has dots for its id's slashes. */
export const memberOf = (folder: string, node: string, extension: string): string =>
  `${folder}/${node.replaceAll('/', '.')}.${extension}`

export const nodeOf = (member: string): string =>
  member.slice(member.indexOf('/') + 1, member.lastIndexOf('.')).replaceAll('.', '/')

const text = z.string().max(10_000)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

export const manifestFile = z.object({
  format: z.literal('diptych-bundle'),
  version: z.literal(1),
  title: text,
  run: z.object({
    /** The run's folder, by name. */
    name: text,
    startedAt: z.number().nullable(),
  }),
  attribution: z.array(text).max(10_000),
  members: z.record(z.string(), z.object({ bytes: z.int().min(0), sha256 })),
})
export type BundleManifest = z.infer<typeof manifestFile>

/** A metric over the steps, reduced. */
const points = z.object({ steps: z.array(z.int().min(0)), values: z.array(z.number()) })

export const seriesFile = z.object({
  format: z.literal('diptych-series'),
  version: z.literal(1),
  /** Steps that were to be taken, and that were. */
  steps: z.int().min(0),
  taken: z.int().min(0),
  parameters: z.number().min(0),
  metrics: z.record(z.string().regex(/^train\/[\w.@-]{1,100}$/), points),
})
export type SeriesFile = z.infer<typeof seriesFile>

const stage = z.object({
  /** What the stage depends on, part by part. */
  key: z.record(z.string(), z.union([z.string(), z.number()])),
  /** The losses of the first steps: to read, and bit by bit. */
  first: z
    .array(
      z.object({ step: z.int().min(0), loss: z.number(), bits: z.string().regex(/^([0-9a-f]{8}){1,2}$/) }),
    )
    .max(1000),
})
export type BundleStage = z.infer<typeof stage>

export const verifyFile = z.object({
  format: z.literal('diptych-verify'),
  version: z.literal(1),
  /** By Train, in the order in which they ran. */
  stages: z.record(z.string(), stage),
})

const number = z.number()
const cell = z.union([text, number])
const match = z.object({ row: text, label: text, correct: z.boolean(), picture: text.optional() })

const verdict = z.object({
  claim: text,
  met: z.boolean(),
  sentence: text,
  bar: z.object({
    relation: z.enum(RELATIONS),
    metric: text,
    against: text.optional(),
    value: number.optional(),
    margin: number,
    paired: z.boolean(),
  }),
  interval: z.object({ difference: number, low: number, high: number }).optional(),
  threshold: number,
})

/** A report from anywhere, as a window may show it. */
export const reportFile: z.ZodType<Report> = z.object({
  metrics: z.record(text, number),
  standardErrors: z.record(text, number).optional(),
  items: z.record(text, z.array(number)).optional(),
  itemSets: z.record(text, text).optional(),
  verdict: verdict.optional(),
  warnings: z.array(text).optional(),
  tables: z.array(z.object({ title: text, columns: z.array(text), rows: z.array(z.array(cell)) })).optional(),
  matrices: z
    .array(
      z.object({
        title: text,
        axes: z.object({ rows: text, columns: text }).optional(),
        rowLabels: z.array(text),
        columnLabels: z.array(text),
        values: z.array(z.array(number)),
      }),
    )
    .optional(),
  galleries: z
    .array(
      z.object({
        title: text,
        items: z.array(
          z.object({ row: text, label: text, picture: text.optional(), matches: z.array(match) }),
        ),
      }),
    )
    .optional(),
  attribution: z.array(z.object({ name: text, licence: text, by: text })).optional(),
})
