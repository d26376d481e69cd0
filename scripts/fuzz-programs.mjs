import './setup/node-version.mjs'

const { spawn } = await import('node:child_process')
const { join } = await import('node:path')
const { setUp } = await import('./setup/all.mjs')
const { projectRoot } = await import('./setup/paths.mjs')

// Random programs against the reference: `npm run fuzz:programs -- --seed N --count N [--backend xla|tfjs]`.
const random = join(projectRoot, 'test', 'conformance', 'random')
const bundle = join(projectRoot, 'out', 'fuzz-programs.mjs')
await setUp({ build: false, log: line => console.log(line) })
const { build } = await import('esbuild')
await build({
  entryPoints: [join(random, 'fuzz.ts')],
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
})
const args = [bundle, ...process.argv.slice(2), join(random, 'kept.jsonl')]
spawn(process.execPath, args, { stdio: 'inherit' }).on('close', code => {
  process.exitCode = code ?? 1
})
