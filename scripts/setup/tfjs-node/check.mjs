// Loads the native binding below the folder given and multiplies two matrices with it: run in a process of its own,
// for a library that does not fit this machine ends the process.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import util from 'node:util'

// Node 23 removed what the package still calls.
util.isNullOrUndefined ??= value => value === null || value === undefined
util.isArray ??= Array.isArray

const require = createRequire(join(process.argv[2], 'package.json'))
const tf = require('@tensorflow/tfjs-node')
const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]))
const found = JSON.stringify(product.arraySync())
if (tf.getBackend() !== 'tensorflow') throw new Error(`its backend is ${tf.getBackend()}, not tensorflow`)
if (found !== '[[19,22],[43,50]]') throw new Error(`it computes ${found} where [[19,22],[43,50]] is right`)
