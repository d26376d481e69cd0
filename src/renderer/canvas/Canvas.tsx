import '@xyflow/react/dist/base.css'
import { ReactFlow, ReactFlowProvider, SelectionMode, useReactFlow, useStoreApi } from '@xyflow/react'
import { type DragEvent, type MouseEvent, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { CommandList } from '../commands/CommandList.tsx'
import { useShown } from '../state/index.ts'
import { addNode, GRID, insertionOf, insertNode, openSearch } from './actions.ts'
import { addableOf } from './addable.ts'
import { Breadcrumb } from './Breadcrumb.tsx'
import styles from './Canvas.module.css'
import { CanvasControls } from './CanvasControls.tsx'
import { FindNode } from './FindNode.tsx'
import { Ground } from './Ground.tsx'
import { GroupFrames } from './GroupFrames.tsx'
import { editNote, renameSelected, reroute } from './key-actions.ts'
import { LiveRegion } from './LiveRegion.tsx'
import { CARD_WIDTH, type CardNode, type WireEdge } from './model.ts'
import { NodeCard } from './NodeCard.tsx'
import { ConnectSearch, NodeSearch } from './NodeSearch.tsx'
import { NoteCard } from './NoteCard.tsx'
import { DRAG_TYPE } from './Palette.tsx'
import { RerouteCard } from './RerouteCard.tsx'
import { docNow } from './store.ts'
import { enter } from './subgraph-actions.ts'
import { mountCanvas, showDetail, useCanvasUi } from './ui-store.ts'
import { useCards, useModel } from './use-cards.ts'
import { useClipboard } from './use-clipboard.ts'
import { useMoving } from './use-moving.ts'
import { FitOnOpen, leaveAt, MIN_ZOOM, useStart } from './use-start.ts'
import { mayConnect, useWires } from './use-wires.ts'
import { Wire } from './Wire.tsx'
import { WireLine } from './WireLine.tsx'

const NODE_TYPES = { card: NodeCard, note: NoteCard, reroute: RerouteCard }
const EDGE_TYPES = { wire: Wire }
const SNAP: [number, number] = [GRID, GRID]
const ADD_KEYS = ['Shift', 'Meta', 'Control']
/** Left and middle button. */
const PAN_BUTTONS = [0, 1]

function EmptyHint() {
  const empty = useShown(state => Object.keys(state.document.nodes).length === 0)
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
  const popover = useCanvasUi(state => state.popover)
  if (!frame) return null
  switch (popover?.kind) {
    case undefined:
      return null
    case 'add':
      return <NodeSearch key={popover.place.join()} search={popover} frame={frame} />
    case 'connect':
      return <ConnectSearch node={popover.node} cards={nodes.map(n => n.data)} frame={frame} />
    case 'find':
      return <FindNode frame={frame} />
    case 'commands':
      return <CommandList frame={frame} />
  }
}

/** A double click enters a subgraph, edits a note, and renames by the head of a card. */
const openNode = (event: MouseEvent, { id, data }: CardNode): void => {
  if (data.kind === 'subgraph') enter(id)
  else if (data.kind === 'note') editNote(id)
  else if ((event.target as Element).closest('header')) renameSelected()
}

/** What React Flow is given must be the same from one drawing to the next: a function that is new draws every card. */
function Flow() {
  const [frame, setFrame] = useState<HTMLElement | null>(null)
  const frameRef = useRef<HTMLElement | null>(null)
  const flow = useReactFlow<CardNode, WireEdge>()
  const store = useStoreApi()
  const writer = useShown(state => state.lease.mode === 'writer')
  const model = useModel()
  const cards = useCards(model)
  const wires = useWires()
  const shown = useShown(state => `${state.id} ${state.scope.join('/')}`)
  const start = useStart(shown, frame, model.nodes)
  useClipboard()

  useEffect(() => (frame ? mountCanvas(flow, frame) : undefined), [flow, frame])
  const { onMoveStart, onMoveEnd } = useMoving(frame)
  useLayoutEffect(() => {
    if (!frame || !start) return
    return store.subscribe(({ transform }) => {
      showDetail(frame, transform[2])
      leaveAt(start.of, transform)
    })
  }, [store, frame, start])

  const wireAt = (element: Element) => {
    const id = element.closest<HTMLElement>('.react-flow__edge')?.dataset.id
    return id === undefined ? undefined : flow.getEdge(id)?.data?.ref
  }
  const onDoubleClick = (event: MouseEvent) => {
    if (!writer) return
    const target = event.target as Element
    const { clientX: x, clientY: y } = event
    if (target.classList.contains('react-flow__pane')) openSearch({ x, y })
    const wire = wireAt(target)
    const at = flow.screenToFlowPosition({ x, y })
    if (wire) reroute(wire, [at.x, at.y])
  }
  const onDragOver = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes(DRAG_TYPE)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
  }
  const onDrop = (event: DragEvent) => {
    const one = addableOf(event.dataTransfer.getData(DRAG_TYPE), docNow().document)
    if (!one) return
    event.preventDefault()
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY })
    const under = document.elementsFromPoint(event.clientX, event.clientY)
    const wire = under.map(wireAt).find(ref => ref && insertionOf(one, ref))
    if (wire) insertNode(one, wire, [x - CARD_WIDTH / 2, y - 24])
    else addNode(one, [x - CARD_WIDTH / 2, y - 24])
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
      {start && (
        <ReactFlow<CardNode, WireEdge>
          key={shown}
          nodes={cards.nodes}
          edges={cards.edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          onNodesChange={cards.onNodesChange}
          onEdgesChange={cards.onEdgesChange}
          onNodeDrag={cards.onDrag}
          onNodeDragStop={cards.onDragStop}
          onNodeDoubleClick={openNode}
          onSelectionDragStop={cards.onSelectionDragStop}
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
          minZoom={MIN_ZOOM}
          defaultViewport={start.viewport}
          maxZoom={2.5}
          panOnDrag={PAN_BUTTONS}
          panActivationKeyCode="Space"
          selectionKeyCode="Shift"
          multiSelectionKeyCode={ADD_KEYS}
          selectionMode={SelectionMode.Partial}
          deleteKeyCode={null}
          zoomOnDoubleClick={false}
          onMoveStart={onMoveStart}
          onMoveEnd={onMoveEnd}
          elevateNodesOnSelect
          elevateEdgesOnSelect={false}
          onlyRenderVisibleElements
          attributionPosition="bottom-left"
        >
          <Ground nodes={model.nodes} />
          {!start.kept && <FitOnOpen id={shown} />}
          <GroupFrames onGroupDrag={cards.onGroupDrag} onGroupDrop={cards.onGroupDrop} />
          <CanvasControls />
        </ReactFlow>
      )}
      <Breadcrumb />
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
