import { createHash, createHmac } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { EMPTY, equalBytes, hex, joinBytes, utf8 } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { derive, deriveTwo, hash, hkdfExpand, hkdfExtract, hmacSha256, mac, sha256 } from '../../src/crypto/kdf.ts'
import { framed, LABEL } from '../../src/crypto/labels.ts'
import { backends, field, readWycheproof } from './vectors.ts'

const SECRET = new Uint8Array(32).fill(5)

describe('crypto/kdf', () => {
  it('every Wycheproof HKDF-SHA256 vector has its published result', () => {
    let count = 0
    for (const group of readWycheproof('hkdf_sha256')) {
      for (const test of group.tests) {
        if (test.result === 'acceptable') continue
        count++
        const make = (): Uint8Array =>
          hkdfExpand(hkdfExtract(field(test, 'salt'), field(test, 'ikm')), field(test, 'info'), Number(test['size']))
        if (test.result === 'valid') expect(make(), `tcId ${test.tcId}`).to.deep.equal(field(test, 'okm'))
        else expect(make, `tcId ${test.tcId}`).to.throw(UsageError)
      }
    }
    expect(count).to.equal(86)
  })

  it('the short hash of every back end is SHA-256', () => {
    for (let length = 0; length <= 300; length++) {
      const message = Uint8Array.from({ length }, (_, i) => i * 7 + length)
      const expected = createHash('sha256').update(message).digest('hex')
      for (const backend of backends) {
        const output = new Uint8Array(32)
        backend.shortHash(output, message)
        expect(hex(output), backend.name).to.equal(expected)
      }
      expect(hex(sha256(message))).to.equal(expected)
    }
  })

  it('BLAKE2b of every back end has the result published in RFC 7693, and that of the platform for every length', () => {
    const published =
      'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1' +
      '7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923'
    for (const backend of backends) {
      const output = new Uint8Array(64)
      backend.blake2b(output, utf8('abc'))
      expect(hex(output), backend.name).to.equal(published)
      for (let length = 0; length <= 300; length++) {
        const message = Uint8Array.from({ length }, (_, i) => i * 7 + length)
        backend.blake2b(output, message)
        expect(hex(output), backend.name).to.equal(createHash('blake2b512').update(message).digest('hex'))
      }
    }
  })

  it('two keys at once are the halves of one BLAKE2b over label, secret and context, framed', () => {
    const expected = (...parts: Uint8Array[]): string =>
      createHash('blake2b512')
        .update(framed(LABEL.frameSign, ...parts))
        .digest('hex')
    const made = (secret: Uint8Array, ...context: Uint8Array[]): string =>
      deriveTwo(LABEL.frameSign, secret, ...context)
        .map(hex)
        .join('')
    const context = utf8('ab')
    expect(made(SECRET)).to.equal(expected(SECRET))
    expect(made(SECRET, context)).to.equal(expected(SECRET, context))
    expect(made(SECRET, utf8('a'), utf8('b'))).to.equal(expected(SECRET, utf8('a'), utf8('b')))
    expect(made(joinBytes(SECRET, context))).to.not.equal(made(SECRET, context))
    expect([SECRET, context]).to.deep.equal([new Uint8Array(32).fill(5), utf8('ab')])
    expect(() => deriveTwo(LABEL.frameSign, SECRET.subarray(1))).to.throw(UsageError)
  })

  it('every Wycheproof HMAC-SHA256 vector has its published result', () => {
    let count = 0
    for (const group of readWycheproof('hmac_sha256')) {
      for (const test of group.tests) {
        if (test.result === 'acceptable') continue
        count++
        const tag = field(test, 'tag')
        const made = hmacSha256(field(test, 'key'), field(test, 'msg')).subarray(0, tag.length)
        expect(equalBytes(made, tag), `tcId ${test.tcId}`).to.equal(test.result === 'valid')
      }
    }
    expect(count).to.equal(174)
  })

  it('HMAC agrees with the platform’s for every length of key and message, call after call', () => {
    for (const keyLength of [0, 1, 31, 32, 63, 64, 65, 200]) {
      for (const length of [0, 1, 55, 64, 1023, 1024, 1025, 5000]) {
        const key = new Uint8Array(keyLength).fill(3)
        const text = new Uint8Array(length).fill(4)
        const expected = new Uint8Array(createHmac('sha256', key).update(text).digest())
        expect(hmacSha256(key, text), `${keyLength} ${length}`).to.deep.equal(expected)
        expect(hmacSha256(key, text.subarray(0, length >> 1), text.subarray(length >> 1))).to.deep.equal(expected)
      }
    }
  })

  it('the parts of sha256 are hashed one after another', () => {
    const digest = createHash('sha256').update('abc').digest('hex')
    expect(hex(sha256(utf8('abc')))).to.equal(digest)
    expect(hex(sha256(utf8('a'), EMPTY, utf8('bc')))).to.equal(digest)
    expect(hex(sha256())).to.equal(createHash('sha256').digest('hex'))
  })

  it('a label and framing are in every hash, mac and derived key', () => {
    const parts = [utf8('a'), utf8('bc')]
    expect(hash(LABEL.frameSign, ...parts)).to.deep.equal(sha256(framed(LABEL.frameSign, ...parts)))
    expect(mac(SECRET, LABEL.frameSign, ...parts)).to.deep.equal(hmacSha256(SECRET, framed(LABEL.frameSign, ...parts)))
    expect(hash(LABEL.frameSign, utf8('ab'), utf8('c'))).to.not.deep.equal(hash(LABEL.frameSign, ...parts))
    expect(mac(SECRET, LABEL.frameSign, utf8('ab'), utf8('c'))).to.not.deep.equal(
      mac(SECRET, LABEL.frameSign, ...parts)
    )
    expect(derive(SECRET, LABEL.frameSign, [utf8('ab'), utf8('c')])).to.not.deep.equal(
      derive(SECRET, LABEL.frameSign, parts)
    )
    expect(derive(SECRET, LABEL.frameSign, EMPTY)).to.not.deep.equal(derive(SECRET, LABEL.atRestKey, EMPTY))
  })

  it('one context is the list of that one part', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (context) => {
        expect(derive(SECRET, LABEL.atRestKey, context)).to.deep.equal(derive(SECRET, LABEL.atRestKey, [context]))
      })
    )
  })

  it('a shorter key is never the beginning of a longer one', () => {
    const long = derive(SECRET, LABEL.atRestKey, EMPTY, 64)
    expect(long).to.have.length(64)
    expect(long.slice(0, 32)).to.not.deep.equal(derive(SECRET, LABEL.atRestKey, EMPTY))
    expect(derive(SECRET, LABEL.atRestKey, EMPTY, 16)).to.not.deep.equal(long.slice(0, 16))
  })

  it('results are independent bytes, whatever is computed next', () => {
    const first = derive(SECRET, LABEL.atRestKey, EMPTY)
    const copy = first.slice()
    hmacSha256(SECRET, new Uint8Array(900))
    sha256(SECRET)
    expect(first).to.deep.equal(copy)
    expect(Object.getPrototypeOf(first)).to.equal(Uint8Array.prototype)
    expect(joinBytes(first)).to.have.length(32)
  })

  it('a short secret is the caller’s fault', () => {
    expect(() => derive(new Uint8Array(31), LABEL.atRestKey, EMPTY)).to.throw(UsageError)
    expect(() => mac(new Uint8Array(31), LABEL.atRestKey)).to.throw(UsageError)
  })

  it('a length HKDF cannot give is the caller’s fault', () => {
    for (const length of [-1, 8161, 1.5, Number.NaN])
      expect(() => hkdfExpand(SECRET, EMPTY, length)).to.throw(UsageError)
    expect(hkdfExpand(SECRET, EMPTY, 8160)).to.have.length(8160)
    expect(hkdfExpand(SECRET, EMPTY, 0)).to.have.length(0)
  })
})
