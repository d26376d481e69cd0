import '@xyflow/react/dist/base.css'
import {
  Background,
  BackgroundVariant,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useNodesInitialized,
  useReactFlow,
  useStoreApi,
} from '@xyflow/react'
import { type DragEvent, type MouseEvent, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { registry } from '../../nodes/index.ts'
import { useDocument } from '../state/index.ts'
import { addNode, GRID, openSearch } from './actions.ts'
import styles from './Canvas.module.css'
import { CanvasControls } from './CanvasControls.tsx'
import { LiveRegion } from './LiveRegion.tsx'
import { CARD_WIDTH, type CardNode, type WireEdge } from './model.ts'
import { NodeCard } from './NodeCard.tsx'
import { ConnectSearch, NodeSearch } from './NodeSearch.tsx'
import { NoteCard } from './NoteCard.tsx'
import { DRAG_TYPE } from './Palette.tsx'
import { detailAt, mountCanvas, useCanvasUi } from './ui-store.ts'
import { useCards, useModel } from './use-cards.ts'
import { useKeys } from './use-keys.ts'
import { mayConnect, useWires } from './use-wires.ts'
import { Wire } from './Wire.tsx'
import { WireLine } from './WireLine.tsx'

const NODE_TYPES = { card: NodeCard, note: NoteCard }
const EDGE_TYPES = { wire: Wire }
const SNAP: [number, number] = [GRID, GRID]
const ADD_KEYS = ['Shift', 'Meta', 'Control']
/** Left and middle button. */
const PAN_BUTTONS = [0, 1]
const DOT_GAP = { close: 24, near: 24, far: 40, farther: 56, farthest: 88 }

/** Fits a document into the view when it is opened. */
function FitOnOpen() {
  const id = useDocument(state => state.id)
  const ready = useNodesInitialized()
  const { fitView } = useReactFlow()
  const fitted = useRef<string | null | undefined>(undefined)
  useEffect(() => {
    if (!ready || fitted.current === id) return
    fitted.current = id
    void fitView({ padding: 0.06, maxZoom: 1 })
  }, [ready, id, fitView])
  return null
}

function Dots() {
  const detail = useCanvasUi(state => state.detail)
  const gap = DOT_GAP[detail]
  return <Background variant={BackgroundVariant.Dots} gap={gap} size={gap / 16} color="var(--canvas-dot)" />
}

function EmptyHint() {
  const empty = useDocument(state => Object.keys(state.document.nodes).length === 0)
  if (!empty) return null
  return (
    <div className={styles.empty}>
      <strong>An empty graph</strong>
      <p>Drag a node from the left, or double-click here to search for one.</p>
      <p>
        <kbd>Ctrl</kbd> <kbd>K</kbd> adds a node from the keyboard.
      </p>
    </div>
  )
}

function Popovers({
  frame,
  nodes,
}: {
  readonly frame: HTMLElement | null
  readonly nodes: readonly CardNode[]
}) {
  const search = useCanvasUi(state => state.search)
  const connecting = useCanvasUi(state => state.connecting)
  if (!frame) return null
  if (connecting !== null)
    return <ConnectSearch node={connecting} cards={nodes.map(n => n.data)} frame={frame} />
  return search && <NodeSearch key={search.place.join()} search={search} frame={frame} />
}

function Flow() {
  const [frame, setFrame] = useState<HTMLElement | null>(null)
  const frameRef = useRef<HTMLElement | null>(null)
  const flow = useReactFlow<CardNode, WireEdge>()
  const store = useStoreApi()
  const writer = useDocument(state => state.lease.mode === 'writer')
  const model = useModel()
  const cards = useCards(model)
  const wires = useWires()
  useKeys(frameRef)

  useEffect(() => (frame ? mountCanvas(flow, frame) : undefined), [flow, frame])
  useLayoutEffect(() => {
    const look = ({ transform }: { readonly transform: readonly [number, number, number] }) => {
      const detail = detailAt(transform[2])
      if (frame) frame.dataset.detail = detail
      if (useCanvasUi.getState().detail !== detail) useCanvasUi.setState({ detail })
    }
    look(store.getState())
    return store.subscribe(look)
  }, [store, frame])

  const onDoubleClick = (event: MouseEvent) => {
    if (writer && (event.target as Element).classList.contains('react-flow__pane'))
      openSearch({ x: event.clientX, y: event.clientY })
  }
  const onDragOver = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes(DRAG_TYPE)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
  }
  const onDrop = (event: DragEvent) => {
    const def = registry.get(event.dataTransfer.getData(DRAG_TYPE))
    if (!def) return
    event.preventDefault()
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY })
    addNode(def, [x - CARD_WIDTH / 2, y - 24])
  }

  return (
    <section
      ref={element => {
        frameRef.current = element
        setFrame(element)
      }}
      className={styles.canvas}
      aria-label="Graph"
      tabIndex={-1}
      data-canvas-keys
      onDoubleClick={onDoubleClick}
      onDragOver={onDragOver}
      onDrop={onDrop}
    >
      <ReactFlow<CardNode, WireEdge>
        nodes={cards.nodes}
        edges={cards.edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={cards.onNodesChange}
        onEdgesChange={cards.onEdgesChange}
        onNodeDragStop={cards.onDragStop}
        onSelectionDragStop={(event, nodes) => cards.onDragStop(event, nodes[0]!, nodes)}
        onConnectStart={wires.onConnectStart}
        onConnect={wires.onConnect}
        onConnectEnd={wires.onConnectEnd}
        isValidConnection={mayConnect}
        connectionLineComponent={WireLine}
        connectionRadius={18}
        connectOnClick={false}
        nodesDraggable={writer}
        nodesConnectable={writer}
        nodeDragThreshold={2}
        edgesReconnectable={false}
        snapToGrid
        snapGrid={SNAP}
        minZoom={0.08}
        maxZoom={2.5}
        panOnDrag={PAN_BUTTONS}
        panActivationKeyCode="Space"
        selectionKeyCode="Shift"
        multiSelectionKeyCode={ADD_KEYS}
        selectionMode={SelectionMode.Partial}
        deleteKeyCode={null}
        zoomOnDoubleClick={false}
        elevateNodesOnSelect
        elevateEdgesOnSelect={false}
        onlyRenderVisibleElements
        attributionPosition="bottom-left"
      >
        <Dots />
        <FitOnOpen />
        <CanvasControls />
      </ReactFlow>
      <EmptyHint />
      <Popovers frame={frame} nodes={model.nodes} />
      <LiveRegion />
    </section>
  )
}

/** The graph of the open document. */
export function Canvas() {
  return (
    <ReactFlowProvider>
      <Flow />
    </ReactFlowProvider>
  )
}
