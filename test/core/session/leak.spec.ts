/**
 * What somebody reads who has recorded every frame and gets hold of keys. The attacker here does all that can be done with
 * what it has: it opens starts with every prekey, puts every one-time key it has and none into them, and follows each
 * session that it can get into as either end would. Each test has a control, in which it does get in.
 */
import { expect } from 'chai'
import { EMPTY, mapKey } from '../../../src/base/bytes.ts'
import type { PrekeyPair } from '../../../src/core/identity/prekeys.ts'
import { asUserId } from '../../../src/core/identity/user.ts'
import { readUserRecord } from '../../../src/core/identity/user-record.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { initiate, openStart, respond } from '../../../src/core/session/handshake.ts'
import { Session } from '../../../src/core/session/session.ts'
import { type KemKeyPair, x25519KeyPair } from '../../../src/crypto/kem.ts'
import { type SigningKey, signingKey } from '../../../src/crypto/sign.ts'
import type { SessionFrame } from '../../../src/wire/messages.ts'
import type { SessionRow } from '../../../src/wire/rows.ts'
import { Couple } from './couple.ts'
import { good, NOW, seeded, selfOf, textOf } from './ends.ts'

const random = seeded('attacker')
const env = { now: NOW, uptimeMs: 0, random }

/** A copy of an end's session, as a thief of its rows has it. */
const copyOf = (row: SessionRow, self: Uint8Array): Session => Session.restore(asUserId(self), structuredClone(row))

/**
 * The other end of a stolen session, as far as it follows from this one: it receives what this one sends. A Diffie-Hellman
 * step of its own is beyond it, since it has the private key of this end alone.
 */
function mirrorOf(row: SessionRow, self: Uint8Array): Session {
  const { ratchet } = structuredClone(row)
  const mirrored: SessionRow = {
    ...structuredClone(row),
    user: self,
    isInitiator: !row.isInitiator,
    life: new Uint8Array(0),
    ratchet: {
      ...ratchet!,
      theirs: x25519KeyPair(ratchet!.own).publicKey,
      receiving: ratchet!.sending!,
      nextReceiving: ratchet!.nextSending,
      nextSending: ratchet!.nextReceiving
    }
  }
  return Session.restore(asUserId(row.user), mirrored)
}

/** Everything that can be read of some frames by ends that were stolen or made, in whatever order. */
function readBy(ends: readonly Session[], frames: readonly SessionFrame[]): string[] {
  const read = new Map<string, string>()
  for (let isNew = true; isNew; ) {
    isNew = false
    for (const frame of frames) {
      for (const end of ends) {
        if (read.has(mapKey(frame.sealed))) continue
        const content = end.open(frame, env, () => undefined)
        if (content instanceof Refusal) continue
        read.set(mapKey(frame.sealed), content.content?.text?.text ?? '')
        isNew = true
      }
    }
  }
  return [...read.values()].filter((text) => text !== '')
}

/** Every session that starts on record lead to with these keys. */
function sessionsFrom(
  frames: readonly SessionFrame[],
  keys: readonly SigningKey[],
  prekeys: readonly PrekeyPair[],
  oneTimeKeys: readonly KemKeyPair[]
): Session[] {
  const sessions: Session[] = []
  for (const frame of frames.filter(({ start }) => start !== undefined)) {
    for (const key of keys) {
      for (const prekey of prekeys) {
        for (const oneTimeKey of [undefined, ...oneTimeKeys]) {
          const opened = openStart(frame.start!, prekey)
          if (opened === undefined || opened instanceof Refusal) continue
          const initiator = good(readUserRecord(opened.content.record, NOW)).user
          const agreed = respond(opened, frame.start!.enc, initiator, key, prekey, oneTimeKey)
          if (agreed instanceof Refusal) continue
          const ends = { self: asUserId(key.publicKey), other: initiator }
          // To read, it does not mind whether something should have been said.
          const traits = { generation: 1, hasOneTimeKey: true }
          sessions.push(Session.responder(ends, agreed, traits, prekey.x25519, frame.tag))
        }
      }
    }
  }
  return sessions
}

/** Copies of all private keys of both users, as they are now. */
function stolenFrom({ alice, bob }: Couple): {
  keys: SigningKey[]
  prekeys: PrekeyPair[]
  oneTimeKeys: KemKeyPair[]
} {
  const sides = [alice, bob]
  return {
    keys: sides.map(({ self }) => signingKey(self.key.seed.expose())),
    prekeys: sides.flatMap(({ self }) => self.prekeys.pairs()),
    oneTimeKeys: sides.flatMap(({ self }) =>
      self.oneTimeKeys.offered(self.prekeys).map((key) => x25519KeyPair(self.oneTimeKeys.find(key)!.seed.expose()))
    )
  }
}

describe('whoever takes keys', () => {
  /** A conversation in which both start, with text in the first flight and after it. */
  function talk(changes: (couple: Couple) => void = () => {}): Couple {
    const couple = new Couple()
    changes(couple)
    couple.say('alice', 'first flight')
    couple.say('alice', 'still in it')
    couple.carry()
    couple.say('bob', 'an answer')
    couple.carry()
    couple.say('alice', 'the end')
    couple.carry()
    couple.pass(1_000)
    couple.carry()
    expect(couple.bob.heard).to.deep.equal(['first flight', 'still in it', 'the end'])
    expect(couple.alice.heard).to.deep.equal(['an answer'])
    return couple
  }
  const framesOf = ({ carried }: Couple): SessionFrame[] => carried.map(({ frame }) => frame)

  it('afterwards, all identity keys, prekeys and one-time keys of both, opens no earlier message', () => {
    const couple = talk()
    const { keys, prekeys, oneTimeKeys } = stolenFrom(couple)
    expect(readBy(sessionsFrom(framesOf(couple), keys, prekeys, oneTimeKeys), framesOf(couple))).to.deep.equal([])
  })

  it('control: with the one-time key before it was used, reads the first flight and nothing after', () => {
    let before: ReturnType<typeof stolenFrom> | undefined
    const couple = talk((couple) => {
      before = stolenFrom(couple)
    })
    const { keys, prekeys, oneTimeKeys } = before!
    const read = readBy(sessionsFrom(framesOf(couple), keys, prekeys, oneTimeKeys), framesOf(couple))
    expect(read).to.have.members(['first flight', 'still in it'])
  })

  it('afterwards, all keys of both, opens no earlier message when no one-time key was left either', () => {
    const couple = talk((couple) => {
      couple.alice.record = { ...couple.alice.record!, oneTimeKeys: [] }
    })
    const { keys, prekeys, oneTimeKeys } = stolenFrom(couple)
    const sessions = sessionsFrom(framesOf(couple), keys, prekeys, oneTimeKeys)
    expect(readBy(sessions, framesOf(couple))).to.deep.equal([])
    // It does get into the start, which says nothing.
    const opening = couple.carried.find(({ frame }) => frame.start !== undefined)!
    const again = sessionsFrom([opening.frame], keys, prekeys, [])
    expect(again.some((one) => !(one.open(opening.frame, env, () => undefined) instanceof Refusal))).to.equal(true)
  })

  it('control: what would be said without one-time key before the answer would be read', () => {
    const [alice, bob] = [selfOf('alice'), selfOf('bob')]
    const { start, agreed } = good(initiate(alice, bob.record, undefined, 1, random))
    const ends = { self: alice.record.user, other: bob.record.user }
    const traits = { generation: 1, hasOneTimeKey: false }
    const session = Session.initiator(ends, agreed, start, traits, bob.record.prekey.x25519, random)
    const said = { instance: random(16), number: 1, oldest: 1, ackInstance: EMPTY, ack: 0, origin: EMPTY, marks: EMPTY }
    const frame = session.seal({ ...said, content: textOf('too early') })
    const sessions = sessionsFrom([frame], [signingKey(bob.key.seed.expose())], bob.prekeys.pairs(), [])
    expect(readBy(sessions, [frame])).to.deep.equal(['too early'])
  })

  it('the whole state of one end, reads what comes next, and nothing any more after one round trip', () => {
    for (const who of ['alice', 'bob'] as const) {
      const other = who === 'alice' ? 'bob' : 'alice'
      const couple = talk()
      couple.say(other, 'before')
      couple.carry()
      couple.say(who, 'the last before')
      couple.carry()
      const earlier = framesOf(couple)
      const user = couple[who].self.record.user
      const [row] = couple[who].sessionRows
      const { keys, prekeys, oneTimeKeys } = stolenFrom(couple)
      const ends = (): Session[] => [copyOf(row!, user), mirrorOf(row!, user)]
      const all = (): Session[] => [...ends(), ...sessionsFrom(framesOf(couple), keys, prekeys, oneTimeKeys)]
      couple.carried.length = 0
      // The chain on which this end speaks is known, and so is the key to which the other's next turn is made.
      couple.say(who, 'one')
      couple.carry()
      couple.say(other, 'two')
      couple.carry()
      expect(readBy(all(), framesOf(couple)), who).to.have.members(['one', 'two'])
      couple.carried.length = 0
      for (const [from, text] of [
        [who, 'three'],
        [other, 'four'],
        [who, 'five']
      ] as const) {
        couple.say(from, text)
        couple.carry()
      }
      expect(couple[other].heard).to.include('five')
      expect(readBy(all(), framesOf(couple)), who).to.deep.equal([])
      expect(readBy(all(), earlier), who).to.deep.equal([])
    }
  })
})
