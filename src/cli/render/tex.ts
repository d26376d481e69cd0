const SYMBOLS: Readonly<Record<string, string>> = {
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  varepsilon: 'ε',
  epsilon: 'ε',
  eta: 'η',
  theta: 'θ',
  lambda: 'λ',
  mu: 'μ',
  pi: 'π',
  rho: 'ρ',
  sigma: 'σ',
  tau: 'τ',
  phi: 'φ',
  ell: 'ℓ',
  sum: 'Σ',
  prod: 'Π',
  times: '×',
  cdot: '·',
  dots: '…',
  ldots: '…',
  leftarrow: '←',
  rightarrow: '→',
  to: '→',
  in: '∈',
  le: '≤',
  leq: '≤',
  ge: '≥',
  geq: '≥',
  neq: '≠',
  approx: '≈',
  bmod: ' mod ',
  mid: '|',
  partial: '∂',
  nabla: '∇',
  odot: '⊙',
  infty: '∞',
  lVert: '‖',
  rVert: '‖',
  Vert: '‖',
  lvert: '|',
  rvert: '|',
  langle: '⟨',
  rangle: '⟩',
  top: 'T',
  prime: '′',
  quad: '   ',
  qquad: '      ',
}
/** Only change the look of what follows. */
const LOOKS = new Set(['left', 'right', 'big', 'Big', 'bigl', 'bigr', 'Bigl', 'Bigr', 'displaystyle'])
/** Put over the letter that follows. */
const ACCENTS: Readonly<Record<string, string>> = { bar: '\u0304', hat: '\u0302', tilde: '\u0303' }
const FONTS = new Set(['mathrm', 'mathbf', 'mathcal', 'mathit', 'mathbb', 'text', 'operatorname'])

/** A formula as plain text: `\frac{a}{b}` is `a / b`, greek letters and signs are themselves. */
export function plainTex(tex: string): string {
  return new Reader(tex).all().replace(/ {2,}/g, '  ').trim()
}

class Reader {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text.replace(/\s+/g, ' ')
  }

  all(): string {
    let out = ''
    while (this.at < this.text.length && this.text[this.at] !== '}') out += this.next()
    return out
  }

  /** One character, command or `{…}`. */
  private next(): string {
    const c = this.text[this.at++] ?? ''
    if (c === '{') {
      const inner = this.all()
      this.at++
      return inner
    }
    if (c === '^' || c === '_') return c + enclose(this.next())
    return c === '\\' ? this.command() : c
  }

  private command(): string {
    const name = /^([a-zA-Z]+|.)/.exec(this.text.slice(this.at))?.[0] ?? ''
    this.at += name.length
    if (/^(t|d)?frac$/.test(name)) {
      const over = enclose(this.argument())
      return `${over} / ${enclose(this.argument())}`
    }
    if (name === 'sqrt') return `√${enclose(this.argument())}`
    if (FONTS.has(name)) return this.argument()
    const accent = ACCENTS[name]
    if (accent) return this.argument() + accent
    if (LOOKS.has(name)) return ''
    if (/^[a-zA-Z]/.test(name)) return SYMBOLS[name] ?? name
    if (name === '\\') return '\n'
    return name === ',' || name === ';' || name === '!' || name === ':' ? ' ' : name
  }

  private argument(): string {
    while (this.text[this.at] === ' ') this.at++
    return this.next()
  }
}

/** Brackets around what would otherwise read differently. */
const enclose = (text: string): string => (/[\s+\-−/=,]/.test(text.trim()) ? `(${text.trim()})` : text.trim())
