import type { CheckedNode } from '../graph/check.ts'
import { wiresOf } from '../graph/document.ts'
import type { TrainNode } from '../graph/kit.ts'
import { overriddenGraph } from '../graph/overrides.ts'
import { fieldsOf, type GraphNodes } from '../graph/slice.ts'
import type { MemoryAdvice, StepFacts } from '../protocol/messages.ts'
import type { Fit } from './step-facts.ts'

/**
 * Settings that would bring a Train's step down to what is available, the one that changes the result least first.
 * Estimates take activations to be in proportion to the rows that are in memory at once, and all else to stay.
 */
export function memoryAdvice(
  graph: GraphNodes,
  train: CheckedNode,
  { memory }: StepFacts,
  { availableBytes, sharing }: Fit,
): MemoryAdvice[] {
  const { accumulate, gradientCheckpointing, precision } = (train.def as TrainNode).settings(train.params)
  const sizes = batchSizes(graph, train)
  const estimate = (share: number): number | undefined =>
    memory && (memory.totalBytes - memory.temporaryBytes * (1 - share)) * sharing
  const fits = (share: number): boolean => (estimate(share) ?? 0) <= availableBytes
  const advice: MemoryAdvice[] = []
  const node = train.id
  if (!gradientCheckpointing)
    advice.push({
      node,
      param: 'gradientCheckpointing',
      value: true,
      about: 'Compute the inside of blocks again for the gradient: the same steps, about a third more work',
    })
  const parts = commonDivisors(sizes.map(s => s.size)).filter(n => n > accumulate)
  const enough = parts.find(n => fits(accumulate / n)) ?? parts.at(-1)
  if (enough !== undefined)
    advice.push({
      node,
      param: 'accumulate',
      value: enough,
      about: `Split each batch into ${enough} parts, one in memory at a time: the same effective batch`,
      bytes: estimate(accumulate / enough),
    })
  if (precision === 'f32')
    advice.push({
      node,
      param: 'precision',
      value: 'bf16',
      about: 'Compute in bfloat16: activations of half the size, results with fewer digits',
      bytes: estimate(0.5),
    })
  for (const { batch, size } of sizes) {
    const halves = halvingsOf(size, accumulate)
    const smaller = halves.find(s => fits(s / size)) ?? halves.at(-1)
    if (smaller === undefined) continue
    advice.push({
      node: batch,
      param: 'size',
      value: smaller,
      about: `Batches of ${smaller} rows: other steps, and for a contrastive loss fewer negatives`,
      bytes: sizes.length === 1 ? estimate(smaller / size) : undefined,
    })
  }
  return advice
}

/** The Batch nodes that a Train reads, with their rows. */
function batchSizes(
  graph: GraphNodes,
  train: CheckedNode,
): { readonly batch: string; readonly size: number }[] {
  const staged = overriddenGraph(graph, train)
  const batches = new Set(fieldsOf(staged, wiresOf(train.json.in.loss)).map(f => f.batch))
  return [...batches].flatMap(batch => {
    const { def, params } = staged.nodes.get(batch)!
    return def.kind === 'batch' ? [{ batch, size: def.rows(params) }] : []
  })
}

/** Numbers that divide all of these, the smallest first. */
function commonDivisors(numbers: readonly number[]): number[] {
  const least = Math.min(...numbers, Number.POSITIVE_INFINITY)
  if (!Number.isFinite(least)) return []
  return Array.from({ length: least }, (_, i) => i + 1).filter(d => numbers.every(n => n % d === 0))
}

/** A half, a quarter … of the rows, as far as the parts of a batch stay whole. */
function halvingsOf(size: number, parts: number): number[] {
  const found: number[] = []
  for (let s = size / 2; Number.isInteger(s) && s >= 1 && s % parts === 0; s /= 2) found.push(s)
  return found
}
