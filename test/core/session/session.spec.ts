import { expect } from 'chai'
import { EMPTY, hex, joinBytes } from '../../../src/base/bytes.ts'
import { asUserId } from '../../../src/core/identity/user.ts'
import { Session } from '../../../src/core/session/session.ts'
import { AEAD_NONCE_BYTES, open, seal } from '../../../src/crypto/aead.ts'
import { x25519KeyPair } from '../../../src/crypto/kem.ts'
import type { SessionFrame } from '../../../src/wire/messages.ts'
import { SessionRow } from '../../../src/wire/rows.ts'
import { keyOf } from '../identity/people.ts'
import { checkOf, good, NOW, seeded, textOf } from './ends.ts'

const random = seeded('session spec')
const env = { now: NOW, uptimeMs: 0, random }
const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((nick) => asUserId(keyOf(nick).publicKey)) as [
  ReturnType<typeof asUserId>,
  ReturnType<typeof asUserId>,
  ReturnType<typeof asUserId>
]

const said = (text: string) => ({
  instance: new Uint8Array(16).fill(1),
  number: 1,
  oldest: 1,
  ackInstance: EMPTY,
  ack: 0,
  origin: EMPTY,
  marks: EMPTY,
  content: textOf(text)
})

/** Both ends, after a first frame. */
function ends(): { a: Session; b: Session } {
  const [secret, prekey, id] = [random(32), x25519KeyPair(random(32)), random(32)]
  const traits = { generation: 1, hasOneTimeKey: true }
  const start = { enc: random(1120), sealed: random(300) }
  const agreed = () => ({ id, secret: secret.slice() })
  const a = Session.initiator({ self: alice, other: bob }, agreed(), start, traits, prekey.publicKey, random)
  const first = a.seal({ ...said(''), number: 0, content: undefined })
  const b = Session.responder({ self: bob, other: alice }, agreed(), traits, prekey, first.tag)
  good(b.open(first, env, () => undefined))
  return { a, b }
}

const rowOf = (session: Session): SessionRow => {
  const row = session.rows().puts.find(({ entry }) => entry.startsWith('session/'))
  return SessionRow.decode(row!.value)
}

describe('a session', () => {
  it('binds what is said in it to both users and to its id', () => {
    const { a, b } = ends()
    const frame = a.seal(said('for bob'))
    const row = rowOf(b)
    const openedBy = (self: typeof bob, changes: Partial<SessionRow>): number | undefined =>
      checkOf(Session.restore(self, structuredClone({ ...row, ...changes })).open(frame, env, () => undefined))
    expect(openedBy(carol, {})).to.equal(1011)
    expect(openedBy(bob, { user: carol })).to.equal(1011)
    expect(openedBy(bob, { id: random(32) })).to.equal(1011)
    expect(openedBy(bob, { isInitiator: true })).to.equal(1011)
    expect(openedBy(bob, {})).to.equal(undefined)
  })

  it('binds what is said to the very bytes of its header', () => {
    const { a, b } = ends()
    const frame = a.seal(said('for bob'))
    const key = rowOf(a).ratchet!.sending!.header
    const [nonce, sealed] = [frame.header.subarray(0, AEAD_NONCE_BYTES), frame.header.subarray(AEAD_NONCE_BYTES)]
    const plain = open(key, nonce, EMPTY, sealed)!
    const other = random(AEAD_NONCE_BYTES)
    const again: SessionFrame = { ...frame, header: joinBytes(other, seal(key, other, EMPTY, plain)) }
    expect(checkOf(b.open(again, env, () => undefined))).to.equal(1011)
    expect(checkOf(b.open(frame, env, () => undefined))).to.equal(undefined)
  })

  it('brings its start until there is an answer', () => {
    const { a, b } = ends()
    expect(a.seal(said('x')).start).to.not.equal(undefined)
    expect([a.isConfirmed, b.isConfirmed]).to.deep.equal([false, true])
    good(a.open(b.seal(said('answer')), env, () => undefined))
    expect(a.isConfirmed).to.equal(true)
    expect(a.seal(said('x')).start).to.equal(undefined)
    expect(b.seal(said('x')).start).to.equal(undefined)
  })

  it('is the same after a restart, with keys of messages that have not come', () => {
    const { a, b } = ends()
    const late = a.seal(said('late'))
    good(b.open(a.seal(said('x')), env, () => undefined))
    const { puts } = b.rows()
    const again = Session.restore(bob, SessionRow.decode(puts[0]!.value.slice()))
    expect(hex(again.rows().puts[0]!.value)).to.equal(hex(puts[0]!.value))
    expect(puts.map(({ entry }) => entry.split('/')[0])).to.deep.equal(['session', 'session-skipped'])
    expect(checkOf(again.open(late, env, () => undefined))).to.equal(1009)
  })
})
