import './setup/node-version.mjs'

const { rmSync } = await import('node:fs')
const { setUp } = await import('./setup/all.mjs')
const { pluginDir, pluginReady, verifyPlugin } = await import('./setup/plugin.mjs')
const { say } = await import('./setup/progress.mjs')

// `--verify` reads all of the plugin again, for a disk that is not trusted.
if (process.argv.includes('--verify') && pluginReady() && !(await verifyPlugin())) {
  say('the XLA plugin is damaged; fetching it again')
  rmSync(pluginDir(), { recursive: true, force: true })
}
try {
  await setUp({ window: true })
  say('everything is in place')
} catch (error) {
  say(error.message)
  process.exitCode = 1
}
