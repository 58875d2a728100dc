import { expect } from 'chai'
import { equalBytes, hex, unhex } from '../../../src/base/bytes.ts'
import type { Self } from '../../../src/core/channel/context.ts'
import type { UserRecord } from '../../../src/core/identity/user-record.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { type Agreed, initiate, openStart, respond } from '../../../src/core/session/handshake.ts'
import { open, seal, ZERO_NONCE } from '../../../src/crypto/aead.ts'
import { derive } from '../../../src/crypto/kdf.ts'
import { encapsulate, KEM } from '../../../src/crypto/kem.ts'
import { LABEL } from '../../../src/crypto/labels.ts'
import { pad, unpad } from '../../../src/wire/codec.ts'
import { type SessionStart, StartContent } from '../../../src/wire/messages.ts'
import { bent, checkOf, good, rotate, seeded, selfOf } from './ends.ts'

const random = seeded('handshake')

/** What the responder comes to; undefined when the start is not for it. */
function answerOf(start: SessionStart, self: Self, initiator: UserRecord): Agreed | Refusal | undefined {
  for (const prekey of self.prekeys.pairs()) {
    const opened = openStart(start, prekey)
    if (opened === undefined) continue
    if (opened instanceof Refusal) return opened
    const { oneTimeKey } = opened.content
    const own = oneTimeKey.length === 0 ? undefined : self.oneTimeKeys.find(oneTimeKey)
    if (oneTimeKey.length > 0 && own === undefined) return undefined
    return respond(opened, start.enc, initiator.user, self.key, prekey, own)
  }
  return undefined
}

/** A start whose sealed part was changed by somebody who knows its key. */
function forged(to: Self, change: (content: StartContent) => Partial<StartContent>, from: Self): SessionStart {
  const { prekey } = to.record
  const box = encapsulate(KEM.X_WING, prekey.xwing, random(32))!
  const content = { record: from.record.bytes, ephemeral: random(32), oneTimeKey: new Uint8Array(0), generation: 1 }
  const key = derive(box.sharedSecret, LABEL.sessionStart, prekey.id)
  return {
    enc: box.enc,
    sealed: seal(key, ZERO_NONCE, new Uint8Array(0), pad(StartContent.encode({ ...content, ...change(content) })))
  }
}

describe('the handshake of a session', () => {
  const [alice, bob, carol] = [selfOf('alice'), selfOf('bob'), selfOf('carol')]

  it('gives both ends one secret and one id, with a one-time key and without, another at each start', () => {
    const seen = new Set<string>()
    for (const oneTimeKey of [undefined, bob.record.oneTimeKeys[0]!, undefined]) {
      const { start, agreed } = good(initiate(alice, bob.record, oneTimeKey, 1, random))
      const theirs = good(answerOf(start, bob, alice.record))
      expect(theirs).to.deep.equal(agreed)
      expect(agreed.secret).to.have.length(32)
      seen.add(hex(agreed.secret)).add(hex(agreed.id))
    }
    expect(seen.size).to.equal(6)
  })

  it('opens for the responder alone, and under each prekey that it still holds', () => {
    const dave = selfOf('dave')
    const { start, agreed } = good(initiate(alice, dave.record, undefined, 1, random))
    for (const other of [alice, bob, carol]) expect(answerOf(start, other, alice.record)).to.equal(undefined)
    for (const day of [1, 2]) {
      rotate(dave, random, day)
      expect(good(answerOf(start, dave, alice.record))).to.deep.equal(agreed)
    }
    rotate(dave, random, 3)
    expect(answerOf(start, dave, alice.record)).to.equal(undefined)
  })

  it('gives another secret to whoever lacks the identity key of one of the two', () => {
    const { start, agreed } = good(initiate(alice, bob.record, undefined, 1, random))
    const impostor = { ...bob, key: carol.key }
    const wrong = good(answerOf(start, impostor, alice.record))
    expect(equalBytes(wrong.secret, agreed.secret)).to.equal(false)
    // The responder's id is a part of what both hash: with its key alone replaced the secret differs all the same.
    const masked = { ...bob, key: { publicKey: bob.key.publicKey, seed: carol.key.seed } }
    const taken = good(answerOf(start, masked, alice.record))
    expect(hex(taken.id)).to.equal(hex(agreed.id))
    expect(equalBytes(taken.secret, agreed.secret)).to.equal(false)
    // Carol shows the record of alice, whose key she lacks.
    const posing = good(initiate({ key: carol.key, record: alice.record }, bob.record, undefined, 1, random))
    const theirs = good(answerOf(posing.start, bob, alice.record))
    expect(hex(theirs.id)).to.equal(hex(posing.agreed.id))
    expect(equalBytes(theirs.secret, posing.agreed.secret)).to.equal(false)
  })

  it('gives another secret without the private half of the one-time key', () => {
    const oneTimeKey = bob.record.oneTimeKeys[1]!
    const { start, agreed } = good(initiate(alice, bob.record, oneTimeKey, 1, random))
    const prekey = bob.prekeys.pairs()[0]!
    const without = good(
      respond(good(openStart(start, prekey)) as never, start.enc, alice.record.user, bob.key, prekey, undefined)
    )
    expect(hex(without.id)).to.equal(hex(agreed.id))
    expect(equalBytes(without.secret, agreed.secret)).to.equal(false)
  })

  it('binds both users, the prekey, the encapsulation and every byte of the start', () => {
    const { start, agreed } = good(initiate(alice, bob.record, undefined, 1, random))
    const prekey = bob.prekeys.pairs()[0]!
    const opened = (): Exclude<ReturnType<typeof openStart>, Refusal | undefined> =>
      good(openStart(start, prekey)) as never
    const idWith = (
      changes: Partial<ReturnType<typeof opened>>,
      by = alice.record.user,
      self = bob.key,
      enc = start.enc
    ) => {
      const own = respond({ ...opened(), ...changes }, enc, by, self, prekey, undefined)
      return own instanceof Refusal ? undefined : own
    }
    expect(idWith({})).to.deep.equal(agreed)
    const others = [
      idWith({ bytes: bent(opened().bytes, 77) }),
      idWith({}, carol.record.user),
      idWith({}, alice.record.user, carol.key),
      idWith({}, alice.record.user, bob.key, bent(start.enc, 5)),
      idWith({ kemSecret: bent(opened().kemSecret, 0) })
    ]
    const secrets = new Set([hex(agreed.secret), ...others.map((one) => hex(one!.secret))])
    expect(secrets.size).to.equal(1 + others.length)
    expect(new Set(others.map((one) => hex(one!.id))).size).to.equal(5)
  })

  it('does not open when a bit of it is turned, wherever', () => {
    const { start } = good(initiate(alice, bob.record, undefined, 1, random))
    const bits = (bytes: Uint8Array): number[] =>
      Array.from({ length: 24 }, (_, i) => (i * 7919 + 3) % (bytes.length * 8))
    for (const bit of bits(start.enc))
      expect(answerOf({ ...start, enc: bent(start.enc, bit) }, bob, alice.record)).to.equal(undefined)
    for (const bit of bits(start.sealed))
      expect(answerOf({ ...start, sealed: bent(start.sealed, bit) }, bob, alice.record)).to.equal(undefined)
    expect(answerOf({ ...start, enc: start.enc.slice(1) }, bob, alice.record)).to.equal(undefined)
    expect(answerOf({ ...start, sealed: new Uint8Array(0) }, bob, alice.record)).to.equal(undefined)
  })

  it('refuses a content that is not canonical or has fields of other lengths (R-1002)', () => {
    const wrong: ((content: StartContent) => Partial<StartContent>)[] = [
      () => ({ ephemeral: random(31) }),
      () => ({ oneTimeKey: random(16) }),
      () => ({ generation: 0 }),
      () => ({ generation: 2 ** 31 + 1 })
    ]
    for (const change of wrong) expect(checkOf(answerOf(forged(bob, change, alice), bob, alice.record))).to.equal(1002)
    expect(
      checkOf(
        answerOf(
          forged(bob, () => ({}), alice),
          bob,
          alice.record
        )
      )
    ).to.equal(undefined)
  })

  it('refuses keys of small order on either side (R-1006)', () => {
    const small = ['00', '01', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800']
    for (const text of small) {
      const key = unhex(text.padEnd(64, '0'))
      expect(
        checkOf(
          answerOf(
            forged(bob, () => ({ ephemeral: key }), alice),
            bob,
            alice.record
          )
        )
      ).to.equal(1006)
      expect(checkOf(initiate(alice, bob.record, key, 1, random))).to.equal(1006)
      const prekey = { ...bob.record.prekey, x25519: key }
      expect(checkOf(initiate(alice, { ...bob.record, prekey }, undefined, 1, random))).to.equal(1006)
    }
    expect(
      checkOf(
        initiate(alice, { ...bob.record, prekey: { ...bob.record.prekey, xwing: random(9) } }, undefined, 1, random)
      )
    ).to.equal(1006)
  })

  it('shows nothing of who starts with whom: the same sizes, and no record, key or id in it', () => {
    const sizes = new Set<number>()
    for (const [from, to] of [
      [alice, bob],
      [carol, alice]
    ] as const) {
      const { start, agreed } = good(initiate(from, to.record, to.record.oneTimeKeys[0], 1, random))
      sizes.add(start.enc.length + start.sealed.length)
      const shown = hex(start.enc) + hex(start.sealed)
      const hidden = [from.record.user, to.record.user, to.record.prekey.id, agreed.id, to.record.oneTimeKeys[0]!]
      for (const bytes of hidden) expect(shown).to.not.include(hex(bytes))
    }
    expect(sizes.size).to.equal(1)
  })

  it('leaves nothing of its secrets behind: the encapsulated one is cleared', () => {
    const { start } = good(initiate(alice, bob.record, undefined, 1, random))
    const prekey = bob.prekeys.pairs()[0]!
    const opened = good(openStart(start, prekey)) as { kemSecret: Uint8Array }
    expect(opened.kemSecret.some((byte) => byte !== 0)).to.equal(true)
    respond(opened as never, start.enc, alice.record.user, bob.key, prekey, undefined)
    expect(opened.kemSecret.every((byte) => byte === 0)).to.equal(true)
    expect(unpad(open(random(32), ZERO_NONCE, random(0), start.sealed) ?? random(1))).to.equal(undefined)
  })
})
