import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { BrowserContext, Page } from '@playwright/test'
import { build } from 'esbuild'
import { type GraphDocument, splitWire, wiresOf } from '../../src/graph/document.ts'
import type { View } from './canvas-acts.ts'
import { project } from './server.ts'

/** Nobody listens there: the test itself answers. */
export const BARE = 'http://127.0.0.1:9/'

/** React Flow with nothing of ours: its own nodes and wires, and of our settings those that decide what is drawn. */
const SOURCE = `
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { ReactFlow } from '@xyflow/react'
const { nodes, edges } = window.graph
createRoot(document.getElementById('root')).render(
  createElement(ReactFlow, {
    defaultNodes: nodes, defaultEdges: edges, minZoom: 0.08, maxZoom: 2.5, onlyRenderVisibleElements: true,
    nodeDragThreshold: 2, snapToGrid: true, snapGrid: [8, 8], fitView: true, onInit: flow => { window.flow = flow },
  }),
)`

export interface Size {
  readonly width: number
  readonly height: number
}

/** As many nodes as the graph has, about as large and in the same places, with as many wires. */
function bareGraph(doc: GraphDocument) {
  const nodes = Object.entries(doc.nodes).map(([id, { type }]) => {
    const [x, y] = doc.view[id]!
    return { id, position: { x, y }, data: { label: type }, style: { width: 248, height: 150 } }
  })
  const edges = Object.entries(doc.nodes).flatMap(([target, node]) =>
    Object.values(node.in)
      .flatMap(wiresOf)
      .map((wire, k) => ({ id: `${wire}>${target} ${k}`, source: splitWire(wire).node, target })),
  )
  return { nodes, edges }
}

/** A page that shows the graph on a bare canvas of this size. */
export async function bareCanvas(
  context: BrowserContext,
  doc: GraphDocument,
  { width, height }: Size,
): Promise<Page> {
  const { outputFiles } = await build({
    stdin: { contents: SOURCE, resolveDir: project, loader: 'js' },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const style = await readFile(createRequire(import.meta.url).resolve('@xyflow/react/dist/style.css'), 'utf8')
  const page = await context.newPage()
  const script = `window.graph=${JSON.stringify(bareGraph(doc))};${outputFiles[0]!.text}`
  await page.route(`${BARE}**`, route => {
    const { pathname } = new URL(route.request().url())
    if (pathname === '/script.js') return route.fulfill({ contentType: 'text/javascript', body: script })
    return route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><meta charset="utf-8"><title>bare</title>
<style>${style} body{margin:0} #root{width:${width}px;height:${height}px}</style><div id="root"></div><script src="/script.js"></script>`,
    })
  })
  return page
}

/** Shows the part of the graph that another canvas of the same size shows. */
export const showOnBare = (page: Page, view: View): Promise<void> =>
  page.evaluate(
    view => (globalThis as unknown as { flow: { setViewport(view: View): void } }).flow.setViewport(view),
    view,
  )
