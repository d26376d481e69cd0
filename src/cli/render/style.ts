/** Colours and signs that a stream can show. Each function returns its text unchanged where it can't. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
  readonly tick: string
  readonly cross: string
  readonly bar: { readonly full: string; readonly empty: string }
}

/** `NO_COLOR` (no-color.org) takes the colours away; the signs stay. */
export function styleFor(terminal: boolean, env: NodeJS.ProcessEnv): Style {
  const coloured = terminal && !env.NO_COLOR
  const sgr = (on: number, off: number) => (text: string) =>
    coloured && text ? `\x1b[${on}m${text}\x1b[${off}m` : text
  // The Linux console and the old Windows one lack these signs.
  const signs = env.TERM !== 'linux' && (process.platform !== 'win32' || env.WT_SESSION !== undefined)
  return {
    bold: sgr(1, 22),
    dim: sgr(2, 22),
    red: sgr(31, 39),
    green: sgr(32, 39),
    yellow: sgr(33, 39),
    cyan: sgr(36, 39),
    tick: signs ? '✓' : 'ok',
    cross: signs ? '✗' : 'x',
    bar: signs ? { full: '━', empty: '─' } : { full: '#', empty: '-' },
  }
}
