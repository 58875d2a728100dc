/** `conclave status` */
import { UsageError } from '../../base/errors.ts'
import type { Arguments } from '../arguments.ts'
import { EXIT } from '../exit.ts'
import type { StatusForm } from '../forms.ts'
import { homeOf } from '../home.ts'
import { statusLines } from '../lists.ts'
import { openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const { output, options } = args
  const form = await statusOf(args, homeOf(options))
  output.answer({ ...form }, () => statusLines(form, output.isColour))
  return EXIT.ok
}

/** A peer is not started just to say that none runs. */
async function statusOf(args: Arguments, home: string): Promise<StatusForm> {
  try {
    const session = await openSession(args, 'running')
    const form = await session.call<StatusForm>('status')
    await session.close()
    return form
  } catch (error) {
    if (!(error instanceof UsageError) || error.code !== 'NOT_RUNNING') throw error
    return { type: 'status', isRunning: false, home, health: [{ level: 'warn', code: 'not-running' }] }
  }
}
