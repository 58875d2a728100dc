/** `conclave admit` */
import { UsageError } from '../../base/errors.ts'
import { type Arguments, nickTyped } from '../arguments.ts'
import { MEMBER, RECORD } from '../channel-text.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import type { AdmitForm, PersonForm } from '../forms.ts'
import { readRecordFile } from '../record-file.ts'
import { callAloud, openSession, type Session } from '../session.ts'

/** Records, or users, in one call: what crosses the control socket is bounded. */
const AT_ONCE = 200

export async function run(args: Arguments): Promise<number> {
  const [channel = '', ...named] = args.operands
  const file = args.options.text('records')
  if (named.length === 0 && file === undefined) throw new UsageError('MISSING_ARGUMENT', RECORD.nobody)
  const records = file === undefined ? [] : await readRecordFile(file)
  const session = await openSession(args, 'network')
  const imported = await importAll(session, records)
  const users = named.length > 0 ? named.map((text) => userAmong(imported, text)) : imported.map(({ user }) => user)
  const form = await admitAll(session, channel, users)
  await session.close()
  const answer = { ...form, imported: imported.map(({ user }) => user) }
  args.output.answer(answer, () => [MEMBER.admitted(form.users.length)])
  return EXIT.ok
}

async function importAll(session: Session, records: readonly string[]): Promise<PersonForm[]> {
  const imported: PersonForm[] = []
  for (let at = 0; at < records.length; at += AT_ONCE) {
    const params = { records: records.slice(at, at + AT_ONCE) }
    imported.push(...(await session.call<{ users: PersonForm[] }>('record.import', params)).users)
  }
  return imported
}

/**
 * The id of a user named by the nick or fingerprint of a record; else the name itself, for the peer to judge.
 *
 * @throws {UsageError} `AMBIGUOUS_USER`
 */
export function userAmong(imported: readonly PersonForm[], text: string): string {
  const wanted = nickTyped(text)
  const meant = imported.filter(({ nick, fingerprint }) => nick === wanted || fingerprint === wanted.toUpperCase())
  const users = new Set(meant.map(({ user }) => user))
  if (users.size <= 1) return [...users][0] ?? text
  throw new UsageError('AMBIGUOUS_USER', RECORD.ambiguous(displayText(text, { columns: 60, lines: 1 })))
}

async function admitAll(session: Session, channel: string, users: readonly string[]): Promise<AdmitForm> {
  let form = await callAloud<AdmitForm>(session, 'admit', { channel, users: users.slice(0, AT_ONCE) })
  for (let at = AT_ONCE; at < users.length; at += AT_ONCE) {
    const more = await session.call<AdmitForm>('admit', { channel, users: users.slice(at, at + AT_ONCE) })
    form = { ...form, users: [...form.users, ...more.users] }
  }
  return form
}
