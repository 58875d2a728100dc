/** `conclave admit` */
import { UsageError } from '../../base/errors.ts'
import type { Arguments } from '../arguments.ts'
import { MEMBER, RECORD } from '../channel-text.ts'
import { EXIT } from '../exit.ts'
import type { AdmitForm } from '../forms.ts'
import { readRecordFile } from '../record-file.ts'
import { callAloud, openSession, type Session } from '../session.ts'

/** Records in one call: what crosses the control socket is bounded. */
const RECORDS_AT_ONCE = 200

export async function run(args: Arguments): Promise<number> {
  const [channel = '', ...users] = args.operands
  const file = args.options.text('records')
  if (users.length === 0 && file === undefined) throw new UsageError('MISSING_ARGUMENT', RECORD.nobody)
  const records = file === undefined ? [] : await readRecordFile(file)
  const session = await openSession(args, 'network')
  const form = await admitAll(session, channel, users, records)
  await session.close()
  args.output.answer({ ...form }, () => [MEMBER.admitted(form.users.length)])
  return EXIT.ok
}

async function admitAll(
  session: Session,
  channel: string,
  users: readonly string[],
  records: readonly string[]
): Promise<AdmitForm> {
  let form = await callAloud<AdmitForm>(session, 'admit', {
    channel,
    users,
    records: records.slice(0, RECORDS_AT_ONCE)
  })
  for (let at = RECORDS_AT_ONCE; at < records.length; at += RECORDS_AT_ONCE) {
    const part = { channel, records: records.slice(at, at + RECORDS_AT_ONCE) }
    const more = await session.call<AdmitForm>('admit', part)
    form = { ...form, users: [...form.users, ...more.users], imported: [...form.imported, ...more.imported] }
  }
  return form
}
