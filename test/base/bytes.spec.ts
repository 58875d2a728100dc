import { inspect } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { assert, present } from '../../src/base/assert.ts'
import { base58, unbase58 } from '../../src/base/base58.ts'
import {
  base32,
  compareBytes,
  copyBytes,
  equalBytes,
  hex,
  joinBytes,
  mapKey,
  readUtf8,
  u32,
  u64,
  unbase32,
  unhex,
  utf8
} from '../../src/base/bytes.ts'
import { InternalError, PeerError, UsageError } from '../../src/base/errors.ts'
import { Secret } from '../../src/base/secret.ts'
import { channelIdText, channelOfTopic, readChannelId, topicOf } from '../../src/wire/names.ts'

const bytes = fc.uint8Array({ maxLength: 60 })

describe('bytes', () => {
  it('come back from every text form, and from no other spelling of it', () => {
    fc.assert(
      fc.property(bytes, (one) => {
        expect(unbase32(base32(one))).to.deep.equal(one)
        expect(unbase58(base58(one))).to.deep.equal(one)
        expect(unhex(hex(one))).to.deep.equal(one)
        if (one.length > 0) expect(unbase32(base32(one).toLowerCase())).to.equal(undefined)
      }),
      { numRuns: 200, seed: 1 }
    )
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ABCXYZ234567'), maxLength: 20 }), (text) => {
        const read = unbase32(text)
        if (read !== undefined) expect(base32(read)).to.equal(text)
      }),
      { numRuns: 500, seed: 2 }
    )
    for (const text of ['A', 'AB=', 'A1', '\u00c4', 'AAA']) expect(unbase32(text), text).to.equal(undefined)
    for (const text of ['0', 'O', 'I', 'l', ' ', '1'.repeat(129)]) expect(unbase58(text), text).to.equal(undefined)
  })

  it('are equal when they are, and ordered as their hexadecimal is', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const [x, y] = [hex(a), hex(b)]
        expect(equalBytes(a, b)).to.equal(x === y)
        expect(equalBytes(a, copyBytes(a))).to.equal(true)
        expect(Math.sign(compareBytes(a, b))).to.equal(x < y ? -1 : x > y ? 1 : 0)
        expect(mapKey(a) === mapKey(b)).to.equal(x === y)
      }),
      { numRuns: 500, seed: 3 }
    )
  })

  it('are copied, not shared', () => {
    const one = Uint8Array.of(1, 2, 3)
    const [copy, joined] = [copyBytes(one.subarray(1)), joinBytes(one, one)]
    one.fill(9)
    expect(copy).to.deep.equal(Uint8Array.of(2, 3))
    expect(joined).to.deep.equal(Uint8Array.of(1, 2, 3, 1, 2, 3))
  })

  it('are text only when they are UTF-8', () => {
    expect(readUtf8(utf8('Zo\u00eb \u{1F600}'))).to.equal('Zo\u00eb \u{1F600}')
    expect(readUtf8(utf8('\ufeffx'))).to.equal('\ufeffx')
    for (const bad of [[0xc3, 0x28], [0xff], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
      expect(readUtf8(Uint8Array.from(bad))).to.equal(undefined)
    }
  })

  it('of integers are big-endian', () => {
    expect(hex(u32(0x01020304))).to.equal('01020304')
    expect(hex(u64(2 ** 53 - 1))).to.equal('001fffffffffffff')
  })
})

describe('a topic', () => {
  it('names its channel and nothing else does', () => {
    const channel = new Uint8Array(32).fill(200)
    expect(channelOfTopic(topicOf(channel))).to.deep.equal(channel)
    expect(readChannelId(channelIdText(channel))).to.deep.equal(channel)
    const text = channelIdText(channel)
    for (const other of [text.toUpperCase(), text.slice(1), `${text}a`, '', `/conclave/1/${text}`]) {
      expect(readChannelId(other), other).to.equal(undefined)
    }
    for (const other of [`/conclave/2/${text}`, text, `/conclave/1/${text}/`, '/conclave/1/']) {
      expect(channelOfTopic(other), other).to.equal(undefined)
    }
  })
})

describe('a secret', () => {
  it('is never seen, only exposed', () => {
    const secret = new Secret(Uint8Array.of(222, 173))
    expect(
      `${secret} ${JSON.stringify({ secret })} ${inspect({ secret }, { showHidden: true, depth: 9 })}`
    ).to.not.match(/222|173|dead|3q0/)
    expect(String(secret)).to.equal('[secret]')
    expect(secret.equals(new Secret(Uint8Array.of(222, 173)))).to.equal(true)
    expect(secret.equals(new Secret(Uint8Array.of(222, 174)))).to.equal(false)
  })

  it('is gone once it is destroyed, wherever its bytes are held', () => {
    const held = Uint8Array.of(1, 2, 3)
    const secret = new Secret(held)
    secret.destroy()
    expect(secret.isDestroyed).to.equal(true)
    expect([...held]).to.deep.equal([0, 0, 0])
    expect(() => secret.expose()).to.throw(TypeError)
  })
})

describe('an error', () => {
  it('says whose fault it is by its class and its code', () => {
    const cause = new Error('below')
    expect(new UsageError('BAD_THING', 'x', { cause })).to.include({ code: 'BAD_THING', name: 'UsageError', cause })
    expect(new PeerError('BAD_BYTES', 'x')).to.be.instanceOf(Error).and.not.instanceOf(UsageError)
    expect(() => assert(false, 'a promise')).to.throw(InternalError, 'a promise')
    expect(() => present(undefined, 'it is there')).to.throw(InternalError)
    expect(present(0, 'it is there')).to.equal(0)
  })
})
