/** No title has more letters than a person reads; a browser lays out all that it is given. */
export const MOST_LETTERS = 200

/** The text as far as it is shown in one line. */
export const brief = (text: string, most = MOST_LETTERS): string =>
  text.length > most ? `${text.slice(0, most)}…` : text
