/** `conclave seen` */
import type { Arguments } from '../arguments.ts'
import { EXIT } from '../exit.ts'
import type { SeenForm } from '../forms.ts'
import { seenLines } from '../lists.ts'
import { openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const { operands, output } = args
  const [channel = '', message = '^'] = operands
  const session = await openSession(args, 'store')
  const form = await session.call<SeenForm>('seen', { channel, message })
  await session.close()
  output.answer({ type: 'seen', ...form }, () => seenLines(form))
  return EXIT.ok
}
