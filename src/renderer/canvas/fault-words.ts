import { CODES, type Diagnostic } from '../../graph/diagnostic.ts'

/** What is wrong and what to do about it, as one text. */
export function wordsOf({ message, hint }: Diagnostic): string {
  const first = message.charAt(0).toUpperCase() + message.slice(1)
  return hint ? `${first}${/[.!?…:]$/.test(message) ? '' : '.'} ${hint}` : first
}

/** What kind of fault it is, short enough for a wire: "Wrong kind of wire". */
export const briefly = ({ code }: Diagnostic): string => CODES[code]

/** What a card says in a line of its own: its first fault. A port that only lacks its wire says so itself. */
export const faultToShow = (faults: readonly Diagnostic[]): Diagnostic | undefined =>
  faults.find(fault => fault.code !== 'DT021')
