import { create } from 'zustand'
import type { Wire } from '../../graph/document.ts'
import type { WireFlow } from '../../graph/insight/wire-flow.ts'
import { own } from '../../graph/own.ts'
import type { InsightState } from '../state/insight.ts'

/** What is drawn over the wires at all times, not only under the mouse. */
interface Overlay {
  /** What each wire carries: its dtype and named shape. */
  readonly shapes: boolean
  /** What the gradient of a Train does on it. */
  readonly gradient: boolean
  /** The Train that gradients and costs are told of; null: the first. */
  readonly train: string | null
}

export const useOverlay = create<Overlay>(() => ({ shapes: false, gradient: false, train: null }))

/** The Train that is chosen, or else the first. */
export const chosenTrain = ({ trains }: Pick<InsightState, 'trains'>, chosen: string | null) =>
  (chosen === null ? undefined : trains.get(chosen)) ?? [...trains.values()][0]

/** What the gradient of the chosen Train does on a wire; `none` where no weight is behind it. */
export function flowOn(insight: InsightState, chosen: string | null, wire: Wire): WireFlow | 'none' {
  return own(chosenTrain(insight, chosen)?.flows ?? {}, wire) ?? 'none'
}
