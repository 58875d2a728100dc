/**
 * What one-to-one sessions cost: starting one, a text of 200 B one way, and with a Diffie-Hellman step at every turn; the
 * same by libsignal beside it when that is installed.
 *
 * Both sides and the bytes between them count: seal, encode, decode, open. Batches of all in turn, again and again; the
 * figure is the median batch, in CPU time of the process, so that others on the machine matter less.
 *
 *   node dist/scripts/bench/sessions.js [--rounds 15] [--libsignal FOLDER] [--json FILE] [--markdown]
 */
import { randomBytes } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { EMPTY } from '../../src/base/bytes.ts'
import { atMillis } from '../../src/base/time.ts'
import type { Self } from '../../src/core/channel/context.ts'
import { OneTimeKeys } from '../../src/core/identity/one-time-keys.ts'
import { Prekeys } from '../../src/core/identity/prekeys.ts'
import { makeUserRecord, readUserRecord } from '../../src/core/identity/user-record.ts'
import { Out } from '../../src/core/out.ts'
import { Refusal } from '../../src/core/reject.ts'
import { initiate } from '../../src/core/session/handshake.ts'
import { Session } from '../../src/core/session/session.ts'
import { Sessions } from '../../src/core/session/sessions.ts'
import { Starts } from '../../src/core/session/starts.ts'
import { signingKey } from '../../src/crypto/sign.ts'
import { decodeStrict } from '../../src/wire/codec.ts'
import { FRAME_BYTES } from '../../src/wire/limits.ts'
import { type Content, SessionFrame } from '../../src/wire/messages.ts'
import { median, numberOf, publish, readOptions, short, tell } from './report.ts'
import { LibsignalPair, openLibsignal } from './sessions-libsignal.ts'

const options = readOptions({ rounds: '15', libsignal: '@signalapp/libsignal-client' })
const BYTES = 200
const BATCH_MS = 40

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
const now = atMillis(Date.now())
const env = { now, uptimeMs: 1_000, random }
const content: Content = {
  writtenAt: now,
  text: { text: 'x'.repeat(BYTES), replyTo: EMPTY, isAction: false },
  replaces: EMPTY
}

function good<T>(value: T | Refusal | undefined): T {
  if (value === undefined || value instanceof Refusal) throw new Error('an operation of the benchmark failed')
  return value
}

function userOf(nick: string): Self {
  const key = signingKey(random(32))
  const prekeys = Prekeys.create(random, now)
  const oneTimeKeys = new OneTimeKeys()
  oneTimeKeys.fill(prekeys, random)
  const bytes = makeUserRecord({
    key,
    seq: 1,
    nick,
    prekey: prekeys.current,
    oneTimeKeys: oneTimeKeys.offered(prekeys),
    issuedAt: now,
    expiresAt: prekeys.current.notAfter
  })
  return { key, boot: random(16), prekeys, oneTimeKeys, record: good(readUserRecord(bytes, now)) }
}

const [alice, bob] = [userOf('alice'), userOf('bob')]
const instances = [random(16), random(16)] as const
let number = 0

/** A text as it goes over, from one end of a session to the bytes and to the other. */
function pass(from: Session, to: Session, who: 0 | 1): void {
  const said = {
    instance: instances[who],
    number: ++number,
    oldest: number,
    ackInstance: EMPTY,
    ack: 0,
    origin: EMPTY,
    marks: EMPTY,
    content
  }
  const bytes = SessionFrame.encode(from.seal(said))
  good(to.open(good(decodeStrict(SessionFrame, bytes, FRAME_BYTES)), env, () => undefined))
}

/** From the other's record to the first text on its side. */
function start(): readonly [Session, Session] {
  const oneTimeKey = bob.record.oneTimeKeys[0]!
  const started = good(initiate(alice, bob.record, oneTimeKey, 1, random))
  const ends = { self: alice.record.user, other: bob.record.user }
  const traits = { generation: 1, hasOneTimeKey: true }
  const session = Session.initiator(ends, started.agreed, started.start, traits, bob.record.prekey.x25519, random)
  const said = {
    instance: instances[0],
    number: 1,
    oldest: 1,
    ackInstance: EMPTY,
    ack: 0,
    origin: EMPTY,
    marks: EMPTY,
    content
  }
  const bytes = SessionFrame.encode(session.seal(said))
  const frame = good(decodeStrict(SessionFrame, bytes, FRAME_BYTES))
  return [session, good(new Starts(bob).open(frame, alice.record.user, false, env, () => true)).session]
}

/** Two whole ends, with everything that they would write: rows are made and dropped, acknowledgements left out. */
function wholeEnds(): (from: 0 | 1) => void {
  const posted: SessionFrame[] = []
  const endOf = (self: Self, other: Self): Sessions =>
    new Sessions({
      self,
      recordOf: () => other.record,
      rowsOf: () => [],
      rowsOfRenamed: () => ({ puts: [], deletes: [] }),
      post: (_, frame) => posted.push(frame),
      tell: () => {},
      isWelcome: () => true,
      onStarted: () => {}
    })
  const users = [userOf('carol'), userOf('dave')] as const
  const ends = [endOf(users[0], users[1]), endOf(users[1], users[0])] as const
  return (from) => {
    ends[from].say(users[from === 0 ? 1 : 0].record.user, content, env, new Out())
    for (let to: 0 | 1 = from === 0 ? 1 : 0; posted.length > 0; to = to === 0 ? 1 : 0) {
      for (const sent of posted.splice(0)) {
        const frame = good(decodeStrict(SessionFrame, SessionFrame.encode(sent), FRAME_BYTES))
        ends[to].receive(frame, users[to === 0 ? 1 : 0].record.user, env, new Out())
      }
    }
  }
}

interface Operation {
  readonly name: string
  readonly who: 'ours' | 'libsignal'
  readonly repeat: (times: number) => void | Promise<void>
}

function ours(): Operation[] {
  const [a, b] = start()
  pass(b, a, 1)
  const whole = wholeEnds()
  whole(0)
  const each = (name: string, once: (i: number) => unknown): Operation => ({
    name,
    who: 'ours',
    repeat: (times) => {
      for (let i = 0; i < times; i++) once(i)
    }
  })
  return [
    each('start, with the first text', start),
    each('text one way', () => pass(a, b, 0)),
    each('text at each turn', (i) => (i % 2 === 0 ? pass(a, b, 0) : pass(b, a, 1))),
    each('text at each turn, with all that is written', (i) => whole((i % 2) as 0 | 1))
  ]
}

async function theirs(): Promise<Operation[]> {
  const path = options['libsignal']!
  const lib = await openLibsignal(path.startsWith('/') ? pathToFileURL(`${path}/dist/index.js`).href : path)
  if (lib === undefined) return []
  const pair = await LibsignalPair.make(lib, BYTES)
  const starting = await LibsignalPair.make(lib, BYTES)
  const each = (name: string, once: (i: number) => Promise<void>): Operation => ({
    name,
    who: 'libsignal',
    repeat: async (times) => {
      for (let i = 0; i < times; i++) await once(i)
    }
  })
  return [
    each('start, with the first text', () => starting.start()),
    each('text one way', () => pair.say(0)),
    each('text at each turn', (i) => pair.say((i % 2) as 0 | 1))
  ]
}

async function measure({ repeat }: Operation, times: number): Promise<number> {
  const cpu = process.cpuUsage()
  await repeat(times)
  const { user, system } = process.cpuUsage(cpu)
  return user + system
}

const operations = [...ours(), ...(await theirs())]
const batches = new Map<Operation, { times: number; micros: number[] }>()
for (const operation of operations) {
  tell(`${operation.who}: ${operation.name}`)
  let times = 2
  while ((await measure(operation, times)) < BATCH_MS * 1_000) times *= 2
  batches.set(operation, { times, micros: [] })
}
for (let round = 0; round < numberOf(options, 'rounds'); round++) {
  for (const [operation, { times, micros }] of batches) micros.push((await measure(operation, times)) / times)
}
const figureOf = (name: string, who: Operation['who']): number[] | undefined =>
  batches.get(operations.find((one) => one.name === name && one.who === who)!)?.micros
const rows = operations
  .filter(({ who }) => who === 'ours')
  .map(({ name }) => {
    const [own, other] = [figureOf(name, 'ours')!, figureOf(name, 'libsignal')]
    const spread = (micros: number[] | undefined): string =>
      micros === undefined
        ? '\u2013'
        : `${short(median(micros))} (${short(Math.min(...micros))}\u2013${short(Math.max(...micros))})`
    return [name, spread(own), spread(other), other === undefined ? '\u2013' : short(median(own) / median(other))]
  })
const table = {
  title: `Sessions, text of ${BYTES} B, \u00b5s of CPU for both sides together`,
  columns: ['operation', 'ours', 'libsignal', 'ratio'],
  rows
}
publish(
  options,
  [table],
  operations.map((operation) => ({ name: operation.name, who: operation.who, ...batches.get(operation)! }))
)
