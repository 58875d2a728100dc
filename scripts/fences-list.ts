/** The checks of §7 of the protocol as they stand in the build, and where to look for a seed that misses each. */
import type { Lie } from '../src/sim/lying-manager.ts'

/** What is taken out of a file of the compiled `core`, and what comes in its place. */
export interface Cut {
  readonly file: string
  readonly fence: string
  readonly instead: string
}

export interface Fence {
  readonly name: string
  /** More than one where each alone is enough. */
  readonly cuts: readonly Cut[]
  /** How many managers, one after the other. */
  readonly managers: readonly number[]
  /** None: what the seed draws. */
  readonly lies: readonly Lie[]
  /** The first seed that is played. */
  readonly from: number
}

const fence = (
  name: string,
  file: string,
  what: string,
  instead: string,
  managers: readonly number[],
  ...lies: readonly Lie[]
): Fence => ({ name, cuts: [{ file, fence: what, instead }], managers, lies, from: 1 })

/** The same, where the seeds before this one find nothing. */
const from = (seed: number, one: Fence): Fence => ({ ...one, from: seed })

const ANNOUNCEMENT = 'channel/announcement.js'
const FOLLOW = 'member/follow.js'
const SUCCESSION = 'member/succession.js'
const EQUIVOCATION = 'member/equivocation.js'
const COSIGNER = 'manager/cosigner.js'

export const FENCES: readonly Fence[] = [
  fence('R-401', ANNOUNCEMENT, '!isManagerOf(charter.descriptor, frame.author)', 'false', [2], 'no manager'),
  fence('R-402', ANNOUNCEMENT, '!isSameDescriptor(head.descriptor, charter.ref)', 'false', [2], 'unknown version'),
  fence(
    'R-403, above the epoch held',
    SUCCESSION,
    '!isHigher(announcement.head.key, current.key)',
    'false',
    [2],
    'lower term'
  ),
  fence('R-403, a term begins with 1', FOLLOW, 'head.key.serial !== 1', 'false', [2], 'late serial'),
  fence('R-404', ANNOUNCEMENT, 'isSigned(charter, announcement) ?', 'true ?', [3], 'unsigned root'),
  fence(
    'R-404, what proves the office of a step\u2019s issuer',
    ANNOUNCEMENT,
    'return provesOffice(charter, announcement)',
    'return true',
    [3, 4],
    'borrowed certificate'
  ),
  fence(
    'R-404, the founder alone begins the first term alone',
    ANNOUNCEMENT,
    'key.term === 1 &&',
    '',
    [3],
    'first epoch'
  ),
  fence(
    'R-405',
    ANNOUNCEMENT,
    '!equalBytes(payloadHash(attachment.payload), head.payload)',
    'false',
    [2, 3],
    'swapped statements'
  ),
  {
    ...fence('R-406 and R-435', FOLLOW, '!equalBytes(head.previous, current.announcement)', 'false', [3], 'other way'),
    cuts: [
      { file: FOLLOW, fence: '!equalBytes(head.previous, current.announcement)', instead: 'false' },
      { file: COSIGNER, fence: 'equalBytes(head.previous, current.announcement)', instead: 'true' }
    ]
  },
  fence('R-407', ANNOUNCEMENT, '!mayBegin(charter.descriptor, frame.author)', 'false', [3], 'second beginning'),
  fence('R-408', ANNOUNCEMENT, 'equalBytes(keys.commitment, head.key.commitment) ?', 'true ?', [2], 'wrong key'),
  from(13, fence('R-409', ANNOUNCEMENT, 'term > certifiedTerm + TERM_JUMP', 'false', [2], 'wild terms')),
  from(
    18,
    fence(
      'R-409 once there is a key, of what was heard before',
      SUCCESSION,
      'one.term > term + TERM_JUMP',
      'false',
      [2],
      'wild terms'
    )
  ),
  fence(
    'R-409 of a co-signer',
    COSIGNER,
    'head.key.term > Math.max(office.term, promised.term) + jump',
    'false',
    [3, 5],
    'wild terms'
  ),
  fence(
    'R-410',
    ANNOUNCEMENT,
    'bytes && decodeStrict(StatementList, bytes, FRAME_BYTES)',
    '{ statements: [] }',
    [2, 3],
    'torn statements'
  ),
  fence('R-411', FOLLOW, '!equalBytes(preview.ids.root(), head.logHead)', 'false', [2], 'bent log'),
  fence(
    'R-411 of a co-signer without a key',
    FOLLOW,
    '!equalBytes(head.logHead, log.head)',
    'false',
    [3],
    'false beginning'
  ),
  fence('R-412', FOLLOW, '!equalBytes(rosterUnder(context, head, preview).hash, head.roster)', 'false', [2], 'ghost'),
  fence(
    'R-412 of a co-signer without a key',
    FOLLOW,
    '!equalBytes(head.roster, log.roster.hash)',
    'false',
    [3],
    'false beginning'
  ),
  fence(
    'R-414, two that a member meets',
    SUCCESSION,
    'equivocatorOf(this.#context.charter.descriptor, one, announcement) !== undefined',
    'false',
    [2],
    'two faces'
  ),
  fence(
    'R-414, an alarm that is heard',
    EQUIVOCATION,
    'return this.raise(first, second, env, out)',
    'return undefined',
    [3],
    'two faces'
  ),
  fence(
    'R-414 of a co-signer',
    COSIGNER,
    'equivocatorOf(charter.descriptor, signed, proposal) !== undefined',
    'false',
    [3, 4],
    'two faces'
  ),
  fence('R-415 of a follower', FOLLOW, '!equalBytes(frame.author, current.issuer)', 'false', [2], 'other issuer'),
  fence('R-415 of a co-signer', COSIGNER, 'head.key.serial > 1 &&', 'false &&', [3], 'seized term'),
  from(30, fence('R-417', 'member/member.js', '!isOfOffice', 'false', [3], 'usurped heartbeat')),
  fence('R-432, above the last promise', COSIGNER, '!isHigher(head.key, promised)', 'false', [4, 3, 5]),
  fence(
    'R-432, own numbers durable first',
    'manager/issuer.js',
    'this.#context.promised = { term, serial };\n        out.keep(this.#context.row());',
    'this.#context.promised = { term, serial };',
    [3, 2]
  ),
  fence(
    'R-432, a co-signer\u2019s promise durable first',
    COSIGNER,
    'out.keep(context.row(), ...fresh.map((one) => context.pendingRow(one)));',
    'out.note(fresh.map((one) => context.pendingRow(one)));',
    [3]
  ),
  fence('R-433', COSIGNER, '(isInOffice || this.#seat.isLed(env))', 'false', [3], 'coup'),
  from(7, fence('R-434', COSIGNER, 'appliesRemovals(this.#context, preview) ?', 'true ?', [3], 'kept roster')),
  fence(
    'nothing sent while a removal is known',
    'member/member.js',
    'log.hasUnappliedRemoval ||',
    '',
    [3, 2],
    'hidden removals'
  ),
  fence('nothing sent while behind', 'member/member.js', '|| this.succession.isBehind)', ')', [2, 3]),
  fence('nothing sent off the chain', 'member/member.js', 'this.succession.isOffChain ||', '', [2, 3], 'bad tree path'),
  from(
    2170,
    fence(
      'an own term above a rival\u2019s, in available mode',
      'manager/tenure.js',
      'rivalTerm >= office.term',
      'false',
      [2]
    )
  ),
  fence(
    'statements of epochs passed over told again',
    'member/log-exchange.js',
    'isLate ? log.stranded() : []',
    '[]',
    [2],
    'desertion'
  ),
  from(
    93,
    fence(
      'messages of epochs passed over said again',
      'member/speaker.js',
      'this.#outbox.recall(passed);',
      '[];',
      [2],
      'desertion'
    )
  ),
  fence(
    'R-605, a footing is believed by managers alone',
    'member/join.js',
    'isFooting && !this.#context.isManager',
    'false',
    [2],
    'hollow grant'
  ),
  from(
    15,
    fence(
      'a footing is given to managers alone',
      'manager/reception.js',
      'isManagerOf(charter.descriptor, user)',
      'true',
      [3],
      'vacancy'
    )
  ),
  fence('R-611', 'member/join.js', 'isHigher(adopted, key)', 'false', [2], 'stale grant')
]
