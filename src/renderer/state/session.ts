import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Settings } from '../../protocol/workbench.ts'
import type { HostClient } from '../host/client.ts'
import { messageOf } from '../host/fault.ts'
import type { SessionState, Toast } from './types.ts'

const TOASTS = 4

export interface SessionNeeds {
  readonly client: HostClient
  /** What the machine prefers. */
  readonly dark: () => boolean
}

export function createSession({ client, dark }: SessionNeeds): StoreApi<SessionState> {
  let lastToast = 0
  const store = createStore<SessionState>((set, get) => {
    /** Counts at once; the host keeps it. */
    const keep = (change: Partial<Settings>, what: string): void => {
      set({ settings: { ...get().settings, ...change } })
      client
        .request('settings.write', change)
        .catch(error => get().notify(`${what} not kept: ${messageOf(error)}`, 'bad'))
    }
    return {
      connection: { state: 'connecting' },
      welcome: null,
      engine: { state: 'off' },
      plugin: { state: 'ready' },
      settings: { theme: 'system', recent: [], keys: {}, places: [], snapshotMegabytes: 512 },
      theme: dark() ? 'dark' : 'light',
      toasts: [],

      notify: (message, kind = 'info', hint) => {
        const toast: Toast = { id: ++lastToast, kind, message, hint }
        // The same thing said again moves to the front.
        const others = get().toasts.filter(t => t.message !== message)
        set({ toasts: [...others, toast].slice(-TOASTS) })
      },
      dismiss: toast => set({ toasts: get().toasts.filter(t => t.id !== toast) }),
      setTheme: theme => {
        set({ theme: themeOf(theme, dark()) })
        keep({ theme }, 'The theme was')
      },
      setKeys: keys => keep({ keys }, 'The keys were'),
      setSnapshotMegabytes: snapshotMegabytes => keep({ snapshotMegabytes }, 'The memory for going back was'),
      forbid: place =>
        keep({ places: get().settings.places.filter(one => one !== place) }, 'The list of folders was'),
      forgetRecent: () => keep({ recent: [] }, 'The list of graphs was'),
      allow: async place => {
        try {
          set({
            settings: await client.request('settings.write', { places: [...get().settings.places, place] }),
          })
        } catch (error) {
          get().notify(`${place} was not allowed: ${messageOf(error)}`, 'bad')
        }
      },
      restartEngine: async () => {
        try {
          await client.request('engine.restart', {})
        } catch (error) {
          get().notify(`The engine could not be started: ${messageOf(error)}`, 'bad')
        }
      },
    }
  })
  return store
}

/** What the host tells of itself goes into the store. */
export function listenToSession(
  store: StoreApi<SessionState>,
  client: HostClient,
  dark: () => boolean,
): void {
  const settings = (s: Settings) => store.setState({ settings: s, theme: themeOf(s.theme, dark()) })
  client.on('engine.state', engine => store.setState({ engine }))
  client.on('plugin.state', plugin => store.setState({ plugin }))
  client.on('settings.changed', settings)
}

export const themeOf = (theme: Settings['theme'], dark: boolean): 'light' | 'dark' =>
  theme === 'system' ? (dark ? 'dark' : 'light') : theme
