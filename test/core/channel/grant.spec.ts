import { expect } from 'chai'
import { EMPTY } from '../../../src/base/bytes.ts'
import { atMillis } from '../../../src/base/time.ts'
import { type GrantParties, type GrantTerms, openGrant, sealGrant } from '../../../src/core/channel/grant.ts'
import { Prekeys } from '../../../src/core/identity/prekeys.ts'
import { Refusal } from '../../../src/core/reject.ts'
import { x25519KeyPair } from '../../../src/crypto/kem.ts'
import type { Grant, GrantContent } from '../../../src/wire/messages.ts'
import { randomOf } from '../bus.ts'

const random = randomOf('grant')
const NOW = atMillis(1_800_000_000_000)
const prekeys = Prekeys.create(random, NOW)
const prekey = prekeys.find(prekeys.current.id)!
const oneTimeKey = x25519KeyPair(random(32))
const parties: GrantParties = { channel: random(32), manager: random(32), requester: random(32) }
const terms: GrantTerms = {
  request: random(32),
  group: EMPTY,
  key: { term: 3, serial: 4, commitment: random(16) },
  transcript: random(32),
  roster: random(32),
  logHead: random(32),
  descriptor: { version: 2, hash: random(32) }
}
const content: GrantContent = {
  epochSecret: random(32),
  leaf: 5,
  depth: 3,
  pathKeys: random(128),
  announcement: random(200),
  statements: [random(90)],
  isLogComplete: true,
  earlier: [],
  notAfter: 7,
  init: EMPTY,
  control: EMPTY
}
const sealed = (changes: Partial<GrantContent> = {}): Grant =>
  sealGrant(terms, parties, { ...content, ...changes }, prekeys.current, oneTimeKey.publicKey, 0, random)!

const good = sealed()
const opened = (grant: Grant, by: Partial<GrantParties> = {}, pair = prekey, key = oneTimeKey) =>
  openGrant(grant, { ...parties, ...by }, pair, key)
const checkOf = (...args: Parameters<typeof opened>): number | 'none' => {
  const result = opened(...args)
  return result instanceof Refusal ? result.check : 'none'
}
const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice()
  copy[at]! ^= 1
  return copy
}

describe('a grant', () => {
  it('opens as it was sealed, to prekey and one-time key together', () => {
    expect(opened(good)).to.deep.equal(content)
  })

  it('is another box each time, and tells nothing but what it binds', () => {
    const again = sealed()
    expect(again.enc).to.not.deep.equal(good.enc)
    expect(again.ephemeral).to.not.deep.equal(good.ephemeral)
    expect(Buffer.from(good.sealed).includes(Buffer.from(content.epochSecret))).to.equal(false)
    expect(sealed({ statements: [] }).sealed.length).to.equal(good.sealed.length)
  })

  const BOUND: readonly (readonly [what: string, changes: Partial<Grant>])[] = [
    ['request', { request: flipped(terms.request, 0) }],
    ['group', { group: random(16) }],
    ['term', { key: { ...terms.key!, term: 4 } }],
    ['serial', { key: { ...terms.key!, serial: 5 } }],
    ['commitment', { key: { ...terms.key!, commitment: flipped(terms.key!.commitment, 15) } }],
    ['key id absent', { key: undefined as never }],
    ['transcript', { transcript: flipped(terms.transcript, 31) }],
    ['roster', { roster: flipped(terms.roster, 7) }],
    ['log head', { logHead: flipped(terms.logHead, 0) }],
    ['descriptor version', { descriptor: { ...terms.descriptor!, version: 3 } }],
    ['descriptor hash', { descriptor: { ...terms.descriptor!, hash: flipped(terms.descriptor!.hash, 9) } }],
    ['ephemeral key', { ephemeral: x25519KeyPair(random(32)).publicKey }],
    ['a weak ephemeral key', { ephemeral: new Uint8Array(32) }],
    ['the lattice half of the encapsulation', { enc: flipped(good.enc, 0) }],
    ['the curve half of the encapsulation', { enc: flipped(good.enc, good.enc.length - 1) }],
    ['the encapsulation cut off', { enc: good.enc.subarray(0, -1) }],
    ['the first byte sealed', { sealed: flipped(good.sealed, 0) }],
    ['the last byte of the tag', { sealed: flipped(good.sealed, good.sealed.length - 1) }],
    ['the box cut off', { sealed: good.sealed.subarray(0, -1) }],
    ['an empty box', { sealed: EMPTY }]
  ]
  for (const [what, changes] of BOUND) {
    it(`with another ${what} is refused (R-604)`, () => {
      expect(checkOf({ ...good, ...changes })).to.equal(604)
    })
  }

  for (const who of ['channel', 'manager', 'requester'] as const) {
    it(`for another ${who} is refused (R-604)`, () => {
      expect(checkOf(good, { [who]: random(32) })).to.equal(604)
    })
  }

  it('is refused under another prekey or another one-time key (R-604)', () => {
    const others = Prekeys.create(random, NOW)
    expect(checkOf(good, {}, others.find(others.current.id)!)).to.equal(604)
    expect(checkOf(good, {}, prekey, x25519KeyPair(random(32)))).to.equal(604)
  })

  it('differs in its number of tries alone when it is repeated', () => {
    expect(checkOf({ ...good, attempt: 9 })).to.equal('none')
  })

  const UNFIT: readonly (readonly [what: string, changes: Partial<GrantContent>])[] = [
    ['an epoch secret of 31 bytes', { epochSecret: random(31) }],
    ['a path key too few', { pathKeys: random(96) }],
    ['a path key too many', { pathKeys: random(160) }],
    ['a leaf beyond its depth', { leaf: 8 }],
    ['another depth', { depth: 2 }]
  ]
  for (const [what, changes] of UNFIT) {
    it(`with ${what} is refused (R-605)`, () => {
      expect(checkOf(sealed(changes))).to.equal(605)
    })
  }

  const footing = { epochSecret: EMPTY, leaf: 0, depth: 0, pathKeys: EMPTY, init: random(32), control: random(32) }

  it('gives a key, or a footing without one', () => {
    expect(opened(sealed(footing))).to.deep.equal({ ...content, ...footing })
  })

  const NEITHER: readonly (readonly [what: string, changes: Partial<GrantContent>])[] = [
    ['neither key nor footing', { epochSecret: EMPTY }],
    ['a key and what only a footing has', { init: random(32) }],
    ['a key and the control key of a footing', { control: random(32) }],
    ['a key and a whole footing', { init: random(32), control: random(32) }],
    ['a footing without its control key', { ...footing, control: EMPTY }],
    ['a footing without what the next epoch follows from', { ...footing, init: EMPTY }],
    ['a footing of 31 bytes', { ...footing, init: random(31) }],
    ['a footing whose control key has 33', { ...footing, control: random(33) }],
    ['a footing and a leaf', { ...footing, leaf: 1 }],
    ['a footing and a depth', { ...footing, depth: 1 }],
    ['a footing and path keys', { ...footing, pathKeys: random(32) }]
  ]
  for (const [what, changes] of NEITHER) {
    it(`with ${what} is refused (R-605)`, () => {
      expect(checkOf(sealed(changes))).to.equal(605)
    })
  }

  it('cannot be sealed to an unusable one-time key or prekey', () => {
    const weak = sealGrant(terms, parties, content, prekeys.current, new Uint8Array(32), 0, random)
    expect(weak).to.equal(undefined)
    const bad = { ...prekeys.current, xwing: random(10) }
    expect(sealGrant(terms, parties, content, bad, oneTimeKey.publicKey, 0, random)).to.equal(undefined)
  })
})
