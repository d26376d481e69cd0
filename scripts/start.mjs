import './setup/node-version.mjs'

const { join, relative } = await import('node:path')
const { projectRoot } = await import('./setup/paths.mjs')
const { runCommand } = await import('./setup/command.mjs')

// The default graph, headless, until there is a window to open.
const graph = relative(process.cwd(), join(projectRoot, 'graphs', 'clip-emoji.json'))
await runCommand(['run', graph, ...process.argv.slice(2)], { window: true })
