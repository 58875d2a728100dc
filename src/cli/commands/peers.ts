/** `conclave peers` */
import type { Arguments } from '../arguments.ts'
import { EXIT } from '../exit.ts'
import type { PeerForm } from '../forms.ts'
import { peerLines } from '../lists.ts'
import { openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const session = await openSession(args, 'running')
  const { peers } = await session.call<{ peers: PeerForm[] }>('peers')
  await session.close()
  if (args.output.isJson) for (const one of peers) args.output.json({ ...one })
  else for (const line of peerLines(peers)) args.output.line(line)
  return EXIT.ok
}
