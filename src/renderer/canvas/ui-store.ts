import type { ReactFlowInstance } from '@xyflow/react'
import { create } from 'zustand'
import type { WireRef } from '../state/types.ts'
import type { Point } from './layout.ts'
import type { CardNode, WireEdge } from './model.ts'
import type { Wiring } from './wiring.ts'

/** How much a card can show at this zoom: everything, its title, or only its colour. */
export type Detail = 'close' | 'near' | 'far' | 'farther' | 'farthest' | 'spot'

export const detailAt = (zoom: number): Detail => {
  if (zoom >= 1.35) return 'close'
  if (zoom >= 0.66) return 'near'
  if (zoom >= 0.44) return 'far'
  if (zoom >= 0.3) return 'farther'
  return zoom >= 0.15 ? 'farthest' : 'spot'
}

/** In pixels. */
export const POPOVER_WIDTH = 340

/** The search for a node to add: where it opens, and where the node goes. */
export interface OpenSearch {
  readonly kind: 'add'
  /** In pixels of the canvas. */
  readonly at: Point
  /** In the graph. */
  readonly place: Point
  /** The wire whose free end was dropped; only nodes that take it are listed. */
  readonly wiring: Wiring | null
  /** The wire that it goes into; only nodes that fit into it are listed. */
  readonly into: WireRef | null
}

export type OpenPopover =
  | OpenSearch
  /** The ports of a node, to be wired from the keyboard. */
  | { readonly kind: 'connect'; readonly node: string }
  | { readonly kind: 'find' }
  | { readonly kind: 'commands' }

interface CanvasUi {
  /** That of the cards; while the canvas moves, that of its zoom before. */
  readonly detail: Detail
  /** How often the canvas has come to rest at another detail. */
  readonly rests: number
  readonly popover: OpenPopover | null
  /** The wire into which the card that is dragged would go. */
  readonly into: WireRef | null
}

export const useCanvasUi = create<CanvasUi>(() => ({
  detail: 'near',
  rests: 0,
  popover: null,
  into: null,
}))

let zoomed: Detail = 'near'
/** That of the zoom at this moment: for cards that come into sight while the canvas moves. */
export const detailNow = (): Detail => zoomed

/** Follows the zoom; the cards do so when the canvas rests, for all of them at once take longer than a frame. */
export function showDetail(frame: HTMLElement, zoom: number): void {
  const before = zoomed
  zoomed = detailAt(zoom)
  passed ||= zoomed !== before
  const { detail, rests } = useCanvasUi.getState()
  if (frame.dataset.moving !== undefined || !(passed || zoomed !== detail)) return
  passed = false
  frame.dataset.detail = zoomed
  useCanvasUi.setState({ detail: zoomed, rests: rests + 1 })
}
/** Other details were passed since the canvas rested. */
let passed = false

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
