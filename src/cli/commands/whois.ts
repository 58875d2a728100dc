/** `conclave whois` */
import { SECOND_MS } from '../../base/time.ts'
import type { Arguments } from '../arguments.ts'
import { EXIT } from '../exit.ts'
import type { RecordForm } from '../forms.ts'
import { recordLines } from '../lists.ts'
import { callAloud, openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const [channel = '', user = ''] = args.operands
  const timeout = args.options.duration('timeout', 10 * SECOND_MS)
  const session = await openSession(args, 'network')
  const form = await callAloud<RecordForm>(session, 'whois', { channel, user, timeout })
  await session.close()
  args.output.answer({ ...form }, () => recordLines(form))
  return EXIT.ok
}
