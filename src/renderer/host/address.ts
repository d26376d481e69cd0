const TOKEN = 'diptych.token'

/**
 * What the address carries in its fragment, which a browser sends to nobody: `#token=…&open=…`. It is taken out
 * of the address bar and the history, so that it is not shared by accident.
 */
export function takeAddress(): { readonly token: string | null; readonly open: string | null } {
  const given = new URLSearchParams(location.hash.slice(1))
  const [token, open] = [given.get('token'), given.get('open')]
  if (token !== null || open !== null)
    history.replaceState(history.state, '', location.pathname + location.search)
  if (token !== null) keepToken(token)
  return { token: token ?? sessionStorage.getItem(TOKEN), open }
}

/** For this tab only: a reload goes on with it. */
export const keepToken = (token: string): void => sessionStorage.setItem(TOKEN, token)
