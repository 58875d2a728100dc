/**
 * What one epoch takes in: the statements that wait, and the applicants with the statements that admit them, as many as fit
 * one announcement.
 */
import { hex, mapKey } from '../../base/bytes.ts'
import { ADMIT_ID_BYTES, STATEMENT_BYTES } from '../../wire/limits.ts'
import { Operation } from '../../wire/messages.ts'
import type { Context } from '../channel/context.ts'
import { hasEnding, type LogPreview } from '../channel/control-log.ts'
import { type CheckedStatement, makeStatement } from '../channel/statement.ts'
import { skeleton } from '../identity/nick.ts'
import type { Env } from '../machine.ts'
import type { Out } from '../out.ts'
import { ANNOUNCED_STATEMENT_BYTES } from '../params.ts'
import { type Applicant, judgeApplicant } from './admission.ts'

/** As many applicants as fit one announcement, each judged again, and the statements that admit them. */
export function takeBatch(
  context: Context,
  applicants: Map<string, Applicant>,
  env: Env,
  out: Out
): { applicants: Applicant[]; statements: CheckedStatement[] } {
  const taken: Applicant[] = []
  const statements: CheckedStatement[] = []
  const redeemed = new Map<string, Set<string>>()
  const stated = announceable(context)
  const skeletons = new Set(stated.filter(isRegistration).map(({ statement }) => skeleton(statement.name)))
  let bytes = stated.reduce((sum, one) => sum + one.bytes.length, 0)
  for (const [name, applicant] of applicants) {
    const admits = statements.filter(({ statement }) => statement.operation === Operation.ADMIT)
    const refusal = judgeApplicant(context, applicant, admits.length, redeemed, env)
    if (refusal !== undefined) {
      applicants.delete(name)
      out.reject(refusal)
      continue
    }
    const statement = welcome(context, applicant, skeletons, statements.length, env)
    if (statement !== undefined) {
      if (bytes + statement.bytes.length > ANNOUNCED_STATEMENT_BYTES) break
      bytes += statement.bytes.length
      statements.push(statement)
      const redeemers = redeemed.get(mapKey(applicant.token)) ?? new Set()
      redeemed.set(mapKey(applicant.token), redeemers.add(mapKey(applicant.user)))
    }
    applicants.delete(name)
    taken.push(applicant)
  }
  return { applicants: taken, statements }
}

/**
 * The statement that lets somebody in, or names a member nobody has named yet: with the nick of its record, unless somebody
 * here has one that looks like it.
 */
function welcome(
  { self, channel, log }: Context,
  { user, record, token }: Applicant,
  skeletons: Set<string>,
  ahead: number,
  env: Env
): CheckedStatement | undefined {
  const isMember = log.isMember(user)
  const shape = skeleton(record.nick)
  const isFree = !skeletons.has(shape) && log.nicks.isFree(record.nick, user)
  if (isMember && (!isFree || log.nickOf(user) !== '' || log.pendingNickOf(user) !== undefined)) return undefined
  if (isFree) skeletons.add(shape)
  const operation = isMember ? Operation.REGISTER_NICK : Operation.ADMIT
  return makeStatement(self.key, {
    channel,
    operation,
    subject: user,
    ...(!isMember && { admitId: env.random(ADMIT_ID_BYTES), token }),
    name: isFree ? record.nick : '',
    previous: log.head,
    seq: log.seqOf(self.key.publicKey) + 1 + ahead,
    at: env.now
  })
}

/** Bytes of statements that wait in one announcement: the other half is for admits. */
const STATED_BYTES = ANNOUNCED_STATEMENT_BYTES / 2

/** As many of the statements that wait as fit, removals first, and among them those that we signed for. */
export function announceable({ log, signedFor }: Context): CheckedStatement[] {
  const isSigned = ({ id }: CheckedStatement): boolean => signedFor.has(hex(id))
  const [signed, unsigned] = [true, false].map((is) => log.unappliedRemovals().filter((one) => isSigned(one) === is))
  const removals = [...signed!, ...unsigned!]
  const rest = log.pending().filter((one) => !removals.includes(one))
  const taken: CheckedStatement[] = []
  const skeletons = new Set<string>()
  let bytes = 0
  for (const one of [...removals, ...rest]) {
    if (!log.mayState(one)) continue
    if (isRegistration(one)) {
      const shape = skeleton(one.statement.name)
      if (skeletons.has(shape) || !log.mayRegister(one)) continue
      skeletons.add(shape)
    }
    bytes += one.bytes.length
    if (bytes > STATED_BYTES) break
    taken.push(one)
  }
  return taken
}

/**
 * Whether an announcement takes out whoever is known to go: all of them, or, where they are more than it holds, as many
 * as it holds and none left out that we signed for.
 */
export function appliesRemovals({ log, signedFor }: Context, { statements, ids, roster }: LogPreview): boolean {
  const ignored = log
    .unappliedRemovals()
    .filter(({ id, statement }) => !ids.has(id) && roster.members.has(statement.subject))
  if (ignored.length === 0) return true
  const bytes = statements.filter(hasEnding).reduce((sum, one) => sum + one.bytes.length, 0)
  return bytes > STATED_BYTES - STATEMENT_BYTES && !ignored.some(({ id }) => signedFor.has(hex(id)))
}

/** Whether it registers a nick. */
export const isRegistration = ({ statement }: CheckedStatement): boolean =>
  statement.operation === Operation.REGISTER_NICK
