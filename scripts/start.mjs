import './setup/node-version.mjs'

const { spawn } = await import('node:child_process')
const { join } = await import('node:path')
const { setUp } = await import('./setup/all.mjs')
const { runCommand } = await import('./setup/command.mjs')
const { findElectron, hasDisplay } = await import('./setup/desktop.mjs')
const { projectRoot } = await import('./setup/paths.mjs')
const { say } = await import('./setup/progress.mjs')

// A window that closes at once, and by itself, could not be opened at all: libraries or the display are missing.
const TOO_SHORT_MS = 3000

/** Resolves to the exit code, or to undefined where the window did not come up. */
function openDesktop(electron, args) {
  const started = performance.now()
  return new Promise(resolve => {
    const child = spawn(electron, [join(projectRoot, 'out', 'main', 'index.js'), ...args], {
      cwd: process.cwd(),
      stdio: 'inherit',
      // The shell's engine and scripts are plain Node's; Electron's own Node can't hold the engine.
      env: { ...process.env, DIPTYCH_NODE: process.execPath },
    })
    // Ctrl-C reaches the whole group of the terminal: the window ends in order, and this process after it.
    for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {})
    process.on('SIGTERM', () => child.kill('SIGTERM'))
    child.on('error', () => resolve(undefined))
    child.on('close', code => {
      const failed = code !== 0 && performance.now() - started < TOO_SHORT_MS
      resolve(failed ? undefined : (code ?? 1))
    })
  })
}

const args = process.argv.slice(2)
const electron = hasDisplay() ? await findElectron(projectRoot, { log: say }) : undefined
let code
if (electron) {
  try {
    await setUp({ page: true, plugin: false })
    code = await openDesktop(electron, args)
    if (code === undefined) say('the desktop window could not be opened; here it is for a browser')
  } catch (error) {
    say(error.message)
    code = 1
  }
}
if (code === undefined) await runCommand(['serve', '--when-closed', 'stop', ...args])
else process.exitCode = code
