import { readdirSync, readFileSync } from 'node:fs'
import { scenesSchema } from '../../src/data/scenes/dataset.ts'
import type { Schemas } from '../../src/graph/check.ts'
import type { GraphDocument } from '../../src/graph/document.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import type { ScenesForm } from '../../src/graph/scenes.ts'
import { registry } from '../../src/nodes/index.ts'

const folder = new URL('../../graphs/contrastive/', import.meta.url)

/** The graphs of the contrastive family, by name. */
export const CONTRASTIVE = readdirSync(folder).flatMap(file =>
  file.endsWith('.json') ? [file.slice(0, -5)] : [],
)

export const textOf = (name: string): string => readFileSync(new URL(`${name}.json`, folder), 'utf8')

export const documentOf = (name: string): GraphDocument => parseGraph(textOf(name)).document!

/** What the engine would find out about the scenes of a graph. */
export const sceneSchemas = (document: GraphDocument): Schemas =>
  Object.fromEntries(
    Object.entries(document.nodes).flatMap(([id, { type, params }]) => {
      if (type !== 'data.scenes') return []
      const parsed = registry.get(type)!.params.parse(params)
      const { rows, ...rest } = parsed as unknown as ScenesForm & { readonly rows: ScenesForm['form'] }
      const schema = scenesSchema({ ...rest, form: rows })
      return [[`${id}.dataset`, { state: 'known', schema }] as const]
    }),
  )
