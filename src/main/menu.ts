import type { MenuItemConstructorOptions } from 'electron'

/** The menu of the desktop window. The window itself has all commands and their keys; this holds the system's. */
export function menuTemplate(
  platform: string,
  act: { readonly newWindow: () => void; readonly openFile: () => void },
): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin'
  return [
    ...(mac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        { label: 'New window', accelerator: 'CmdOrCtrl+Shift+N', click: act.newWindow },
        { label: 'Open in new window…', accelerator: 'CmdOrCtrl+Shift+O', click: act.openFile },
        { type: 'separator' },
        { role: mac ? 'close' : 'quit' },
      ],
    },
    {
      label: '&Edit',
      // Undo of the graph is the window's; these are for text fields and the clipboard.
      submenu: [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }],
    },
    {
      label: '&View',
      submenu: [
        { role: 'reload' },
        { role: 'toggleDevTools' },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
  ]
}
