import type { ReactFlowInstance } from '@xyflow/react'
import { create } from 'zustand'
import type { Point } from './layout.ts'
import type { CardNode, WireEdge } from './model.ts'
import type { Wiring } from './wiring.ts'

/** How much a card can show at this zoom: everything, its title, or hardly that. */
export type Detail = 'close' | 'near' | 'far' | 'farther' | 'farthest'

export const detailAt = (zoom: number): Detail => {
  if (zoom >= 1.35) return 'close'
  if (zoom >= 0.66) return 'near'
  if (zoom >= 0.44) return 'far'
  return zoom >= 0.3 ? 'farther' : 'farthest'
}

/** The search for a node to add: where it opens, and where the node goes. */
export interface OpenSearch {
  /** In pixels of the canvas. */
  readonly at: Point
  /** In the graph. */
  readonly place: Point
  /** The wire whose free end was dropped; only nodes that take it are listed. */
  readonly wiring: Wiring | null
}

interface CanvasUi {
  readonly detail: Detail
  readonly search: OpenSearch | null
  /** The node whose ports are to be wired from the keyboard. */
  readonly connecting: string | null
}

export const useCanvasUi = create<CanvasUi>(() => ({
  detail: 'near',
  search: null,
  connecting: null,
}))

type Flow = ReactFlowInstance<CardNode, WireEdge>

/** The mounted canvas, for what happens outside it: the palette, a list of faults. */
let mounted: { readonly flow: Flow; readonly frame: HTMLElement } | null = null

export const mountCanvas = (flow: Flow, frame: HTMLElement): (() => void) => {
  mounted = { flow, frame }
  return () => {
    mounted = null
  }
}

export const canvasNow = (): { readonly flow: Flow; readonly frame: HTMLElement } | null => mounted
