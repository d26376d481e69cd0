import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import { buildPairSlice, buildWireSlice, type EvalSlice } from '../graph/compile/eval-slice.ts'
import { inheritedPrecision } from '../graph/compile/precision.ts'
import type { Wire } from '../graph/document.ts'
import type { EvaluatorNode } from '../graph/kit.ts'
import { type Operands, operandsOf, wireOf } from '../graph/slice.ts'

/** Rows of a slice's batch and of a tile of similarities. */
export const ROWS = 128
export const TILE = 256

/** A device wire staged over ROWS rows of a dataset. */
export interface WireSlice {
  readonly wire: Wire
  readonly slice: EvalSlice
}

/** What an evaluator compiles: its pairs wire cut in three, and its other device wires by input. */
export interface EvaluationSlices {
  readonly pairs?: {
    readonly operands: Operands
    readonly rows: WireSlice
    readonly columns: WireSlice
    readonly tile: EvalSlice
  }
  readonly wires: ReadonlyMap<string, WireSlice>
}

export function evaluationSlices(graph: CheckedGraph, node: CheckedNode): EvaluationSlices {
  const needs = (node.def as EvaluatorNode).needs(node.params)
  const precision = inheritedPrecision(graph, node)
  const over = (wire: Wire): WireSlice => ({ wire, slice: buildWireSlice(graph, wire, ROWS, precision) })
  const wires = new Map((needs.wires ?? []).map(input => [input, over(wireOf(node, input)!)]))
  if (!needs.pairs) return { wires }
  const pairs = wireOf(node, needs.pairs.port)!
  const operands = operandsOf(graph, pairs)!
  const tile = buildPairSlice(graph, pairs, operands, TILE, TILE, precision)
  return { pairs: { operands, rows: over(operands.rows), columns: over(operands.columns), tile }, wires }
}

/** The wires that are computed over rows, and all programs, in a fixed order. */
export const wireSlices = ({ pairs, wires }: EvaluationSlices): readonly WireSlice[] => [
  ...(pairs ? [pairs.rows, pairs.columns] : []),
  ...wires.values(),
]
export const allSlices = (slices: EvaluationSlices): readonly EvalSlice[] => [
  ...wireSlices(slices).map(w => w.slice),
  ...(slices.pairs ? [slices.pairs.tile] : []),
]
