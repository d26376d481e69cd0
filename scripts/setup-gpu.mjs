import './setup/node-version.mjs'

const { parseArgs } = await import('node:util')
const { ensureGpu } = await import('./setup/gpu.mjs')
const { say } = await import('./setup/progress.mjs')

try {
  const { values } = parseArgs({ options: { yes: { type: 'boolean' }, cuda: { type: 'string' } } })
  const cuda = values.cuda === undefined ? undefined : Number(values.cuda)
  const { folder, problem } = await ensureGpu({ yes: values.yes ?? false, cuda })
  if (problem) say(problem)
  if (folder) say(`everything is in place in ${folder}`)
  else process.exitCode = 1
} catch (error) {
  say(error.message)
  process.exitCode = 1
}
