/**
 * A manager that lies where a check of the protocol would let it through if it were not there: each of these lies is against
 * one check, and is told when it is named. What its machine announces itself nobody hears; it has the true keys.
 */
import { copyBytes, EMPTY, equalBytes } from '../base/bytes.ts'
import { SECOND_MS } from '../base/time.ts'
import { asAttempt, certificateOf, withCoSignatures } from '../core/channel/announcement.ts'
import { type Frame, makeFrame, readFrame } from '../core/channel/frame.ts'
import { sealGrant } from '../core/channel/grant.ts'
import { IdSet } from '../core/channel/id-set.ts'
import { openRequest } from '../core/channel/key-request.ts'
import { MemberTree } from '../core/channel/key-tree-member.ts'
import { Prekeys } from '../core/identity/prekeys.ts'
import { readUserRecord } from '../core/identity/user-record.ts'
import type { Effect, Env, Event, Row } from '../core/machine.ts'
import { Refusal } from '../core/reject.ts'
import type { SigningKey } from '../crypto/sign.ts'
import { HASH_BYTES } from '../wire/limits.ts'
import { type Grant, type KeyRequestContent, type SignatureBy, StatementList } from '../wire/messages.ts'
import { readChannelId } from '../wire/names.ts'
import { EpochRow, SelfRow } from '../wire/rows.ts'
import { epochIn } from './epochs.ts'
import { announceAs, STEP } from './forger.ts'
import type { JudgingMachine } from './node.ts'
import { managersIn } from './rosters.ts'
import { WrappedMachine } from './wrapped.ts'

/**
 * Roots that it proposes to the others, each once for every epoch in force, and puts in force when they sign.
 * `coup`: a new term, while another is in office. `kept roster`: a new term when nobody is, with somebody in it whom another
 * manager has removed meanwhile. `seized term`: the next serial of another's term.
 * `other way`: a new term that names as the epoch before it none that anybody has, and follows from the one in force (R-406,
 * `second beginning`: by another than the founder, what follows none. `false beginning`: by the founder, what
 * follows none, with a log or a roster that it made up.
 */
export const ROOTS = ['coup', 'kept roster', 'seized term', 'other way', 'second beginning', 'false beginning'] as const
type Root = (typeof ROOTS)[number]

/**
 * `usurped heartbeat`: it says that it is in office, and is not. `hollow grant`: it gives whoever asks `init` and
 * `control` of its epoch and no key. `stale grant`: it gives managers that ask these of an epoch long past.
 * `desertion`: it leads one side of a split, and is gone when the sides meet: who was there tells what it had stated, and says
 * again what was said. `vacancy`: all managers but one are gone, too, when somebody comes, whom that one can give nothing.
 */
export const USURPATIONS = [
  ...ROOTS,
  'usurped heartbeat',
  'hollow grant',
  'stale grant',
  'desertion',
  'vacancy'
] as const
export type Usurpation = (typeof USURPATIONS)[number]

export const isUsurpation = (lie: string): lie is Usurpation => USURPATIONS.some((one) => one === lie)

const NEWEST_ROW = 'newest/'
const SAYS_MS = SECOND_MS
/** Above what others may be about to open. */
const TERMS_UP = 3
/** Announcements that one with stale grants lets pass, so that there is something to go back from. */
const PASSED = 2

/** An epoch with all that a grant of it takes. */
interface Grantable {
  readonly epoch: EpochRow
  readonly frame: Frame
  readonly statements: readonly Uint8Array[]
}

export class Usurper extends WrappedMachine {
  readonly #key: SigningKey
  readonly #lie: Usurpation
  readonly #statements = new Map<string, Uint8Array>()
  readonly #announcements = new Map<string, Frame>()
  /** By hash. */
  readonly #requests = new Map<string, KeyRequestContent>()
  #prekeys: Prekeys | undefined
  #managers: readonly Uint8Array[] = []
  #newest: EpochRow | undefined
  #first: Grantable | undefined
  #heartbeat: Frame | undefined
  /** What it proposes to follow the newest epoch, with what was signed of it. */
  #root: { readonly frame: Frame; readonly signatures: Map<string, SignatureBy>; attempt: number } | undefined
  #passed = 0
  /** `Env.uptimeMs` */
  #saysAt = Number.NEGATIVE_INFINITY

  /** @param rows - what the machine has written down so far; a fresh one is given its rows by the first event. */
  constructor(machine: JudgingMachine, key: SigningKey, lie: Usurpation, rows: Iterable<Row> = []) {
    super(machine)
    this.#key = key
    this.#lie = lie
    this.#noteRows(rows)
  }

  override handle(event: Event, env: Env): Effect[] {
    if (event.type === 'restore') this.#noteRows(event.rows)
    if (event.type === 'question' && this.#isGranting) return [{ type: 'answer', id: event.id, answer: undefined }]
    if (event.type === 'frame') this.#hear(event.frame)
    const effects = this.machine.handle(event, env).flatMap((effect) => this.#bend(effect, env))
    const signed = event.type === 'frame' ? this.#gather(event.frame, env) : []
    return [...effects, ...signed, ...this.#say(env)]
  }

  get #isGranting(): boolean {
    return this.#lie === 'hollow grant' || this.#lie === 'stale grant'
  }

  #noteRows(rows: Iterable<Row>): void {
    for (const row of rows) {
      const { entry, value } = row
      if (entry === 'self') this.#prekeys = Prekeys.import(SelfRow.decode(value).prekeys)
      if (entry.startsWith('channel/')) this.#managers = managersIn(value) ?? []
      if (entry.startsWith(NEWEST_ROW)) this.#noteNewest(entry, value)
      if (entry.startsWith('log/')) this.#statements.set(entry, value)
      const epoch = epochIn(row)
      const isInForce = epoch?.group.length === 0 && epoch.endedAt === 0 && epoch.init.length > 0
      if (!isInForce || (this.#newest && equalBytes(this.#newest.announcement, epoch.announcement))) continue
      // What is on the disk is wiped there when it is over.
      this.#newest = EpochRow.decode(copyBytes(value))
      this.#root = undefined
    }
  }

  /** The announcement of the epoch in force. */
  #noteNewest(entry: string, bytes: Uint8Array): void {
    const channel = readChannelId(entry.slice(NEWEST_ROW.length))
    const frame = channel && readFrame(channel, bytes)
    if (frame !== undefined && !(frame instanceof Refusal)) this.#announcements.set(nameOf(frame.id), frame)
  }

  #hear(frame: Frame): void {
    this.#first ??= this.#grantable
    if (frame.kind === 'heartbeat' && !frame.body.heartbeat!.isFollowing) this.#heartbeat = frame
    if (frame.body.announcement?.group.length === 0) this.#announcements.set(nameOf(frame.id), frame)
    const { keyRequest } = frame.body
    const prekey = keyRequest && this.#prekeys?.find(keyRequest.prekey)
    if (keyRequest === undefined || prekey === undefined) return
    const opened = openRequest(frame.channel, frame.author, keyRequest, this.#key.publicKey, prekey)
    if (!(opened instanceof Refusal)) this.#requests.set(nameOf(opened.hash), opened.content)
  }

  #bend(effect: Effect, env: Env): Effect[] {
    if (effect.type === 'persist') this.#noteRows(effect.puts)
    if (effect.type !== 'publish') return [effect]
    const frame = readFrame(effect.channel, effect.frame)
    if (frame === undefined || frame instanceof Refusal || !equalBytes(frame.author, this.#key.publicKey))
      return [effect]
    this.#hear(frame)
    if (this.#isGranting) return this.#bendInOffice(effect, frame, env)
    return frame.kind === 'announcement' || (frame.kind === 'heartbeat' && !frame.body.heartbeat!.isFollowing)
      ? []
      : [effect]
  }

  // ---------------------------------------------------------------- roots

  #say(env: Env): Effect[] {
    if (env.uptimeMs < this.#saysAt) return []
    this.#saysAt = env.uptimeMs + SAYS_MS
    if (this.#lie === 'usurped heartbeat') return this.#beat(env)
    const followed = this.#newest && this.#announcements.get(nameOf(this.#newest.announcement))
    if (followed === undefined || !isRoot(this.#lie)) return []
    // In office it may open what it likes.
    if (this.#lie !== 'false beginning' && equalBytes(followed.author, this.#key.publicKey)) return []
    const frame = this.#root?.frame ?? this.#make(this.#lie, this.#newest!, followed, env)
    if (frame === undefined) return []
    this.#root ??= { frame, signatures: new Map(), attempt: 0 }
    return this.#tell(asAttempt(this.#signed(), this.#root.attempt++))
  }

  /** @returns undefined where it has but a footing itself. */
  #make(lie: Root, epoch: EpochRow, followed: Frame, env: Env): Frame | undefined {
    const { channel } = followed
    const head = { ...followed.body.announcement!, chunks: [] }
    const before = MemberTree.import(epoch.tree)
    if (before === undefined) return undefined
    const { term, serial } = epoch
    const number = lie === 'seized term' ? { term, serial: serial + 1 } : { term: term + TERMS_UP, serial: 1 }
    const update = { ...STEP, depth: before.depth }
    const tree = before.apply(update, { channel, group: EMPTY, ...number })!
    head.key = { ...number, commitment: EMPTY }
    head.previous = lie === 'other way' ? env.random(HASH_BYTES) : followed.id
    if (lie === 'second beginning' || lie === 'false beginning') {
      head.previous = EMPTY
      head.logHead = IdSet.EMPTY.root()
      head.roster = this.#managers.reduce((ids, user) => ids.with(user), IdSet.EMPTY).root()
    }
    if (lie === 'false beginning') head[env.random(1)[0]! % 2 === 0 ? 'logHead' : 'roster'] = env.random(HASH_BYTES)
    const statements = StatementList.encode({ statements: [] })
    return announceAs(this.#key, channel, head, update, tree.rootKey, epoch, { statements, certificate: EMPTY })
  }

  /** Takes a signature in. Its own machine hears what is in force as everybody does. */
  #gather({ author, body }: Frame, env: Env): Effect[] {
    const root = this.#root
    const { announcement, signature } = body.coSignature ?? {}
    if (root === undefined || !signature?.length || !equalBytes(announcement!, root.frame.id)) return []
    root.signatures.set(nameOf(author), { signer: author, signature })
    const frame = this.#signed()
    const heard = this.machine.handle({ type: 'frame', frame }, env).flatMap((effect) => this.#bend(effect, env))
    return [...this.#tell(frame), ...heard]
  }

  #signed(): Frame {
    return withCoSignatures(this.#root!.frame, [...this.#root!.signatures.values()])
  }

  #tell({ channel, bytes }: Frame): Effect[] {
    return [{ type: 'publish', channel, frame: bytes }]
  }

  // ---------------------------------------------------------------- heartbeats and grants

  #beat(env: Env): Effect[] {
    const said = this.#heartbeat
    const heartbeat = said && { ...said.body.heartbeat!, counter: env.now, isBacked: true }
    return heartbeat === undefined ? [] : this.#tell(makeFrame(said!.channel, this.#key, { heartbeat }))
  }

  /** It tells nobody of its epochs, so that all have to ask; and what it grants is no key. */
  #bendInOffice(effect: Extract<Effect, { type: 'publish' }>, frame: Frame, env: Env): Effect[] {
    if (frame.kind === 'announcement') return this.#lie === 'stale grant' && ++this.#passed <= PASSED ? [effect] : []
    const { grant } = frame.body
    if (grant === undefined) return [effect]
    const requester = this.#requests.get(nameOf(grant.request))
    const isOfManager = this.#managers.some((user) => requester !== undefined && equalBytes(user, requester.user))
    const given = this.#lie === 'hollow grant' ? this.#grantable : isOfManager ? this.#first : undefined
    const other = requester && given && this.#footing(grant, requester, given, env)
    return other === undefined
      ? []
      : [{ ...effect, frame: makeFrame(frame.channel, this.#key, { grant: other }).bytes }]
  }

  get #grantable(): Grantable | undefined {
    const frame = this.#newest && this.#announcements.get(nameOf(this.#newest.announcement))
    return frame && { epoch: this.#newest!, frame, statements: [...this.#statements.values()] }
  }

  #footing(
    grant: Grant,
    { channel, manager, user, record: recordBytes, oneTimeKey }: KeyRequestContent,
    { epoch, frame, statements }: Grantable,
    env: Env
  ): Grant | undefined {
    const record = readUserRecord(recordBytes, env.now)
    if (record instanceof Refusal) return undefined
    const { key, roster, logHead, descriptor } = frame.body.announcement!
    const { transcript, init, control, notAfter } = epoch
    const { request, group, attempt } = grant
    const terms = { request, group, key, transcript, roster, logHead, descriptor }
    const nothing = { epochSecret: EMPTY, leaf: 0, depth: 0, pathKeys: EMPTY, earlier: [] }
    const announcement = certificateOf(frame).bytes
    const content = {
      ...nothing,
      init,
      control,
      announcement,
      statements: [...statements],
      isLogComplete: true,
      notAfter
    }
    return sealGrant(
      terms,
      { channel, manager, requester: user },
      content,
      record.prekey,
      oneTimeKey,
      attempt,
      env.random
    )
  }
}

const isRoot = (lie: Usurpation): lie is Root => ROOTS.some((one) => one === lie)

const nameOf = (id: Uint8Array): string => id.join()
