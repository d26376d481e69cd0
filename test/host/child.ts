// A host in a process of its own: one window, whose frames are lines on the standard streams.
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileSettings } from '../../src/host/settings.ts'
import { Workbench } from '../../src/host/workbench.ts'

const [config = '', engineEntry = ''] = process.argv.slice(2)
const workbench = new Workbench({
  cacheFolder: join(config, 'cache'),
  configFolder: config,
  graphsFolder: config,
  welcome: join(config, 'welcome.json'),
  settings: fileSettings(join(config, 'settings.json')),
  version: '0',
  shell: 'browser',
  engineEntry,
  whenClosed: 'stop',
  graceMs: 100,
  onIdle: () => process.exit(0),
})
await workbench.start()
const end = workbench.connect({
  send: frame => void process.stdout.write(`${JSON.stringify(frame)}\n`),
  buffered: 0,
  drained: () => Promise.resolve(),
  close: () => {},
})
createInterface({ input: process.stdin })
  .on('line', line => end.receive(JSON.parse(line)))
  .on('close', () => end.closed())
