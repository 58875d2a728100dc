/**
 * The canonical vectors of sessions: two users whose keys and randomness follow from words, with a start with and one
 * without one-time key, and what is said in each. `node dist/test/core/session/make-vectors.js > test/vectors/session-v1.json`
 * makes them; the encapsulation is the one thing that cannot be made again, so it is taken from the file when there is one.
 */
import { EMPTY, hex } from '../../../src/base/bytes.ts'
import type { Self } from '../../../src/core/channel/context.ts'
import { initiateWith, openStart, respond } from '../../../src/core/session/handshake.ts'
import { Session } from '../../../src/core/session/session.ts'
import type { Encapsulation } from '../../../src/crypto/kem.ts'
import { SessionContent, SessionFrame, SessionStart, StartContent } from '../../../src/wire/messages.ts'
import { good, NOW, seeded, selfOf, textOf } from './ends.ts'

/** Bytes are hexadecimal. */
export interface SessionVector {
  readonly name: string
  readonly initiatorSeed: string
  readonly responderSeed: string
  readonly responderX25519Seed: string
  readonly responderXWingSeed: string
  /** Private half; empty: none. */
  readonly oneTimeSeed: string
  readonly enc: string
  readonly kemSecret: string
  readonly ephemeralSeed: string
  readonly initiatorRecord: string
  readonly startContent: string
  readonly start: string
  readonly id: string
  readonly secret: string
  readonly frames: readonly {
    readonly from: 'initiator' | 'responder'
    readonly content: string
    readonly frame: string
  }[]
}

/** Who says what, in turn; numbers of frames already made are left out by the one who hears. */
const SPEECH: readonly { readonly from: 'initiator' | 'responder'; readonly text: string; readonly isLate?: true }[] = [
  { from: 'initiator', text: '' },
  { from: 'responder', text: '' },
  { from: 'initiator', text: 'hello' },
  { from: 'initiator', text: 'comes late', isLate: true },
  { from: 'initiator', text: 'comes before it' },
  { from: 'responder', text: 'hello yourself' },
  { from: 'initiator', text: 'x'.repeat(1_000) }
]

export function vectorOf(name: string, hasOneTimeKey: boolean, box: Encapsulation): SessionVector {
  const [alice, bob] = [selfOf('vector alice'), selfOf('vector bob')]
  const random = seeded(`vector ${name}`)
  const [prekey] = bob.prekeys.pairs()
  const oneTimeKey = hasOneTimeKey ? bob.record.oneTimeKeys[0]! : undefined
  const oneTime = oneTimeKey && bob.oneTimeKeys.find(oneTimeKey)
  const kemSecret = hex(box.sharedSecret)
  const ephemeralSeed = hex(seeded(`vector ${name}`)(32))
  const { start, agreed } = good(initiateWith(box, alice, bob.record, oneTimeKey, 1, random))
  const [id, secret] = [hex(agreed.id), hex(agreed.secret)]
  const opened = good(openStart(start, prekey!)) as Exclude<ReturnType<typeof openStart>, undefined> & {
    bytes: Uint8Array
  }
  const startContent = hex(opened.bytes)
  const theirs = good(respond(opened as never, start.enc, alice.record.user, bob.key, prekey!, oneTime))
  const traits = { generation: 1, hasOneTimeKey }
  const ends = (self: Self, other: Self) => ({ self: self.record.user, other: other.record.user })
  const a = Session.initiator(ends(alice, bob), agreed, start, traits, bob.record.prekey.x25519, random)
  const [firstTag] = [a.sendingTag!]
  const b = Session.responder(ends(bob, alice), theirs, traits, prekey!.x25519, firstTag)
  const frames = talk(a, b, random)
  return {
    name,
    initiatorSeed: hex(alice.key.seed.expose()),
    responderSeed: hex(bob.key.seed.expose()),
    responderX25519Seed: hex(prekey!.x25519.seed.expose()),
    responderXWingSeed: hex(prekey!.xwing.seed.expose()),
    oneTimeSeed: oneTime === undefined ? '' : hex(oneTime.seed.expose()),
    enc: hex(box.enc),
    kemSecret,
    ephemeralSeed,
    initiatorRecord: hex(StartContent.decode(opened.bytes).record),
    startContent,
    start: hex(SessionStart.encode(start)),
    id,
    secret,
    frames
  }
}

function talk(a: Session, b: Session, random: (length: number) => Uint8Array): SessionVector['frames'] {
  const numbers = { initiator: 0, responder: 0 }
  const late: { to: Session; frame: SessionFrame }[] = []
  const hear = (to: Session, frame: SessionFrame): unknown =>
    good(to.open(frame, { now: NOW, uptimeMs: 0, random }, () => undefined))
  return SPEECH.map(({ from, text, isLate }) => {
    const [self, other] = from === 'initiator' ? [a, b] : [b, a]
    const said = text === '' ? {} : { content: textOf(text) }
    const number = text === '' ? 0 : ++numbers[from]
    const instance = new Uint8Array(16).fill(from === 'initiator' ? 1 : 2)
    const content = { instance, number, oldest: 1, ackInstance: EMPTY, ack: 0, origin: EMPTY, marks: EMPTY, ...said }
    const frame = self.seal(content)
    if (isLate) late.push({ to: other, frame })
    else {
      hear(other, frame)
      for (const one of late.splice(0)) hear(one.to, one.frame)
    }
    return { from, content: hex(SessionContent.encode(content)), frame: hex(SessionFrame.encode(frame)) }
  })
}
