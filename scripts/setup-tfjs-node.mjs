import './setup/node-version.mjs'

const { parseArgs } = await import('node:util')
const { ensureTfjsNode } = await import('./setup/tfjs-node.mjs')
const { say } = await import('./setup/progress.mjs')

try {
  const options = { yes: { type: 'boolean' }, cpu: { type: 'boolean' }, gpu: { type: 'boolean' } }
  const { yes = false, cpu, gpu } = parseArgs({ options }).values
  const flavour = cpu ? 'cpu' : gpu ? 'gpu' : undefined
  const { folder, problem } = await ensureTfjsNode({ yes, flavour })
  if (problem) say(problem)
  if (folder) say(`everything is in place in ${folder}`)
  else process.exitCode = 1
} catch (error) {
  say(error.message)
  process.exitCode = 1
}
