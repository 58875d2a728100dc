/**
 * Getting the key that is missing: announcements first, which any member repeats; then a grant, which only a key manager gives.
 *
 * It keeps at it until there is a key, a removal, or proof of a lie. A grant is taken with the whole log it stands on, from
 * the grant itself or from a member, and only when that log has the head granted.
 */
import { EMPTY, equalBytes, hex } from '../../base/bytes.ts'
import { SECOND_MS } from '../../base/time.ts'
import { Allowance } from '../allowance.ts'
import type { Context } from '../channel/context.ts'
import type { Frame } from '../channel/frame.ts'
import { MemberTree } from '../channel/key-tree-member.ts'
import type { CheckedStatement } from '../channel/statement.ts'
import type { KeyState } from '../command.ts'
import { Deadlines } from '../deadlines.ts'
import { asUserId } from '../identity/user.ts'
import type { Env } from '../machine.ts'
import { type Out, stateKey } from '../out.ts'
import {
  ASK_AGAIN_MS,
  BEHIND_MS,
  DIGEST_MS,
  DIGEST_PER_MEMBER_MS,
  EPOCH_QUESTION_MS,
  EPOCH_QUESTIONS_AT_ONCE,
  RENEWAL_MS,
  RETRY_MS
} from '../params.ts'
import { Refusal, refuse } from '../reject.ts'
import { epochOf } from './follow.ts'
import { type CheckedGrant, KeyAsker, readGrantedLog } from './join.ts'
import type { Keyring } from './keyring.ts'
import { openLogAnswer } from './log-exchange.ts'
import type { Standing } from './speaker.ts'
import type { Succession } from './succession.ts'
import type { Watch } from './watch.ts'

/** A grant whose log is still being fetched. */
interface Granted {
  readonly checked: CheckedGrant
  readonly statements: Map<string, CheckedStatement>
  offset: number
}

/** How often a manager’s record is looked for before another is asked. */
const LOOK_UPS = 3

export class KeySeeker {
  readonly #context: Context
  readonly #keyring: Keyring
  readonly #standing: Standing
  readonly #succession: Succession
  readonly #watch: Watch
  readonly #asker: KeyAsker
  readonly #deadlines = new Deadlines<'key' | 'behind' | 'log' | 'expiry'>()
  #granted: Granted | undefined
  /** Whether a message or heartbeat told of an epoch that we do not have. */
  #isToldBehind = false
  /** Whether a group's key is lost that a fresh leaf in the channel's tree brings back. */
  #isLeafWanted = false
  /** Questions for epochs since one was adopted, and from when on the next may be asked: as rarely as requests. */
  #epochsAsked = 0
  #asked: { readonly after: Uint8Array; readonly chunks: readonly number[] } = { after: EMPTY, chunks: [] }
  #epochsAgainAt = Number.NEGATIVE_INFINITY
  /** However many epochs come meanwhile. */
  readonly #allowance = new Allowance(EPOCH_QUESTIONS_AT_ONCE, EPOCH_QUESTION_MS)
  #learnsAgainAt = Number.NEGATIVE_INFINITY
  /** Whether the newest question is only because somebody spoke of a term that we do not know. */
  #isLearning = false
  /** Whether the manager was asked for epochs since one was adopted. */
  #hasAskedManager = false
  #recordAgainAt = Number.NEGATIVE_INFINITY
  /** How many managers were asked in vain, one after the other, and how often the record of this one was looked for. */
  #turn = 0
  #lookUps = 0
  /** A manager that has what its proposal goes on from, while it is the one to ask; and whether one was just asked so in vain. */
  #proposer: Uint8Array | undefined
  #isOthersTurn = false
  /** `Env.uptimeMs` until which a key is not asked for again only because ours is over. */
  #restUntil = Number.NEGATIVE_INFINITY

  constructor(context: Context, keyring: Keyring, standing: Standing, succession: Succession, watch: Watch) {
    this.#context = context
    this.#keyring = keyring
    this.#standing = standing
    this.#succession = succession
    this.#watch = watch
    this.#asker = new KeyAsker(context)
  }

  /** How the search stands, while there is no usable key. */
  get state(): KeyState {
    if (!this.#standing.isCarrierReady) return 'waiting-for-carrier'
    return this.#asker.isUnanswered ? 'refused-or-silent' : 'asking'
  }

  nextAt(): number | undefined {
    return this.#deadlines.next()
  }

  wake(env: Env, out: Out): void {
    for (const name of this.#deadlines.due(env.uptimeMs)) {
      switch (name) {
        case 'key':
          if (this.#asker.wake(env, out) === 'stale') {
            this.#refreshRecords(env, out, this.#askee)
            this.#askNext()
            // When the key is over everybody else asks, too: nobody goes on at it without a rest.
            this.#restUntil = env.uptimeMs + this.#roundMs + this.#spreadMs(env)
            if (!this.#isLost()) this.#deadlines.set('expiry', this.#restUntil)
          }
          this.seek(env, out)
          break
        case 'expiry':
          this.#onExpiry(env, out)
          break
        case 'behind':
          if (this.#succession.isOffChain) break
          if (!this.#mayAsk(env)) {
            this.#deadlines.set('behind', this.#allowance.nextAt)
            break
          }
          this.#isToldBehind = true
          this.#askEpochs(env, out)
          this.#deadlines.set('key', env.uptimeMs + ASK_AGAIN_MS)
          break
        case 'log':
          this.#askLog(out)
          this.#deadlines.set('log', env.uptimeMs + ASK_AGAIN_MS)
          break
        default:
          name satisfies never
      }
    }
  }

  /** The topic has somebody again: ask what was missed meanwhile; for a grant only where that cannot help. */
  onCarrier(env: Env, out: Out): void {
    if (this.#isOver) return
    if (this.#keyring.current === undefined || this.#succession.isOffChain) return this.seek(env, out)
    this.#askEpochs(env, out)
    if (this.#needsKey(env)) this.#deadlines.setEarliest('key', env.uptimeMs + ASK_AGAIN_MS)
  }

  /** What became of the newest try of our request. */
  onPublished(isHanded: boolean, env: Env): void {
    this.#asker.onPublished(isHanded, env)
    if (this.#asker.isAsking) this.#deadlines.set('key', this.#asker.nextAt)
  }

  /** A manager says that there is a term we do not know: it is asked for what follows where we are, or for its newest. */
  learn(from: Uint8Array, env: Env, out: Out): void {
    if (this.#isOver || env.uptimeMs < Math.max(this.#epochsAgainAt, this.#learnsAgainAt, this.#allowance.nextAt))
      return
    this.#learnsAgainAt = env.uptimeMs + 2 * ASK_AGAIN_MS
    this.#askEpochs(env, out, from)
    this.#isLearning = true
  }

  /**
   * A manager proposes what follows an epoch that we do not have. It has that epoch: whoever needs a footing asks it before the
   * others, and after it another, for it may lie.
   */
  onProposer(from: Uint8Array, env: Env, out: Out): void {
    if (this.#isLed || this.#proposer !== undefined || this.#isOthersTurn || !this.#needsKey(env)) return
    this.#proposer = from
    const { asked } = this.#asker
    if (asked === undefined || equalBytes(asked, from)) return
    this.#asker.stop()
    this.seek(env, out)
  }

  /** Whoever was asked has not answered: another is, unless it is in office. */
  #askNext(): void {
    if (this.#isLed) return
    const proposer = this.#proposer
    this.#proposer = undefined
    this.#isOthersTurn = proposer !== undefined
    if (proposer === undefined || equalBytes(this.#askee, proposer)) this.#turn++
  }

  /** What is asked for is asked for anew: another manager is in office, or there is another invite. */
  askAnew(env: Env, out: Out): void {
    this.#beginRound()
    this.#hasAskedManager = false
    this.#recordAgainAt = Number.NEGATIVE_INFINITY
    if (!this.#asker.isAsking) return
    this.#asker.stop()
    this.seek(env, out)
  }

  /**
   * The manager in office is there: nobody else is asked, for nobody else grants. Who only says that it is has to show its
   * certificate when we have begun to ask others.
   */
  onManager(env: Env, out: Out): void {
    if (this.#turn === 0 && this.#proposer === undefined) return
    if (this.#context.office.term > 0) this.askAnew(env, out)
    else this.learn(this.#context.manager, env, out)
  }

  /**
   * Something spoke of an epoch that we do not have; its announcement may still be on its way. Without a key only a grant
   * helps.
   */
  suspectBehind(env: Env): void {
    if (this.#isManager || this.#isOver || this.#keyring.current === undefined) return
    this.#deadlines.setOnce('behind', Math.max(env.uptimeMs + BEHIND_MS, this.#epochsAgainAt, this.#allowance.nextAt))
  }

  /** The manager has just named our epoch as its newest: whoever spoke of a later one was wrong, or ahead of the manager. */
  onAgreed(): void {
    this.#isToldBehind = false
    this.#deadlines.set('behind', undefined)
  }

  /** Whether no epoch will ever follow: we were removed, or the manager lied. */
  get #isOver(): boolean {
    return this.#context.wasRemoved || this.#context.alarm.length > 0
  }

  /** An epoch is in force. */
  settle(env: Env): void {
    this.#asker.settle()
    this.#beginRound()
    this.#granted = undefined
    this.#isToldBehind = false
    this.#isLeafWanted = false
    this.#epochsAsked = 0
    this.#hasAskedManager = false
    this.#epochsAgainAt = Number.NEGATIVE_INFINITY
    for (const name of ['key', 'behind', 'log'] as const) this.#deadlines.set(name, undefined)
    this.watchExpiry(env)
    // Over when it comes: our clock is wrong, or the manager's, and asking again would not help.
    if (this.#isExpired(env)) this.#restUntil = env.uptimeMs + this.#keyLifetimeMs
  }

  /**
   * Looks after the end of the key. Whoever makes the keys replaces it in time; when that did not come we ask, each member
   * at a time of its own.
   */
  watchExpiry(env: Env): void {
    const { current } = this.#keyring
    if (current === undefined || this.#isManager) return
    const leftMs = this.#isExpired(env) ? this.#keyLifetimeMs : current.notAfter - env.now
    this.#deadlines.set('expiry', env.uptimeMs + leftMs + RENEWAL_MS + this.#spreadMs(env))
  }

  get #keyLifetimeMs(): number {
    return this.#context.charter.descriptor.keyLifetimeSeconds * SECOND_MS
  }

  #isExpired({ now }: Env): boolean {
    const { current } = this.#keyring
    return current !== undefined && now > current.notAfter
  }

  /** The time in which as many as we are may ask. */
  get #roundMs(): number {
    return Math.max(DIGEST_MS, this.#context.log.roster.members.size * DIGEST_PER_MEMBER_MS)
  }

  /** A moment of our own in such a time, before the grace is over. */
  #spreadMs(env: Env): number {
    const graceMs = this.#context.charter.descriptor.graceSeconds * SECOND_MS
    return (env.random(1)[0]! / 256) * Math.min(this.#roundMs, graceMs / 2)
  }

  #onExpiry(env: Env, out: Out): void {
    const { current } = this.#keyring
    if (current === undefined || this.#isOver) return
    if (!this.#isExpired(env)) return this.watchExpiry(env)
    if (!this.#standing.isCarrierReady) return
    if (this.#mayAsk(env)) this.#askEpochs(env, out)
    this.#deadlines.set('key', env.uptimeMs + ASK_AGAIN_MS)
  }

  /** A record may have come that we wait for. */
  onRecord(env: Env, out: Out): void {
    if (this.#asker.isOutdated) this.#asker.stop()
    if (!this.#asker.isAsking) this.seek(env, out)
  }

  /** Asks for the key, when one is needed and can be asked for. */
  seek(env: Env, out: Out): void {
    if (!this.#standing.isCarrierReady || this.#isOver || this.#isManager) return
    if (this.#granted !== undefined || !this.#needsKey(env)) return
    if (!this.#isLost() && env.uptimeMs < this.#restUntil) return
    const { records, token } = this.#context
    const manager = this.#askee
    const record = records.get(manager)
    if (record === undefined || record.prekey.notAfter < env.now) {
      this.#refreshRecords(env, out)
      if (++this.#lookUps % LOOK_UPS === 0) this.#askNext()
      this.#deadlines.set('key', env.uptimeMs + ASK_AGAIN_MS)
      return
    }
    this.#asker.ask(manager, record.prekey, this.#keyring.current?.key, token, env, out)
    this.#deadlines.set('key', this.#asker.nextAt ?? env.uptimeMs + ASK_AGAIN_MS)
  }

  get #isManager(): boolean {
    // On an old disk a manager may find itself in office, in a term of which it has no key.
    const isBehind = this.#succession.isOffChain || this.#succession.isBehind
    const { isManager, manager, user, charter } = this.#context
    return isManager && equalBytes(manager, user) && (!isBehind || charter.descriptor.managers.length === 1)
  }

  #beginRound(): void {
    this.#turn = 0
    this.#proposer = undefined
    this.#isOthersTurn = false
  }

  /** Whether a manager in office is heard of. */
  get #isLed(): boolean {
    return this.#context.office.term > 0 && this.#watch.isPresent
  }

  /** Whom to ask for a key: the manager in office, and when nothing is heard of it who proposes a term, and the others in turn. */
  get #askee(): Uint8Array {
    const { manager, charter, user } = this.#context
    if (this.#isLed) return manager
    if (this.#proposer !== undefined) return this.#proposer
    const others = charter.descriptor.managers.filter((one) => !equalBytes(one, manager) && !equalBytes(one, user))
    if (equalBytes(manager, user)) return others[this.#turn % others.length]!
    return [manager, ...others][this.#turn % (others.length + 1)]!
  }

  /** Whether there is no key, or a newer one that we do not have. @param isTold - whether we have been told of one. */
  #isLost(isTold: boolean = this.#isToldBehind): boolean {
    const isBehind = this.#succession.isOffChain || this.#succession.isBehind || isTold
    const { current } = this.#keyring
    return current === undefined || current.isFooting || isBehind || this.#isLeafWanted
  }

  #needsKey(env: Env): boolean {
    return this.#isLost() || this.#isExpired(env)
  }

  /** @param silent - who left our request unanswered. */
  #refreshRecords(env: Env, out: Out, silent?: Uint8Array): void {
    // An answer without it leads here again: never faster than a question that nobody answered.
    if (env.uptimeMs < this.#recordAgainAt) return
    this.#recordAgainAt = env.uptimeMs + ASK_AGAIN_MS
    this.#context.seekRecord(this.#askee, out)
    // Silence may also mean that it knows a newer record of ours, which the directory and others may not show.
    this.#context.seekRecord(this.#context.user, out)
    if (silent !== undefined) this.#context.seekRecord(this.#context.user, out, silent)
  }

  /** Whether another question for epochs may be asked. */
  #mayAsk(env: Env): boolean {
    return env.uptimeMs >= this.#allowance.nextAt
  }

  #askEpochs(env: Env, out: Out, to?: Uint8Array): void {
    this.#allowance.take(env.uptimeMs)
    this.#epochsAgainAt = env.uptimeMs + RETRY_MS[Math.min(this.#epochsAsked++, RETRY_MS.length - 1)]!
    this.#isLearning = false
    const { channel, name, addresses } = this.#context
    const question = { epochs: { channel, group: EMPTY, ...this.#missed } }
    this.#asked = question.epochs
    const peer = to && asUserId(to)
    out.push({ type: 'ask', id: `${name}:epochs`, channel, to: peer, addresses, question })
  }

  /** Nothing but a grant helps: a group's key is lost, and a fresh leaf brings it back. */
  needGrant(env: Env, out: Out): void {
    this.#isLeafWanted = true
    this.seek(env, out)
  }

  /** What follows where we are, and the chunks without which we cannot go there. */
  get #missed(): { after: Uint8Array; chunks: number[] } {
    const after = this.#keyring.current?.announcement ?? EMPTY
    return { after, chunks: this.#succession.missingChunks }
  }

  /**
   * A question for epochs was answered, and its frames were taken in. When it led on, but not to the end, the next question
   * follows at once.
   */
  onEpochs(isMore: boolean, env: Env, out: Out): void {
    const { after, chunks } = this.#missed
    const isNew = !equalBytes(after, this.#asked.after) || chunks.join() !== this.#asked.chunks.join()
    const isLedOn = isNew && (isMore || chunks.length > 0)
    // A grant passes over the epochs between, with what was said in them: the manager itself is asked for them first.
    const isToBeAsked = !this.#hasAskedManager && !this.#isManager && this.#mayAsk(env)
    const isManagerNext = !isNew && isToBeAsked && this.#succession.isBehind
    if (this.#isOver || !(isLedOn || isManagerNext)) {
      // What was only told the manager may deny, which says every second what its newest is: a grant can wait for that.
      if (!(this.#isToldBehind || this.#isLearning) || this.#isLost(false)) this.seek(env, out)
      return
    }
    if (!this.#mayAsk(env)) return this.#deadlines.set('behind', this.#allowance.nextAt)
    this.#hasAskedManager ||= isManagerNext
    this.#askEpochs(env, out, isManagerNext ? this.#context.manager : undefined)
    this.#deadlines.set('key', env.uptimeMs + ASK_AGAIN_MS)
  }

  onChallenge(frame: Frame, env: Env, out: Out): Refusal | undefined {
    return this.#asker.onChallenge(frame, env, out)
  }

  onGrant(frame: Frame, env: Env, out: Out): Refusal | undefined {
    const { version, charter } = this.#context
    const adopted = version === charter.ref.version ? this.#keyring.current?.key : undefined
    const checked = this.#asker.readGrant(frame, adopted)
    if (checked === undefined || checked instanceof Refusal) return checked
    const lie = this.#succession.contradicted(checked.certificate)
    if (lie !== undefined) return this.#succession.equivocation.raise(lie, checked.certificate, env, out)
    const statements = new Map(checked.statements.map((one) => [hex(one.id), one]))
    this.#granted = { checked, statements, offset: 0 }
    this.#asker.stop()
    if (checked.content.isLogComplete) return this.#take(env, out)
    for (const one of this.#context.log.announced()) statements.set(hex(one.id), one)
    this.#deadlines.set('key', undefined)
    this.#deadlines.set('log', env.uptimeMs + ASK_AGAIN_MS)
    this.#askLog(out)
    return undefined
  }

  #askLog(out: Out): void {
    if (this.#granted === undefined) return
    const { channel, name, addresses } = this.#context
    const { checked, offset } = this.#granted
    const question = { log: { channel, key: checked.key, offset } }
    out.push({ type: 'ask', id: `${name}:log`, channel, to: undefined, addresses, question })
  }

  /** Part of the log that a grant stands on, sealed by a member under the epoch granted. */
  onLog(sealed: Uint8Array, isMore: boolean, env: Env, out: Out): void {
    const granted = this.#granted
    if (granted === undefined) return
    const statements = openLogAnswer(this.#context.channel, granted.checked.keys.control, sealed)
    if (statements instanceof Refusal) return out.reject(statements)
    for (const one of statements) granted.statements.set(hex(one.id), one)
    granted.offset += statements.length
    if (isMore && statements.length > 0) return this.#askLog(out)
    const refusal = this.#take(env, out)
    if (refusal !== undefined) out.reject(refusal)
  }

  /** Adopts a grant whose log is complete; one that does not hold is forgotten, and another asked for. */
  #take(env: Env, out: Out): Refusal | undefined {
    const { checked, statements } = this.#granted!
    const { content, keys, grant, certificate } = checked
    const read = readGrantedLog(this.#context, checked, [...statements.values()])
    const isFooting = content.epochSecret.length === 0
    const tree = isFooting ? undefined : MemberTree.fromGrant(content.leaf, content.depth, content.pathKeys)
    if (read instanceof Refusal || (tree === undefined && !isFooting)) {
      this.#granted = undefined
      this.#deadlines.set('log', undefined)
      this.#deadlines.set('key', env.uptimeMs + ASK_AGAIN_MS)
      return read instanceof Refusal ? read : refuse(605)
    }
    const { log } = this.#context
    const before = this.#keyring.current === undefined ? undefined : log.roster.members
    this.#context.log = read.log
    if (!isFooting) this.#context.invite = ''
    const announced = read.preview.statements
    const epoch = epochOf(certificate, { keys, transcript: grant.transcript }, tree)
    const kept = this.#succession.kept(epoch, announced, env)
    const earlier = this.#keyring.receive(checked.earlier, env.now)
    const logRows = announced.map((one) => this.#context.logRow(one))
    const stranded = read.log.stranded()
    const waiting = stranded.map((one) => this.#context.pendingRow(one))
    const rows = [...logRows, ...waiting, this.#context.row(), ...kept.puts, ...earlier.puts]
    const told = announced.map((one) => stateKey(`pending/${this.#context.name}/${hex(one.id)}`))
    const left = stranded.map((one) => stateKey(this.#context.logRow(one).entry))
    const settled = [...told, ...left, ...kept.deletes, ...earlier.deletes]
    this.#succession.install(epoch, certificate, rows, settled, env, out)
    if (before !== undefined) this.#succession.notifyRoster(announced, before, out)
    this.#succession.afterAdoption(env, out)
    this.#succession.follow(env, out)
    return undefined
  }
}
