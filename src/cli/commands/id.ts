/** `conclave id` */
import type { Arguments } from '../arguments.ts'
import { displayText, own } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import type { IdentityForm } from '../forms.ts'
import { tableLines } from '../lists.ts'
import { openSession } from '../session.ts'
import { HOME } from '../text.ts'

export async function run(args: Arguments): Promise<number> {
  const session = await openSession(args, 'store')
  const form = await session.call<IdentityForm>('id')
  await session.close()
  const isRunning = !session.isShort
  args.output.answer({ ...form, isRunning, ...(isRunning ? {} : { addresses: [] }) }, () =>
    tableLines([
      [own`user id`, displayText(form.user)],
      [own`nick`, displayText(form.nick, { columns: 60, lines: 1 })],
      [own`fingerprint`, displayText(form.fingerprint)],
      [own`home`, displayText(form.home, { lines: 1 })],
      [own`on disk`, form.protection === 'passphrase' ? HOME.protectedShort : HOME.unprotectedShort],
      ...form.addresses.map((address) => [own`address`, displayText(address, { lines: 1 })])
    ])
  )
  return EXIT.ok
}
