/**
 * A crowd in one channel, from parameters to a record: members come in, talk, are removed, and the manager in office goes.
 *
 * One seed makes the whole run: events at one instant have one order (`Wheel`), and whatever is drawn comes of named streams.
 * Cryptography of the tree is ideal and the times of sealing and opening are left out; `docs/scaling.md` says what else is.
 */
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import { MAX_DEPTH } from '../../core/channel/key-tree-update.ts'
import { KEPT_RECORDS } from '../../core/params.ts'
import { signingKey } from '../../crypto/sign.ts'
import { MANAGERS } from '../../wire/limits.ts'
import { Random } from '../random.ts'
import { RECORD_VERSION, type Recorder, type RunLine, type Verdict } from '../record.ts'
import { Crowd, type UnsafeCrowd } from './crowd.ts'
import { CrowdKeys } from './crowd-keys.ts'
import { FLUSH_MS, Ledger, type Spans } from './ledger.ts'
import { Mesh } from './mesh.ts'
import { type CrowdEpoch, Office, type UnsafeOffice } from './office.ts'
import { Terms } from './terms.ts'
import { Watch } from './watch.ts'
import { Wheel } from './wheel.ts'
import { Witnesses } from './witnesses.ts'

export interface ScaleParameters {
  /** Members beside the managers. */
  readonly peers: number
  /** 1 to 7. */
  readonly managers: number
  readonly joinsPerSecond: number
  /** Said in the whole channel, once all have come. */
  readonly messagesPerSecond: number
  readonly removals: number
  /** Whether the manager in office is stopped for good, when half of the time after the joins is over. */
  readonly takeover: boolean
  /** Virtual ms in all, joins included. */
  readonly durationMs: number
  readonly seed: number
  /** Records of users that a manager keeps, beside those of managers: of all others it cannot make a leaf when it takes over. */
  readonly keptRecords: number
  readonly medianDelayMs: number
  /** Probability that a copy, or what goes to one peer alone, is lost. */
  readonly lossRate: number
  readonly uplinkBytesPerSecond: number
}

export const SCALE_DEFAULTS: ScaleParameters = {
  peers: 10_000,
  managers: 3,
  joinsPerSecond: 150,
  messagesPerSecond: 2,
  removals: 5,
  takeover: true,
  durationMs: 600_000,
  seed: 1,
  keptRecords: KEPT_RECORDS,
  medianDelayMs: 40,
  lossRate: 0.01,
  uplinkBytesPerSecond: 2_500_000
}

/** What each parameter may be. */
const SCALE_RANGES: Readonly<Record<Exclude<keyof ScaleParameters, 'takeover'>, readonly [number, number]>> = {
  peers: [2, 1_000_000],
  managers: [1, MANAGERS],
  joinsPerSecond: [1, 10_000],
  messagesPerSecond: [0, 1_000],
  removals: [0, 1_000],
  durationMs: [10_000, 86_400_000],
  seed: [0, 2 ** 31],
  keptRecords: [1, 1_000_000],
  medianDelayMs: [1, 1_000],
  lossRate: [0, 0.1],
  uplinkBytesPerSecond: [10_000, 1_000_000_000]
}

/** Parameters as people read them. */
const WORDS: Readonly<Record<keyof typeof SCALE_RANGES, string>> = {
  peers: 'members',
  managers: 'key managers',
  joinsPerSecond: 'joins a second',
  messagesPerSecond: 'messages a second',
  removals: 'removals',
  durationMs: 'duration in ms',
  seed: 'seed',
  keptRecords: 'records a manager keeps',
  medianDelayMs: 'median delay in ms',
  lossRate: 'share of copies lost',
  uplinkBytesPerSecond: 'uplink in bytes a second'
}

export interface ScaleRun {
  /** Ends the run when it may be: with a verdict on what was seen. */
  readonly signal?: AbortSignal
  readonly scenario?: string
  readonly about?: string
  /** What runs it again; empty unless told. */
  readonly command?: string
  /** ISO 8601; empty unless told. */
  readonly startedAt?: string
  /** A fault for tests, which has to be seen. */
  readonly unsafe?: UnsafeOffice | UnsafeCrowd
  /** Told of each epoch, for tests. */
  readonly onEpoch?: (epoch: CrowdEpoch) => void
}

export interface ScaleOutcome {
  readonly verdict: Verdict
  readonly events: number
  readonly figures: Readonly<Record<string, number>>
}

/** Members with real trees: enough to have one in most parts of it. */
const WITNESSES = 16
/** Links that a newcomer makes: twice as many it has in the end, on average. */
const DIALS = 4
const LINK_SIGMA = 0.4
const COPY_SIGMA = 0.2
/** Events handled before others in this process have their turn. */
const SLICE = 200_000
/** Nothing new happens in the last part of a run: what is under way comes to its end. */
const SETTLING_MS = 15 * SECOND_MS
const GOSSIP_MS = SECOND_MS
const OFFICE_FAULTS: readonly string[] = [
  'wraps for who is removed',
  'keeps a node',
  'two for one number',
  'ignores removals',
  'grants nobody',
  'gives an old key'
] satisfies UnsafeOffice[]

/** @throws {UsageError} `BAD_PARAMETER` */
export function checkScale(parameters: ScaleParameters): void {
  for (const [key, [least, most]] of Object.entries(SCALE_RANGES)) {
    const name = key as keyof typeof SCALE_RANGES
    const value = parameters[name]
    if (value >= least && value <= most) continue
    throw new UsageError(
      'BAD_PARAMETER',
      `Cannot run a crowd with ${WORDS[name]}: ${value}. It is a number from ${least} to ${most}. Give one of these, or leave it out.`
    )
  }
  const joiningMs = (parameters.peers / parameters.joinsPerSecond) * SECOND_MS
  if (parameters.durationMs < joiningMs + 2 * SETTLING_MS) {
    throw new UsageError(
      'BAD_PARAMETER',
      `The run would be over before everybody has come. At ${parameters.joinsPerSecond} a second ${parameters.peers} members take ${Math.ceil(joiningMs / SECOND_MS)} s, and the rest of it takes 30 s at least. Give a longer --duration, or fewer --peers.`
    )
  }
}

/**
 * Runs a crowd.
 *
 * @param recorder - is given every line, the `run` first and the `end` last.
 * @throws {UsageError} `BAD_PARAMETER`
 */
export async function runScale(
  parameters: ScaleParameters,
  recorder: Recorder,
  run: ScaleRun = {}
): Promise<ScaleOutcome> {
  checkScale(parameters)
  return new Run(parameters, recorder, run).play()
}

class Run {
  readonly #parameters: ScaleParameters
  readonly #record: Recorder
  readonly #run: ScaleRun
  readonly #wheel = new Wheel()
  readonly #terms = new Terms()
  readonly #watch = new Watch(this.#terms, this.#wheel)
  readonly #random: Random
  readonly #mesh: Mesh
  readonly #ledger: Ledger
  readonly #crowd: Crowd
  readonly #office: Office
  readonly #witnesses: Witnesses
  readonly #startedAt = performance.now()
  readonly #cpuBefore = process.cpuUsage()
  #online = 0
  #joined: number

  constructor(parameters: ScaleParameters, record: Recorder, run: ScaleRun) {
    this.#parameters = parameters
    this.#record = record
    this.#run = run
    const { peers, managers, seed, medianDelayMs, lossRate, uplinkBytesPerSecond } = parameters
    const all = peers + managers
    this.#random = new Random(seed, 'scale')
    const conditions = {
      medianDelayMs,
      linkSigma: LINK_SIGMA,
      copySigma: COPY_SIGMA,
      lossRate,
      uplinkBytesPerSecond,
      dials: DIALS
    }
    this.#mesh = new Mesh(all, conditions, seed, this.#wheel)
    this.#ledger = new Ledger(record)
    const levels = Math.min(MAX_DEPTH, Math.ceil(Math.log2(all + 1))) + 1
    const keys = new CrowdKeys(all, levels, this.#terms)
    const every = Math.max(1, Math.floor(peers / WITNESSES))
    this.#witnesses = new Witnesses(
      this.#terms,
      (peer) => peer >= managers && (peer - managers) % every === 0,
      managers,
      (words) => this.#watch.look('I-14', false, () => `a real member disagrees with its place in the crowd: ${words}`)
    )
    const { unsafe } = run
    this.#crowd = new Crowd(
      all,
      managers,
      {
        wheel: this.#wheel,
        mesh: this.#mesh,
        keys,
        watch: this.#watch,
        ledger: this.#ledger,
        witnesses: this.#witnesses
      },
      seed,
      (epoch) => this.#onEpoch(epoch)
    )
    const users = new Random(seed, 'users').bytes(32 * all)
    const own = Array.from({ length: managers }, (_, i) => signingKey(new Random(seed, 'manager', `${i}`).bytes(32)))
    for (const [i, { publicKey }] of own.entries()) users.set(publicKey, 32 * i)
    const userOf = (peer: number): Uint8Array => users.subarray(32 * peer, 32 * peer + 32)
    const random = new Random(seed, 'office')
    this.#office = new Office(all, managers, own, userOf, this.#terms, random, this.#crowd)
    this.#office.reception.keptRecords = parameters.keptRecords
    if (unsafe !== undefined && OFFICE_FAULTS.includes(unsafe)) this.#office.plant(unsafe as UnsafeOffice)
    else if (unsafe !== undefined) this.#crowd.unsafe = unsafe as UnsafeCrowd
    this.#witnesses.begin(this.#office.readerContext())
    this.#joined = managers
  }

  async play(): Promise<ScaleOutcome> {
    const { durationMs } = this.#parameters
    this.#begin()
    this.#plan()
    let isDone = false
    while (!isDone && this.#run.signal?.aborted !== true) {
      isDone = this.#wheel.run(durationMs, SLICE, this.#crowd.handle)
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    return this.#end(isDone)
  }

  #begin(): void {
    const { peers, managers, seed } = this.#parameters
    this.#record({
      type: 'run',
      at: 0,
      version: RECORD_VERSION,
      scenario: this.#run.scenario ?? 'scale',
      about: this.#run.about ?? 'A crowd comes into one channel, talks, loses members, and loses its manager.',
      mode: 'scale',
      seed,
      managers,
      peers,
      parameters: inWords(this.#parameters),
      command: this.#run.command ?? '',
      startedAt: this.#run.startedAt ?? ''
    })
    this.#crowd.talk.onSaid = (message, sender, readers) =>
      this.#record({ type: 'said', at: this.#wheel.now, id: `${message}`, by: `peer${sender}`, place: '', readers })
    for (let manager = 0; manager < managers; manager++)
      this.#record({ type: 'peer', at: 0, peer: `peer${manager}`, role: 'manager', state: 'up' })
  }

  #phase(name: string): void {
    this.#record({ type: 'phase', at: this.#wheel.now, name })
  }

  #onEpoch(epoch: CrowdEpoch): void {
    const { term, serial, issuer, signers, issued, members } = epoch
    this.#run.onEpoch?.(epoch)
    const frames = [issued.announcement, ...issued.chunks]
    this.#record({
      type: 'epoch',
      at: this.#wheel.now,
      term,
      serial,
      by: `peer${issuer}`,
      signers: signers.map((manager) => `peer${manager}`),
      members,
      isRoot: serial === 1,
      bytes: frames.reduce((sum, { bytes }) => sum + bytes.length, 0)
    })
  }

  // ---------------------------------------------------------------- what happens when

  #plan(): void {
    const { peers, managers, joinsPerSecond, removals, takeover, durationMs } = this.#parameters
    const crowd = this.#crowd
    this.#phase('the managers come')
    crowd.begin(this.#office)
    this.#tick(GOSSIP_MS, () => this.#mesh.gossip())
    this.#tick(FLUSH_MS, () => this.#flush())
    for (let manager = 1; manager < managers; manager++) crowd.later(100 * manager, () => crowd.join(manager))
    const from = MANAGERS_MS
    crowd.later(from, () => this.#phase('members come'))
    this.#joinNext(from, SECOND_MS / joinsPerSecond)
    const joined = from + (peers / joinsPerSecond) * SECOND_MS
    const end = durationMs - SETTLING_MS
    this.#sayNext(Math.min(joined, end), end)
    crowd.later(joined, () => this.#phase('everybody talks'))
    for (let i = 0; i < removals; i++) {
      // Not at the moment of the takeover, so that each is seen by itself.
      const at = joined + ((i + 0.75) / removals) * (end - joined - SETTLING_MS)
      crowd.later(at, () => this.#remove())
    }
    if (takeover && managers > 1) crowd.later(joined + (end - joined) / 2, () => this.#takeOver())
    crowd.later(end, () => this.#phase('what is under way comes to its end'))
  }

  #tick(everyMs: number, task: () => void): void {
    this.#crowd.later(everyMs, () => {
      task()
      if (this.#wheel.now + everyMs <= this.#parameters.durationMs) this.#tick(everyMs, task)
    })
  }

  #joinNext(at: number, everyMs: number): void {
    const { peers, managers } = this.#parameters
    if (this.#joined === peers + managers) return
    this.#crowd.later(at - this.#wheel.now, () => {
      this.#crowd.join(this.#joined++)
      this.#joinNext(at + everyMs, everyMs)
    })
  }

  #sayNext(at: number, until: number): void {
    const { messagesPerSecond } = this.#parameters
    if (messagesPerSecond === 0 || at >= until) return
    this.#crowd.later(at - this.#wheel.now, () => {
      const sender = this.#somebody()
      if (sender !== undefined) this.#crowd.talk.say(sender)
      this.#sayNext(at + SECOND_MS / messagesPerSecond, until)
    })
  }

  /** A member with the key, no manager. */
  #somebody(): number | undefined {
    const { managers } = this.#parameters
    for (let tries = 0; tries < 100; tries++) {
      const peer = this.#random.between(managers, this.#joined - 1)
      if (this.#crowd.isSettled(peer)) return peer
    }
    return undefined
  }

  #remove(): void {
    const peer = this.#somebody()
    if (peer === undefined) return
    const { leader } = this.#office
    const others = Array.from({ length: this.#parameters.managers }, (_, manager) => manager)
    const by = [leader, ...others].find((manager) => this.#crowd.isUp(manager))!
    this.#record({ type: 'act', at: this.#wheel.now, what: 'removes', by: `peer${by}`, about: `peer${peer}` })
    this.#crowd.remove(peer, by)
  }

  #takeOver(): void {
    this.#phase('the manager in office goes')
    const peer = `peer${this.#office.leader}`
    this.#record({ type: 'fault', at: this.#wheel.now, what: 'stops for good', peers: [peer] })
    this.#record({ type: 'peer', at: this.#wheel.now, peer, role: 'manager', state: 'down' })
    this.#crowd.stopLeader()
  }

  #flush(): void {
    this.#online = this.#mesh.listening
    this.#ledger.flush(this.#wheel.now, this.#online, this.#wheel.handled, this.#mesh.carried)
  }

  #end(isDone: boolean): ScaleOutcome {
    this.#flush()
    if (isDone) this.#crowd.lookBack()
    this.#watch.count('I-14', this.#witnesses.agreements)
    for (const line of this.#watch.lines(this.#wheel.now)) this.#record(line)
    const ms = performance.now() - this.#startedAt
    const { handled: events } = this.#wheel
    const verdict = this.#watch.isBroken ? 'broken' : 'held'
    const figures = this.#figures(ms, isDone)
    const rss = this.#ledger.mostRss
    this.#record({ type: 'end', at: this.#wheel.now, verdict, ms: Math.round(ms), events, rss, figures })
    return { verdict, events, figures }
  }

  #figures(ms: number, isDone: boolean): Record<string, number> {
    const { joining, adoption, delivery } = this.#ledger
    const { epochs, talk, asking, following, members, counts } = this.#crowd
    const { messages, shown } = talk.said
    const bytes = [...this.#mesh.carried.values()].reduce((sum, [, one]) => sum + one, 0)
    const cpu = process.cpuUsage(this.#cpuBefore)
    const cpuMs = (cpu.user + cpu.system) / 1000
    const { handled } = this.#wheel
    const all = {
      messages,
      deliveries: shown,
      ...timesOf('delivery', delivery),
      ...timesOf('wait for a key', joining),
      epochs: epochs.length,
      ...timesOf('epoch at a member', adoption),
      'members with the key in the end': members.ready,
      'key requests opened or refused': this.#office.reception.counts.requests,
      'key requests refused': this.#office.reception.counts.refused,
      'key requests on the topic': asking.counts.tries,
      'applicants at once, most': this.#office.reception.counts.mostApplicants,
      'messages that had to wait, tries': talk.counts.held,
      'gaps noticed': talk.counts.gaps,
      'gaps told to users': talk.counts.toldGaps,
      'gaps repaired': talk.counts.repaired,
      'times a member could not follow': following.counts.offChain,
      'times a member lost its way': asking.counts.seeks,
      'epochs behind, most': following.counts.mostBehind,
      'questions to neighbours': counts.questions,
      'answers with a part of the log': asking.counts.logAnswers,
      digests: talk.counts.digests,
      'carried, bytes': Math.round(bytes),
      'copies of what the receiver had when they left': this.#mesh.repeated,
      'carried for each peer, bytes': Math.round(bytes / members.size),
      'wait for an uplink, longest, ms': Math.round(this.#mesh.longestWaitMs),
      'keys ever made, in the trees': this.#terms.size,
      'epochs at real members, in agreement': this.#witnesses.agreements,
      'events a second of real time': Math.round(handled / (ms / SECOND_MS)),
      'events a second of CPU time': Math.round(handled / (cpuMs / SECOND_MS)),
      'CPU time, ms': Math.round(cpuMs),
      'memory of the model, bytes': this.#mesh.bytes + this.#wheel.bytes + this.#terms.bytes + this.#crowd.bytes
    }
    return isDone ? all : { ...all, 'stopped before its end': 1 }
  }
}

/** The parameters that have no place of their own in a record, as people read them. */
const inWords = (parameters: ScaleParameters): RunLine['parameters'] => {
  const shown = (...names: readonly (keyof typeof SCALE_RANGES)[]) =>
    Object.fromEntries(names.map((name) => [WORDS[name], parameters[name]]))
  return {
    ...shown('joinsPerSecond', 'messagesPerSecond', 'removals'),
    takeover: parameters.takeover ? 'yes' : 'no',
    ...shown('medianDelayMs', 'lossRate', 'uplinkBytesPerSecond', 'keptRecords')
  }
}

/** Three figures of the times of something. */
const timesOf = (what: string, spans: Spans): Record<string, number> => ({
  [`${what}, median, ms`]: spans.quantile(0.5),
  [`${what}, 99 of 100, ms`]: spans.quantile(0.99),
  [`${what}, longest, ms`]: Math.round(spans.longest)
})

/** Until the other managers are in. */
const MANAGERS_MS = 3 * SECOND_MS
