import type { GraphDocument, GroupColour, NodeJson } from '../../src/graph/document.ts'
import { randomFrom } from './mutate.ts'

type Wires = Readonly<Record<string, string | readonly string[]>>
type Point = readonly [number, number]

const FAMILIES = 25
const IN_A_ROW = 5
const PITCH: Point = [2160, 1040]
/** Datasets of other families that each family learns from, too. */
const OTHERS = 6
const COLOURS: readonly GroupColour[] = ['blue', 'green', 'amber', 'purple']

/** Where the nodes of one family stand. */
const PLACES: Readonly<Record<string, Point>> = {
  train_emoji: [0, 376],
  test_emoji: [1216, 0],
  corpus: [0, 560],
  tokenizer: [304, 640],
  batch: [304, 280],
  vision: [608, 0],
  text: [608, 376],
  image_projection: [912, 0],
  text_projection: [912, 376],
  image_embedding: [912, 184],
  text_embedding: [912, 560],
  logits: [1216, 232],
  loss: [1216, 416],
  schedule: [608, 760],
  adamw: [912, 760],
  train: [1216, 616],
  retrieval: [1520, 0],
  zero_shot: [1520, 376],
  nearest: [1824, 0],
  probe: [1824, 400],
}

/**
 * Five hundred nodes with nine hundred wires, the same for a seed: 25 CLIPs of several sizes, each of which learns
 * from the pictures of some others. It checks without a fault, once the columns of its emoji are known.
 */
export function bigGraph(seed: number): GraphDocument {
  const random = randomFrom(seed)
  const upTo = (n: number): number => Math.floor(random() * n)
  const oneOf = <T>(from: readonly T[]): T => from[upTo(from.length)]!
  const nodes: Record<string, NodeJson> = {}
  const view: Record<string, Point> = {}
  const groups: Record<string, { title: string; colour: GroupColour; nodes: readonly string[] }> = {}

  for (let k = 0; k < FAMILIES; k++) {
    const id = (name: string): string => `${name}_${k}`
    const add = (name: string, type: string, params: NodeJson['params'], wires: Wires = {}) => {
      nodes[id(name)] = { type, v: type === 'train' ? 2 : 1, params, in: wires }
      const at = PLACES[name]!
      view[id(name)] = [
        at[0] + PITCH[0] * (k % IN_A_ROW) + 8 * upTo(4),
        at[1] + PITCH[1] * Math.floor(k / IN_A_ROW) + 8 * upTo(4),
      ]
    }
    const width = oneOf([32, 64, 128])
    const heads = oneOf([2, 4])
    const others = Array.from({ length: FAMILIES }, (_, i) => i)
      .filter(i => i !== k)
      .sort(() => random() - 0.5)
      .slice(0, OTHERS)
    const measured = { dataset: `${id('test_emoji')}.dataset`, weights: `${id('train')}.weights` }
    const classed = {
      ...measured,
      train: `${id('corpus')}.dataset`,
      embedding: `${id('image_embedding')}.output`,
    }
    add('train_emoji', 'data.emoji', { split: 'train' })
    add('test_emoji', 'data.emoji', { split: 'test', variants: false })
    add(
      'corpus',
      'data.concatenate',
      {},
      {
        datasets: [k, ...others].map(i => `train_emoji_${i}.dataset`),
      },
    )
    add('tokenizer', 'text.bpe', { vocabSize: 512 * (1 + upTo(8)) }, { dataset: `${id('corpus')}.dataset` })
    add(
      'batch',
      'data.batch',
      { imageSize: 64, size: oneOf([32, 64, 128]), textLength: 32 },
      {
        dataset: `${id('corpus')}.dataset`,
        tokenizer: `${id('tokenizer')}.tokenizer`,
      },
    )
    add(
      'vision',
      'encoder.vit',
      { depth: 1 + upTo(4), heads, patch: oneOf([8, 16]), width },
      {
        image: `${id('batch')}.image`,
      },
    )
    add('text', 'encoder.text', { depth: 1 + upTo(4), heads, width }, { text: `${id('batch')}.caption` })
    for (const [side, from] of [
      ['image', 'vision'],
      ['text', 'text'],
    ] as const) {
      add(`${side}_projection`, 'layer.projection', { size: width }, { input: `${id(from)}.pooled` })
      add(`${side}_embedding`, 'layer.normalize', {}, { input: `${id(`${side}_projection`)}.output` })
    }
    add(
      'logits',
      'pair.logits',
      {},
      {
        image: `${id('image_embedding')}.output`,
        text: `${id('text_embedding')}.output`,
      },
    )
    add('loss', oneOf(['objective.infoNCE', 'objective.sigmoid']), {}, { pairs: `${id('logits')}.pairs` })
    add('schedule', 'optimizer.schedule', { kind: 'cosine', rate: 0.001, steps: 450, warmup: 45 })
    add('adamw', 'optimizer.adamw', {}, { schedule: `${id('schedule')}.schedule` })
    add(
      'train',
      'train',
      { steps: 450 },
      {
        loss: [`${id('loss')}.loss`],
        optimizer: [`${id('adamw')}.optimizer`],
      },
    )
    add('retrieval', 'evaluation.retrieval', {}, { ...measured, pairs: `${id('logits')}.pairs` })
    add(
      'zero_shot',
      'evaluation.zeroShot',
      { label: 'group', templates: ['a {} emoji'] },
      {
        ...measured,
        pairs: `${id('logits')}.pairs`,
      },
    )
    add('nearest', 'evaluation.knn', { label: 'group' }, classed)
    add('probe', 'evaluation.linearProbe', { label: 'group' }, classed)
    if (k % 3 === 0)
      groups[`group_${k}`] = {
        title: `Towers ${k + 1}`,
        colour: COLOURS[(k / 3) % COLOURS.length]!,
        nodes: ['vision', 'text', 'image_projection', 'text_projection'].map(id),
      }
  }
  return {
    format: 'diptych-graph',
    version: 1,
    meta: { title: 'Five hundred nodes', seed, about: '' },
    nodes,
    defs: {},
    groups,
    view,
    lock: {},
  }
}
