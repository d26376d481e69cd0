import { create } from 'zustand'
import type { Wire } from '../../graph/document.ts'
import type { WireFlow } from '../../graph/insight/wire-flow.ts'
import { own } from '../../graph/own.ts'
import type { InsightState } from '../state/insight.ts'
import type { DocumentState } from '../state/types.ts'
import type { LabelPlace } from './label-places.ts'
import { toldOf } from './wire-types.ts'

/** What is drawn over the wires at all times, not only under the mouse. */
interface Overlay {
  /** What each wire carries: its dtype and named shape. */
  readonly shapes: boolean
  /** What the gradient of a Train does on it. */
  readonly gradient: boolean
  /** The Train that gradients and costs are told of; null: the first. */
  readonly train: string | null
  /** Where the labels of wires are, by wire, while shapes are shown; of those that have room for one. */
  readonly labels: ReadonlyMap<string, LabelPlace>
}

export const useOverlay = create<Overlay>(() => ({
  shapes: false,
  gradient: false,
  train: null,
  labels: new Map(),
}))

export const toggleShapes = (): void => useOverlay.setState(({ shapes }) => ({ shapes: !shapes }))
export const toggleGradient = (): void => useOverlay.setState(({ gradient }) => ({ gradient: !gradient }))

/** The Train that is chosen, or else the first. */
export const chosenTrain = ({ trains }: Pick<InsightState, 'trains'>, chosen: string | null) =>
  trains.get(chosen ?? '') ?? [...trains.values()][0]

/** What the gradient of the chosen Train does on a wire of the canvas; `none` where no weight is behind it. */
export function flowOn(
  insight: Pick<InsightState, 'trains'>,
  chosen: string | null,
  shown: Pick<DocumentState, 'document' | 'scope'>,
  wire: Wire,
): WireFlow | 'none' {
  const flows = chosenTrain(insight, chosen)?.flows
  return (flows && toldOf(shown, wire, of => own(flows, of))) ?? 'none'
}
