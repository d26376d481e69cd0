import './setup/node-version.mjs'

const { spawn } = await import('node:child_process')
const { join } = await import('node:path')
const { parseArgs } = await import('node:util')
const { projectRoot } = await import('./setup/paths.mjs')

// Kills at random moments of a session: `npm run chaos -- [--kills N] [--seed N] [--first N]`.
const { values } = parseArgs({
  options: { kills: { type: 'string' }, seed: { type: 'string' }, first: { type: 'string' } },
})
const env = { ...process.env }
for (const [name, value] of Object.entries(values)) {
  if (!/^[1-9]\d*$/.test(value)) {
    console.error(`--${name} ${value}: a whole number from 1 is needed.`)
    process.exit(2)
  }
  env[`DIPTYCH_CHAOS_${name.toUpperCase()}`] = value
}
const cli = join(projectRoot, 'node_modules', '@playwright', 'test', 'cli.js')
const args = [cli, 'test', 'test/e2e/chaos.spec.ts', '--reporter=line']
spawn(process.execPath, args, { cwd: projectRoot, env, stdio: 'inherit' }).on('close', code => {
  process.exitCode = code ?? 1
})
