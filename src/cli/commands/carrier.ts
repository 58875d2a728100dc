/** `conclave carrier` */
import type { Arguments } from '../arguments.ts'
import { serveHeadless } from '../serve.ts'

export const run = (args: Arguments): Promise<number> => serveHeadless(args, 'carrier')
