import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { app, BrowserWindow, dialog, Menu } from 'electron'
import { cacheFolder } from '../host/cache-folder.ts'
import { configFolder } from '../host/config-folder.ts'
import { fetchWith } from '../host/plugin.ts'
import { Workbench } from '../host/workbench.ts'
import { CHOICES, decideClosing } from './closing.ts'
import { menuTemplate } from './menu.ts'
import { electronSettings } from './settings.ts'
import { openWindow, preloadPath, registerScheme, serveScheme } from './window.ts'

/** `out/main/index.js` lies two folders below package.json. */
const project = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')
const out = join(project, 'out')
const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { version: string }

/** A graph named on the command line; flags and Electron's own arguments are none. */
const graphOf = (args: readonly string[]): string | undefined =>
  args.slice(1).findLast(arg => !arg.startsWith('-') && /\.(json|dpt)$/.test(arg) && existsSync(arg))

registerScheme()
if (!app.requestSingleInstanceLock()) app.quit()
else void app.whenReady().then(start)

async function start(): Promise<void> {
  serveScheme(join(out, 'renderer'))
  const workbench = new Workbench({
    cacheFolder: cacheFolder(),
    configFolder: configFolder(),
    graphsFolder: join(project, 'graphs'),
    welcome: join(project, 'graphs', 'clip-emoji.json'),
    settings: electronSettings(),
    version,
    shell: 'desktop',
    engineEntry: join(out, 'engine.mjs'),
    // Electron's own Node forbids external buffers, so the engine runs on a plain one.
    engineNode: process.env.DIPTYCH_NODE,
    fetchPlugin: fetchWith(join(project, 'scripts', 'setup', 'fetch-plugin.mjs'), process.env.DIPTYCH_NODE),
    whenClosed: 'go-on',
  })
  await workbench.start()
  const open = (graph?: string) => guardClosing(openWindow(workbench, preloadPath(out), graph), workbench)
  const openFile = async () => {
    const { filePaths } = await dialog.showOpenDialog({
      filters: [{ name: 'Graphs and bundles', extensions: ['json', 'dpt'] }],
      properties: ['openFile'],
    })
    if (filePaths[0]) open(filePaths[0])
  }
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate(process.platform, { newWindow: () => open(), openFile: () => void openFile() }),
    ),
  )
  app.on('second-instance', (_event, args) => open(graphOf(args)))
  app.on('open-file', (event, path) => {
    event.preventDefault()
    open(path)
  })
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) open()
  })
  app.on('window-all-closed', () => void endWhenIdle(workbench))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => void workbench.close('checkpoint').then(() => app.exit(0)))
  open(graphOf(process.argv))
}

/** The last window asks what becomes of a run before it closes. */
function guardClosing(window: BrowserWindow, workbench: Workbench): void {
  let decided = false
  window.on('close', event => {
    if (decided || BrowserWindow.getAllWindows().length > 1) return
    event.preventDefault()
    const ask = async () => {
      const { response } = await dialog.showMessageBox(window, {
        type: 'question',
        message: 'A run is under way. What is to become of it?',
        detail: 'A stopped run goes on later from its checkpoint, bit for bit.',
        buttons: [...CHOICES],
        defaultId: 1,
        cancelId: 2,
      })
      return response
    }
    void decideClosing(workbench.isBusy, ask).then(async choice => {
      if (choice === 'stay') return
      decided = true
      if (choice === 'checkpoint') await workbench.close('checkpoint')
      window.close()
    })
  })
}

/** Without windows, Diptych ends once no run is left. */
async function endWhenIdle(workbench: Workbench): Promise<void> {
  const poll = setInterval(async () => {
    if (BrowserWindow.getAllWindows().length > 0) clearInterval(poll)
    else if (!workbench.isBusy) {
      clearInterval(poll)
      await workbench.close('checkpoint')
      app.exit(0)
    }
  }, 500)
}
