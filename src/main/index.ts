import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { app, BrowserWindow, dialog, Menu } from 'electron'
import { cacheFolder } from '../host/cache-folder.ts'
import { configFolder } from '../host/config-folder.ts'
import { fetchWith } from '../host/plugin.ts'
import { Workbench } from '../host/workbench.ts'
import { graphOf } from './arguments.ts'
import { CHOICES, guardClosing } from './closing.ts'
import { menuTemplate } from './menu.ts'
import { electronSettings } from './settings.ts'
import { openWindow, preloadPath, registerScheme, serveScheme } from './window.ts'

/** `out/main/index.js` lies two folders below package.json. */
const project = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')
const out = join(project, 'out')
const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { version: string }
/** Electron's own Node forbids external buffers, so the engine and the scripts run on a plain one. */
const node = process.env.DIPTYCH_NODE ?? 'node'

app.setName('Diptych')
app.setPath('userData', join(configFolder(), 'desktop'))
registerScheme()
if (!app.requestSingleInstanceLock()) app.quit()
else void start()

async function start(): Promise<void> {
  // The system may name a file before there is a window.
  let first = graphOf(process.argv, process.cwd())
  let open = (graph?: string): void => {
    first = graph
  }
  app.on('open-file', (event, path) => {
    event.preventDefault()
    open(path)
  })
  await app.whenReady()
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
    engineNode: node,
    fetchPlugin: fetchWith(join(project, 'scripts', 'setup', 'fetch-plugin.mjs'), node),
    whenClosed: 'go-on',
  })
  await workbench.start()
  open = graph => {
    const window = openWindow(workbench, preloadPath(out), graph)
    guardClosing(
      window,
      () => BrowserWindow.getAllWindows().length === 1,
      workbench,
      () => askClosing(window),
    )
  }
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate(process.platform, { newWindow: () => open(), openFile: () => void pickFile(open) }),
    ),
  )
  app.on('second-instance', (_event, args, folder) => open(graphOf(args, folder)))
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) open()
  })
  app.on('window-all-closed', () => endWhenIdle(workbench))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => void workbench.close('checkpoint').then(() => app.exit(0)))
  open(first)
}

async function pickFile(open: (graph: string) => void): Promise<void> {
  const { filePaths } = await dialog.showOpenDialog({
    filters: [{ name: 'Graphs and bundles', extensions: ['json', 'dpt'] }],
    properties: ['openFile'],
  })
  if (filePaths[0]) open(filePaths[0])
}

async function askClosing(window: BrowserWindow): Promise<number> {
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

/** Without windows, Diptych ends once no run is left. */
function endWhenIdle(workbench: Workbench): void {
  const poll = setInterval(() => {
    if (BrowserWindow.getAllWindows().length > 0) clearInterval(poll)
    else if (!workbench.isBusy) {
      clearInterval(poll)
      void workbench.close('checkpoint').then(() => app.exit(0))
    }
  }, 500)
}
