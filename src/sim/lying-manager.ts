/**
 * A manager that lies: a machine as everybody has it, and between it and the world another that leaves out, adds to and
 * changes what it hears and says. It has the true keys: what it signs in place of a true epoch is an epoch, too.
 */
import { EMPTY, equalBytes } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import { withCoSignatures } from '../core/channel/announcement.ts'
import { type Frame, makeFrame, readFrame, withAttachment } from '../core/channel/frame.ts'
import { openAnnounced } from '../core/channel/key-schedule.ts'
import { MemberTree } from '../core/channel/key-tree-member.ts'
import type { Effect, Env, Event, Row } from '../core/machine.ts'
import { Refusal } from '../core/reject.ts'
import type { SigningKey } from '../crypto/sign.ts'
import { HASH_BYTES } from '../wire/limits.ts'
import { type Announcement, AnnouncementAttachment, AnnouncementPayload } from '../wire/messages.ts'
import type { EpochRow } from '../wire/rows.ts'
import { epochIn } from './epochs.ts'
import { announceAs, FORGERIES, type Forgery, forge } from './forger.ts'
import type { JudgingMachine } from './node.ts'
import { isUsurpation, USURPATIONS, type Usurpation, Usurper } from './usurper.ts'
import { WrappedMachine } from './wrapped.ts'

/**
 * `two faces`: two announcements for each number; `ghost`: rosters with somebody whom no statement admits; `bad tree path`:
 * updates that some members cannot follow; `hidden removals`: what others state never reaches it; `silence`: it is in office
 * and answers nobody; `wild terms`: heartbeats, proposals and refusals with terms out of the air; `two lives`: it runs twice.
 */
export const LIES = [
  'two faces',
  'ghost',
  'bad tree path',
  'hidden removals',
  'silence',
  'wild terms',
  'two lives'
] as const

/**
 * What else an announcement may say that nobody is to follow. `bent log`, `unknown version`, `wrong key`, `torn statements`:
 * of its own epochs, in which that stands; `swapped statements`: of others, given to whoever asks, with statements that are
 * not theirs; and whatever a forger makes up.
 */
export const FALSE_HEADS = [
  'bent log',
  'unknown version',
  'wrong key',
  'torn statements',
  'swapped statements',
  ...FORGERIES
] as const
export type Lie = (typeof LIES)[number] | (typeof FALSE_HEADS)[number] | Usurpation

/** Every lie there is: those that a seed may draw, and those that are told only when they are named. */
export const ALL_LIES: readonly Lie[] = [...LIES, ...FALSE_HEADS, ...USURPATIONS]

/** A machine that tells a lie from now on. @param rows - what it has written down so far. */
export const lying = (machine: JudgingMachine, key: SigningKey, lie: Lie, rows: Iterable<Row> = []): JudgingMachine =>
  isUsurpation(lie) ? new Usurper(machine, key, lie, rows) : new LyingManager(machine, key, lie, rows)

const isForgery = (lie: Lie): lie is Forgery => FORGERIES.some((one) => one === lie)

const RAVING_MS = 2 * SECOND_MS
const WILD_STEPS = [1, 2 ** 10, 2 ** 16, 2 ** 40, Number.MAX_SAFE_INTEGER] as const
/** What a silent one does not hear. */
const REQUESTS = ['keyRequest', 'challengeAnswer', 'statements', 'demand', 'publicKeyRequest']

export class LyingManager extends WrappedMachine {
  readonly #key: SigningKey
  readonly #lie: Lie
  /** The epoch in force and the one before it, as its machine wrote them down. */
  #newest: EpochRow | undefined
  #before: EpochRow | undefined
  /** What it says of the newest epoch. */
  #told: { readonly id: Uint8Array; readonly frame: Uint8Array } | undefined
  #heartbeat: Frame | undefined
  #announcement: Frame | undefined
  /** What it has made up to follow the newest epoch. */
  #forged: Frame | undefined
  /** `Env.uptimeMs` */
  #ravesAt = Number.NEGATIVE_INFINITY

  /** @param rows - what the machine has written down so far; a fresh one is given its rows by the first event. */
  constructor(machine: JudgingMachine, key: SigningKey, lie: Lie, rows: Iterable<Row> = []) {
    super(machine)
    this.#key = key
    this.#lie = lie
    this.#noteRows(rows)
  }

  override handle(event: Event, env: Env): Effect[] {
    if (event.type === 'restore') this.#noteRows(event.rows)
    // What it takes it may forget: nobody is to rely on it.
    if (event.type === 'command' && event.command.type === 'remove')
      return [{ type: 'result', id: event.id, result: new UsageError('NOT_ALLOWED', 'A liar removes nobody.') }]
    if (this.#lie === 'silence' && event.type === 'question')
      return [{ type: 'answer', id: event.id, answer: undefined }]
    if (event.type === 'frame' && this.#isDeafTo(event.frame)) return []
    if (event.type === 'frame') this.#hear(event.frame)
    const followed = this.#newest
    const effects = this.machine.handle(event, env).flatMap((effect) => this.#bend(effect, env))
    if (isForgery(this.#lie)) {
      if (this.#newest !== followed) this.#forged = undefined
      return [...effects, ...this.#forge(this.#lie, env)]
    }
    if (this.#lie !== 'wild terms') return effects
    return event.type === 'frame' ? [...effects, ...this.#rave(event.frame, env)] : effects
  }

  #isDeafTo({ kind }: Frame): boolean {
    return this.#lie === 'silence' ? REQUESTS.includes(kind) : this.#lie === 'hidden removals' && kind === 'statements'
  }

  #noteRows(rows: Iterable<Row>): void {
    for (const row of rows) {
      const epoch = epochIn(row)
      const isInForce = epoch?.group.length === 0 && epoch.endedAt === 0 && epoch.init.length > 0
      if (!isInForce || (this.#newest && equalBytes(this.#newest.announcement, epoch.announcement))) continue
      this.#before = this.#newest
      this.#newest = epoch
    }
  }

  #bend(effect: Effect, env: Env): Effect[] {
    if (effect.type === 'persist') this.#noteRows(effect.puts)
    if (effect.type === 'answer') return [this.#bendAnswer(effect, env)]
    if (effect.type !== 'publish') return [effect]
    const frame = readFrame(effect.channel, effect.frame)
    if (frame === undefined || frame instanceof Refusal) return [effect]
    if (frame.kind === 'coSignature' && (this.#lie === 'silence' || this.#lie === 'wild terms')) return []
    this.#hear(frame)
    const other = this.#otherThan(frame, env)
    if (other === undefined) return [effect]
    const lying = { ...effect, frame: other }
    if (this.#lie !== 'two faces') return [lying]
    return env.random(1)[0]! % 2 === 0 ? [effect, lying] : [lying, effect]
  }

  /** What it tells whoever asks for epochs. */
  #bendAnswer(effect: Extract<Effect, { type: 'answer' }>, env: Env): Effect {
    const { answer } = effect
    if (answer === undefined) return effect
    if (this.#forged !== undefined)
      return { ...effect, answer: { ...answer, frames: [...answer.frames, this.#forged.bytes] } }
    const channel = this.#announcement?.channel
    if (this.#lie !== 'swapped statements' || channel === undefined) return effect
    const frames = answer.frames.map((bytes) => {
      const frame = readFrame(channel, bytes)
      return frame === undefined || frame instanceof Refusal ? bytes : this.#swapStatements(frame, env).bytes
    })
    return { ...effect, answer: { ...answer, frames } }
  }

  /** The same announcement with other statements under the key that it leads to. */
  #swapStatements(frame: Frame, env: Env): Frame {
    if (frame.body.announcement?.group.length !== 0) return frame
    const attachment = AnnouncementAttachment.decode(frame.attachment)
    if (attachment.payload.length === 0) return frame
    const { tree, sealed } = AnnouncementPayload.decode(attachment.payload)
    if (tree === undefined) return frame
    const payload = AnnouncementPayload.encode({ tree, sealed: env.random(sealed.length) })
    return withAttachment(frame, AnnouncementAttachment.encode({ ...attachment, payload }))
  }

  /** An epoch that follows the newest one and is none, once for each. */
  #forge(forgery: Forgery, env: Env): Effect[] {
    const [epoch, followed] = [this.#newest, this.#announcement]
    if (this.#forged !== undefined || epoch === undefined || followed === undefined) return []
    if (!equalBytes(followed.id, epoch.announcement)) return []
    this.#forged = forge(forgery, this.#key, epoch, followed, env.random)
    if (this.#forged === undefined) return []
    return [{ type: 'publish', channel: followed.channel, frame: this.#forged.bytes }]
  }

  /** What is said in place of an announcement, or beside it; undefined for nothing. */
  #otherThan(frame: Frame, env: Env): Uint8Array | undefined {
    const head = frame.body.announcement
    const isOwn = equalBytes(frame.author, this.#key.publicKey)
    if (head === undefined || head.group.length > 0 || !isOwn) return undefined
    if (this.#told !== undefined && equalBytes(this.#told.id, frame.id)) return this.#told.frame
    const isInForce = this.#newest !== undefined && equalBytes(this.#newest.announcement, frame.id)
    const told = isInForce ? this.#falsify(frame, head, env) : this.#proposeOtherThan(frame, head)
    if (told === undefined) return undefined
    this.#told = { id: frame.id, frame: told }
    return told
  }

  /** A second proposal for a number. Nobody could follow it: the key of what is not in force is not written down. */
  #proposeOtherThan(frame: Frame, head: Announcement): Uint8Array | undefined {
    if (this.#lie !== 'two faces') return undefined
    const announcement = { ...head, notAfter: head.notAfter + 1 }
    return makeFrame(frame.channel, this.#key, { announcement }, frame.attachment).bytes
  }

  /** The same epoch with something in it otherwise, and the key that follows from that. */
  #falsify(frame: Frame, head: Announcement, env: Env): Uint8Array | undefined {
    const { payload, certificate } = AnnouncementAttachment.decode(frame.attachment)
    const { tree, sealed } = AnnouncementPayload.decode(payload)
    const before = this.#before
    const own = this.#newest && MemberTree.import(this.#newest.tree)
    if (before === undefined || own === undefined || tree === undefined) return undefined
    const changed = { ...head }
    if (this.#lie === 'two faces') changed.notAfter++
    else if (this.#lie === 'ghost') changed.roster = env.random(HASH_BYTES)
    else if (this.#lie === 'bent log') changed.logHead = env.random(HASH_BYTES)
    else if (this.#lie === 'unknown version')
      changed.descriptor = { version: head.descriptor!.version + 1, hash: env.random(HASH_BYTES) }
    else if (this.#lie === 'bad tree path' && tree.wraps.length > 0) {
      tree.wraps = tree.wraps.slice()
      tree.wraps[env.random(2)[0]! % tree.wraps.length]! ^= 1
    } else if (this.#lie !== 'wrong key' && this.#lie !== 'torn statements') return undefined
    const line = { channel: frame.channel, group: EMPTY }
    const statements = openAnnounced(this.#newest!.control, line, sealed) ?? EMPTY
    const torn = this.#lie === 'torn statements' && { sealed: env.random(sealed.length) }
    const told = announceAs(this.#key, frame.channel, changed, tree, own.rootKey, before, {
      statements,
      certificate,
      ...torn
    })
    if (this.#lie !== 'wrong key') return told.bytes
    const key = { ...head.key!, commitment: env.random(head.key!.commitment.length) }
    const announcement = { ...told.body.announcement!, key }
    return makeFrame(frame.channel, this.#key, { announcement }, told.attachment).bytes
  }

  #hear(frame: Frame): void {
    if (frame.kind === 'heartbeat') this.#heartbeat = frame
    if (frame.body.announcement?.group.length === 0) this.#announcement = frame
  }

  /** Terms out of the air: who leads, what it proposes, and what it has promised whoever proposes something. */
  #rave(frame: Frame, env: Env): Effect[] {
    this.#hear(frame)
    const { channel } = frame
    const known = this.#newest?.term ?? 0
    const wild = (): number => Math.min(known + WILD_STEPS[env.random(1)[0]! % WILD_STEPS.length]!, 2 ** 53 - 1)
    const bodies: Parameters<typeof makeFrame>[2][] = []
    const asked = frame.body.announcement?.key
    if (asked !== undefined) {
      const promise = { signature: EMPTY, promisedTerm: wild(), promisedSerial: 1 }
      bodies.push({
        coSignature: { announcement: frame.id, term: asked.term, serial: asked.serial, attempt: 0, ...promise }
      })
    }
    const says: Effect[] = []
    const beat = this.#heartbeat?.body.heartbeat
    const head = this.#announcement?.body.announcement
    if (env.uptimeMs >= this.#ravesAt) {
      this.#ravesAt = env.uptimeMs + RAVING_MS
      if (beat !== undefined) bodies.push({ heartbeat: { ...beat, term: wild(), counter: env.now } })
      if (head?.key !== undefined) {
        const key = { term: wild(), serial: 1, commitment: env.random(head.key.commitment.length) }
        const announcement = { ...head, key, previous: this.#announcement!.id }
        const attachment = withCoSignatures(this.#announcement!, []).attachment
        const { bytes } = makeFrame(channel, this.#key, { announcement }, attachment)
        says.push({ type: 'publish', channel, frame: bytes })
      }
    }
    return [
      ...bodies.map((body): Effect => ({ type: 'publish', channel, frame: makeFrame(channel, this.#key, body).bytes })),
      ...says
    ]
  }
}
