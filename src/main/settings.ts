import Store from 'electron-store'
import { type SettingsStore, soundSettings } from '../host/settings.ts'

/** A person's settings, in electron-store's file. */
export function electronSettings(): SettingsStore {
  const store = new Store<{ settings: unknown }>({ name: 'settings', clearInvalidConfig: true })
  const read = () => soundSettings(store.get('settings'))
  return {
    read,
    write: change => {
      const next = soundSettings({ ...read(), ...change })
      store.set('settings', next)
      return next
    },
  }
}
