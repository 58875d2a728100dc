import { expect } from 'chai'
import fc from 'fast-check'
import { equalBytes, hex, joinBytes, u32, utf8 } from '../../../src/base/bytes.ts'
import { DAY_MS } from '../../../src/base/time.ts'
import { KEY_AHEAD_MS, KEYS_AHEAD_AT_ONCE, SKIPPED_KEYS } from '../../../src/core/params.ts'
import { type Refusal, refuse } from '../../../src/core/reject.ts'
import { Ratchet, type SealedMessage } from '../../../src/core/session/ratchet.ts'
import { open, seal } from '../../../src/crypto/aead.ts'
import { deriveTwo } from '../../../src/crypto/kdf.ts'
import { x25519KeyPair } from '../../../src/crypto/kem.ts'
import { LABEL } from '../../../src/crypto/labels.ts'
import type { RatchetRow } from '../../../src/wire/rows.ts'
import { bent, checkOf, NOW, seeded } from './ends.ts'

const bind = (tag: Uint8Array, header: Uint8Array): Uint8Array => joinBytes(utf8('ends'), tag, header)

/** Both ends of a ratchet, each with randomness of its own. */
class Talk {
  readonly ends: [Ratchet, Ratchet]
  readonly random: ReturnType<typeof seeded>
  now = NOW as number
  uptimeMs = 0

  constructor(seed = 'talk') {
    this.random = seeded(seed)
    const secret = this.random(32)
    const prekey = x25519KeyPair(this.random(32))
    this.ends = [
      Ratchet.initiator(secret.slice(), prekey.publicKey, this.random),
      Ratchet.responder(secret.slice(), prekey)
    ]
  }

  say(from: 0 | 1, text: string): SealedMessage {
    return this.ends[from].seal(utf8(text), bind)
  }

  hear(to: 0 | 1, message: SealedMessage): string | Refusal {
    const env = { now: this.now as never, uptimeMs: this.uptimeMs, random: this.random }
    return this.ends[to].open(message, bind, env, (bytes) => Buffer.from(bytes).toString())
  }

  pass(from: 0 | 1, text: string): void {
    expect(this.hear(from === 0 ? 1 : 0, this.say(from, text))).to.equal(text)
  }

  /** An end, as it is after a restart. */
  restart(who: 0 | 1): void {
    const end = this.ends[who]
    const again = Ratchet.restore(structuredClone(end.row()))
    for (const { header, keys } of end.skipped.chains().values()) {
      const copies = [...keys].map(([n, { key, since }]) => [n, { key: key.slice(), since }] as const)
      again.restoreSkipped({ header: header.slice(), keys: new Map(copies) })
    }
    this.ends[who] = again
  }
}

describe('the ratchet of a session', () => {
  it('opens everything once, in whatever order it comes, across restarts, in both directions', () => {
    const step = fc.record({
      what: fc.constantFrom('say', 'say', 'say', 'hear', 'hear', 'hear', 'again', 'drop', 'restart'),
      who: fc.constantFrom(0 as const, 1 as const),
      at: fc.nat(30)
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.nat(), (steps, seed) => {
        const talk = new Talk(`schedule ${seed}`)
        const onWay: { to: 0 | 1; text: string; message: SealedMessage }[] = []
        const heard: typeof onWay = []
        let count = 0
        const hear = (at: number): void => {
          const [one] = onWay.splice(at, 1)
          expect(talk.hear(one!.to, one!.message)).to.equal(one!.text)
          heard.push(one!)
        }
        talk.pass(0, 'first')
        for (const { what, who, at } of steps) {
          if (what === 'say') {
            const text = `${who} ${count++}`
            onWay.push({ to: who === 0 ? 1 : 0, text, message: talk.say(who, text) })
          } else if (what === 'restart') talk.restart(who)
          else if (what === 'again' && heard.length > 0) {
            const { to, message } = heard[at % heard.length]!
            expect([1007, 1009]).to.include(checkOf(talk.hear(to, message)))
          } else if (onWay.length > 0 && what === 'hear') hear(at % onWay.length)
          else if (onWay.length > 0 && what === 'drop') onWay.splice(at % onWay.length, 1)
        }
        while (onWay.length > 0) hear(onWay.length - 1)
        for (const who of [0, 1, 0] as const) talk.pass(who, 'last')
        const [a, b] = talk.ends.map((end) => end.row()) as [RatchetRow, RatchetRow]
        // Who spoke last sends what the other receives, and has the keys of the next turn in common with it.
        expect(a.sending).to.deep.equal(b.receiving)
        expect(a.nextSending).to.deep.equal(b.nextReceiving)
        expect(b.sending!.header).to.deep.equal(a.nextReceiving)
      }),
      { numRuns: 60 }
    )
  })

  it('refuses what is bent anywhere, and is none the worse for it', () => {
    fc.assert(
      fc.property(fc.constantFrom('tag', 'header', 'sealed' as const), fc.nat(), fc.nat(2), (part, at, place) => {
        const talk = new Talk('bent')
        // The first of all, the first of a turn, and one of a chain that is under way.
        if (place > 0) talk.pass(0, 'first')
        const from = place === 1 ? 1 : 0
        const message = talk.say(from, 'whole')
        const wrong = { ...message, [part]: bent(message[part], at % (message[part].length * 8)) }
        const before = JSON.stringify(talk.ends[1 - from]!.row())
        const refused = checkOf(talk.hear((1 - from) as 0 | 1, wrong))
        expect(refused).to.be.oneOf(part === 'tag' ? [1007] : part === 'header' ? [1008] : [1011, 1012])
        expect(JSON.stringify(talk.ends[1 - from]!.row())).to.equal(before)
        expect(talk.hear((1 - from) as 0 | 1, message)).to.equal('whole')
      }),
      { numRuns: 150 }
    )
  })

  it('finds no chain for the tag of another session (R-1007)', () => {
    const [one, other] = [new Talk('one'), new Talk('other')]
    expect(checkOf(other.hear(1, one.say(0, 'x')))).to.equal(1007)
    expect(checkOf(one.hear(0, one.say(0, 'to itself')))).to.equal(1007)
  })

  it('refuses a header from another chain under its tag (R-1008)', () => {
    const talk = new Talk()
    const first = talk.say(0, 'x')
    expect(checkOf(talk.hear(1, { ...first, header: new Talk('other').say(0, 'y').header }))).to.equal(1008)
    for (const header of [new Uint8Array(0), first.header.slice(0, 12), first.header.slice(0, 60)]) {
      expect(checkOf(talk.hear(1, { ...first, header }))).to.equal(1008)
    }
  })

  it('refuses a header that does not continue its chain, though the other end itself sealed it (R-1008)', () => {
    const talk = new Talk()
    talk.pass(0, 'first')
    const { sending, own } = talk.ends[0].row()
    const key = sending!.header
    const sealed = (ratchetKey: Uint8Array, previous: number, number: number): Uint8Array => {
      const plain = joinBytes(ratchetKey, u32(previous), u32(number))
      const nonce = deriveTwo(LABEL.sessionHeaderNonce, key, plain)[0].slice(0, 12)
      return joinBytes(nonce, seal(key, nonce, new Uint8Array(0), plain))
    }
    const { tag } = talk.ends[0].seal(utf8('x'), bind)
    const body = talk.say(0, 'y').sealed
    const mine = x25519KeyPair(own).publicKey
    const other = x25519KeyPair(talk.random(32)).publicKey
    expect(checkOf(talk.hear(1, { tag, header: sealed(other, 0, 3), sealed: body }))).to.equal(1008)
    expect(checkOf(talk.hear(1, { tag, header: sealed(mine, 0, 3), sealed: body }))).to.equal(1011)
    // A turn that forgets messages which have come, and one to a key of small order.
    const back = talk.ends[1].row()
    const asOther = (previous: number, ratchetKey: Uint8Array): number | undefined => {
      const plain = joinBytes(ratchetKey, u32(previous), u32(0))
      const header = talk.ends[0].row().nextReceiving
      const nonce = deriveTwo(LABEL.sessionHeaderNonce, header, plain)[0].slice(0, 12)
      const tagged = deriveTwo(LABEL.sessionTag, header)[0].slice(0, 16)
      return checkOf(
        talk.hear(0, {
          tag: tagged,
          header: joinBytes(nonce, seal(header, nonce, new Uint8Array(0), plain)),
          sealed: body
        })
      )
    }
    expect(hex(back.sending!.header)).to.equal(hex(talk.ends[0].row().nextReceiving))
    expect(asOther(1, other)).to.equal(1008)
    expect(asOther(0, new Uint8Array(32))).to.equal(1006)
    talk.pass(1, 'answer')
    talk.say(1, 'lost')
    const header = talk.ends[0].row().nextReceiving
    const plain = joinBytes(other, u32(0), u32(0))
    const nonce = deriveTwo(LABEL.sessionHeaderNonce, header, plain)[0].slice(0, 12)
    const forgets = {
      tag: deriveTwo(LABEL.sessionTag, header)[0].slice(0, 16),
      header: joinBytes(nonce, seal(header, nonce, new Uint8Array(0), plain)),
      sealed: body
    }
    expect(checkOf(talk.hear(0, forgets))).to.equal(1008)
  })

  it('refuses a message that comes again (R-1009)', () => {
    const talk = new Talk()
    const [one, two] = [talk.say(0, 'one'), talk.say(0, 'two')]
    for (const message of [two, one]) {
      expect(talk.hear(1, message)).to.be.a('string')
      expect(checkOf(talk.hear(1, message))).to.equal(1009)
    }
    talk.restart(1)
    for (const message of [two, one]) expect(checkOf(talk.hear(1, message))).to.equal(1009)
  })

  it('refuses a message more than 1,000 ahead and opens the one before it (R-1010)', () => {
    const talk = new Talk()
    talk.pass(0, 'first')
    for (let i = 0; i < SKIPPED_KEYS; i++) talk.say(0, 'lost')
    const [far, farther] = [talk.say(0, 'far'), talk.say(0, 'farther')]
    expect(checkOf(talk.hear(1, farther))).to.equal(1010)
    expect(talk.hear(1, far)).to.equal('far')
    expect(talk.ends[1].skipped.size).to.equal(SKIPPED_KEYS)
    expect(talk.hear(1, farther)).to.equal('farther')
    // The same across a turn: what is missing of both chains counts.
    talk.pass(1, 'turn')
    talk.pass(0, 'turned')
    for (let i = 0; i < SKIPPED_KEYS; i++) talk.say(0, 'lost')
    talk.pass(1, 'turn')
    const [next, afterNext] = [talk.say(0, 'next'), talk.say(0, 'after next')]
    expect(checkOf(talk.hear(1, afterNext))).to.equal(1010)
    expect(talk.hear(1, next)).to.equal('next')
  })

  it('makes no more keys ahead than its rate lets it, for messages that do not open, either (R-1016)', () => {
    for (const isTurn of [false, true]) {
      const talk = new Talk()
      talk.pass(0, 'first')
      if (isTurn) {
        talk.pass(1, 'second')
        talk.pass(0, 'third')
        talk.pass(1, 'turn')
      }
      for (let i = 0; i < SKIPPED_KEYS; i++) talk.say(0, 'lost')
      const far = talk.say(0, 'far')
      const hostile = { ...far, sealed: bent(far.sealed, 3) }
      const checks = Array.from({ length: 20 }, () => checkOf(talk.hear(1, hostile)))
      const made = KEYS_AHEAD_AT_ONCE / SKIPPED_KEYS
      expect(checks).to.deep.equal([...Array(made).fill(1011), ...Array(20 - made).fill(1016)])
      expect(checkOf(talk.hear(1, far))).to.equal(1016)
      talk.uptimeMs += KEY_AHEAD_MS
      expect(talk.hear(1, far)).to.equal('far')
      // What comes in order takes none.
      talk.pass(0, 'next')
      for (let i = 1; i < SKIPPED_KEYS; i++) talk.say(0, 'lost')
      const again = talk.say(0, 'far again')
      expect(checkOf(talk.hear(1, again))).to.equal(1016)
      talk.uptimeMs += SKIPPED_KEYS * KEY_AHEAD_MS
      expect(talk.hear(1, again)).to.equal('far again')
    }
  })

  it('keeps at most 1,000 keys of messages not come, drops the oldest, and keeps none for more than a day', () => {
    const talk = new Talk()
    talk.pass(0, 'first')
    const lost = Array.from({ length: SKIPPED_KEYS }, () => talk.say(0, 'lost'))
    talk.pass(0, 'far')
    const late = talk.say(0, 'late')
    talk.pass(0, 'farther')
    expect(talk.ends[1].skipped.size).to.equal(SKIPPED_KEYS)
    expect(checkOf(talk.hear(1, lost[0]!))).to.equal(1009)
    expect(talk.hear(1, lost[1]!)).to.equal('lost')
    talk.now += DAY_MS - 1
    expect(talk.hear(1, lost[2]!)).to.equal('lost')
    talk.now += 1
    expect(checkOf(talk.hear(1, late))).to.equal(1009)
    expect(talk.ends[1].skipped.size).to.equal(0)
  })

  it('keeps a key no longer because others of its chain are kept', () => {
    const talk = new Talk()
    talk.pass(0, 'first')
    const early = talk.say(0, 'early')
    talk.pass(0, 'second')
    talk.now += DAY_MS - 1
    const late = talk.say(0, 'late')
    talk.pass(0, 'third')
    talk.now += 1
    expect(checkOf(talk.hear(1, early))).to.equal(1009)
    expect(talk.ends[1].skipped.size).to.equal(1)
    expect(talk.hear(1, late)).to.equal('late')
  })

  it('takes the key of a message for that message alone (R-1011, R-1012)', () => {
    const talk = new Talk()
    const [one, two] = [talk.say(0, 'one'), talk.say(0, 'two')]
    expect(checkOf(talk.hear(1, { ...one, sealed: two.sealed }))).to.equal(1011)
    expect(checkOf(talk.hear(1, { ...one, sealed: one.sealed.slice(0, 44) }))).to.equal(1012)
    const other = (message: SealedMessage): string | Refusal =>
      talk.ends[1].open(
        message,
        () => utf8('others'),
        { now: NOW, uptimeMs: 0, random: talk.random },
        () => 'read'
      )
    expect(checkOf(other(one))).to.equal(1011)
    expect(talk.hear(1, one)).to.equal('one')
  })

  it('counts a message that its reader refuses as never seen', () => {
    const talk = new Talk()
    const messages = [talk.say(0, 'a'), talk.say(0, 'b')]
    const env = { now: NOW, uptimeMs: 0, random: talk.random }
    for (const message of messages.reverse()) {
      expect(checkOf(talk.ends[1].open(message, bind, env, () => refuse(1013)))).to.equal(1013)
      expect(talk.hear(1, message)).to.be.a('string')
    }
  })

  it('shows of a header neither key nor counts: noise of one length, never twice the same', () => {
    const talk = new Talk()
    const seen = new Set<string>()
    const nonces = new Set<string>()
    const tags = new Set<string>()
    for (let turn = 0; turn < 6; turn++) {
      for (const who of [0, 1] as const) {
        for (let i = 0; i < 3; i++) {
          const message = talk.say(who, 'the very same text')
          const own = x25519KeyPair(talk.ends[who].row().own).publicKey
          const shown = hex(joinBytes(message.tag, message.header, message.sealed))
          expect(message.header).to.have.length(68)
          expect(shown).to.not.include(hex(own))
          tags.add(hex(message.tag))
          nonces.add(hex(message.header.subarray(0, 12)))
          seen.add(hex(message.header)).add(hex(message.sealed))
          expect(
            open(talk.random(32), message.header.subarray(0, 12), new Uint8Array(0), message.header.subarray(12))
          ).to.equal(undefined)
          talk.hear(who === 0 ? 1 : 0, message)
        }
      }
    }
    expect(tags.size).to.equal(12)
    expect(seen.size).to.equal(72)
    expect(nonces.size).to.equal(36)
  })

  it('makes keys at a turn that a copy of the state before does not come to', () => {
    const talk = new Talk()
    talk.pass(0, 'first')
    talk.pass(1, 'answer')
    const copy = Ratchet.restore(structuredClone(talk.ends[1].row()))
    const message = talk.say(0, 'turn')
    talk.hear(1, message)
    copy.open(message, bind, { now: NOW, uptimeMs: 0, random: seeded('thief') }, () => 'read')
    const [real, stolen] = [talk.ends[1].row(), copy.row()]
    expect(hex(real.receiving!.key)).to.equal(hex(stolen.receiving!.key))
    for (const key of ['root', 'nextSending'] as const) expect(hex(real[key])).to.not.equal(hex(stolen[key]))
    expect(hex(real.sending!.key)).to.not.equal(hex(stolen.sending!.key))
  })

  it('repeats no nonce with a key, even when one state is run twice', () => {
    const talk = new Talk()
    const copy = Ratchet.restore(structuredClone(talk.ends[0].row()))
    const [one, other] = [talk.say(0, 'one'), copy.seal(utf8('other'), bind)]
    expect(hex(one.header)).to.equal(hex(other.header))
    expect(equalBytes(one.sealed.subarray(32, 44), other.sealed.subarray(32, 44))).to.equal(false)
  })

  it('clears keys where they end: in place, and in what it keeps', () => {
    const talk = new Talk()
    const isClear = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)
    const chain = talk.ends[0].row().sending!.key
    const message = talk.say(0, 'x')
    expect(isClear(chain)).to.equal(true)
    const before = talk.ends[1].row()
    talk.hear(1, message)
    expect([before.own, before.root].every(isClear)).to.equal(true)
    const { receiving, sending, own } = talk.ends[1].row()
    talk.pass(0, 'the next of the chain')
    expect(isClear(receiving!.key)).to.equal(true)
    talk.pass(1, 'turn')
    const late = talk.say(0, 'late')
    talk.pass(0, 'turned')
    expect([receiving!.key, receiving!.header, sending!.key, sending!.header, own].every(isClear)).to.equal(true)
    const [kept] = talk.ends[1].skipped.chains().values()
    const { key } = [...kept!.keys.values()][0]!
    talk.hear(1, late)
    expect(isClear(key) && isClear(kept!.header)).to.equal(true)
    const all = talk.ends[1].row()
    talk.ends[1].destroy()
    const keys = [
      all.root,
      all.own,
      all.sending!.key,
      all.sending!.header,
      all.receiving!.key,
      all.nextSending,
      all.nextReceiving
    ]
    expect(keys.every(isClear)).to.equal(true)
  })
})
