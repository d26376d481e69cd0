/**
 * The layers of the design's section 2, lowest first: an import goes downwards only, so there are no cycles.
 * `imports`: folders it may import; `types`: folders it may import types from; `packages`: the only packages it
 * may import (without it: all dependencies); `pure`: no Node API at all, so that it runs in a window too.
 * `provided`: packages that the program's surroundings bring, so they are no dependencies.
 */
export const LAYERS = {
  ir: { imports: [], pure: true, packages: [] },
  nn: { imports: ['ir'], pure: true, packages: [] },
  lower: { imports: ['ir'] },
  graph: { imports: ['ir', 'nn'], pure: true, packages: ['zod', 'jsonc-parser', 'immer'] },
  nodes: { imports: ['ir', 'nn', 'graph'], pure: true, packages: ['zod'] },
  data: { imports: [], types: ['graph'] },
  runtime: { imports: ['ir', 'lower'] },
  protocol: { imports: [], types: ['graph'] },
  engine: { imports: ['ir', 'nn', 'lower', 'graph', 'nodes', 'data', 'runtime', 'protocol'] },
  host: { imports: ['protocol', 'graph'] },
  main: { imports: ['host', 'protocol'], provided: ['electron'] },
  preload: { imports: ['host', 'protocol'], provided: ['electron'] },
  server: { imports: ['host', 'protocol'] },
  renderer: { imports: ['protocol', 'graph', 'nodes', 'ir'], pure: true },
  cli: { imports: ['host', 'server', 'protocol', 'graph', 'nodes'] },
}

export const MAX_LINES = 400
