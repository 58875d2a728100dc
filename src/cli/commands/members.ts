/** `conclave members` */
import type { Arguments } from '../arguments.ts'
import { EXIT } from '../exit.ts'
import type { MemberForm } from '../forms.ts'
import { memberLines } from '../lists.ts'
import { openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const session = await openSession(args, 'store')
  const { members } = await session.call<{ members: MemberForm[] }>('members', { channel: args.operands[0]! })
  await session.close()
  if (args.output.isJson) for (const one of members) args.output.json({ ...one })
  else for (const line of memberLines(members)) args.output.line(line)
  return EXIT.ok
}
