import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ENGINES } from '../protocol/engine-name.ts'
import type { EnqueueOptions } from '../protocol/workbench.ts'
import { writeFileAtomicSync } from './disk.ts'
import { systemCode } from './fault.ts'
import { isAlive, markName, markOf, processMark, thisProcess } from './process-mark.ts'

const entry = z.object({
  id: z.string(),
  /** Where relative paths start and the run's folder goes. */
  source: z.string(),
  file: z.string().nullable(),
  title: z.string(),
  text: z.string(),
  options: z.object({
    engine: z.enum(ENGINES),
    fresh: z.boolean(),
    paused: z.boolean().optional(),
  }) satisfies z.ZodType<EnqueueOptions>,
  /** The step of another run that it begins with. */
  fork: z.object({ folder: z.string(), train: z.string(), step: z.int() }).optional(),
  /** It had begun. */
  began: z.boolean(),
  folder: z.string().nullable(),
  resume: z.boolean(),
  queuedAt: z.number(),
  startedAt: z.number().nullable(),
})
const queueFile = z.object({
  format: z.literal('diptych-queue'),
  version: z.literal(1),
  owner: processMark,
  entries: z.array(entry),
})

/** A run that waits or is under way, as it outlives the host. */
export type StoredEntry = z.infer<typeof entry>

/** Whose queue it is, and who was taking it over. */
const NAME = /^(\d+-\d*)\.json(?:\.(\d+-\d*)\.claimed)?$/

/**
 * The queues on the disk: one file a process, so that two of a person's hosts keep out of each other's way. A
 * host that starts takes over those whose process is gone.
 */
export class QueueStore {
  private readonly folder: string
  private readonly path: string
  private written = '[]'

  constructor(config: string) {
    this.folder = join(config, 'queues')
    this.path = join(this.folder, `${markName(thisProcess())}.json`)
  }

  write(entries: readonly StoredEntry[]): void {
    const text = JSON.stringify(entries)
    if (text === this.written) return
    this.written = text
    if (entries.length === 0) {
      rmSync(this.path, { force: true })
      return
    }
    const content: z.infer<typeof queueFile> = {
      format: 'diptych-queue',
      version: 1,
      owner: thisProcess(),
      entries: [...entries],
    }
    writeFileAtomicSync(this.path, JSON.stringify(content))
  }

  /** What earlier hosts have left; it is this one's from now on. */
  adopt(): StoredEntry[] {
    const adopted = new Map<string, StoredEntry>()
    for (const name of list(this.folder)) {
      const [, owner, claimer] = NAME.exec(name) ?? []
      if (owner === undefined) continue
      const path = join(this.folder, name)
      // A host that was killed while it took a queue over left it claimed.
      const holder = claimer === undefined ? read(path)?.owner : markOf(claimer)
      if (!holder || isAlive(holder)) continue
      const claimed = join(this.folder, `${owner}.json.${markName(thisProcess())}.claimed`)
      try {
        // Renaming is the claim: only one can do it.
        renameSync(path, claimed)
      } catch (e) {
        if (systemCode(e) === 'ENOENT') continue
        throw e
      }
      // Killed between the two, it left a copy in its own queue.
      for (const entry of read(claimed)?.entries ?? []) adopted.set(entry.id, entry)
      this.write([...adopted.values()])
      rmSync(claimed, { force: true })
    }
    return [...adopted.values()]
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

function read(path: string): z.infer<typeof queueFile> | undefined {
  try {
    return queueFile.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}
