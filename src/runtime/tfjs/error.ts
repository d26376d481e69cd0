/** TensorFlow.js, or the backend of it that was asked for, can't be used. The message says what to do. */
export class TfjsError extends Error {
  override readonly name = 'TfjsError'
}
