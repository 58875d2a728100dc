import { expect } from 'chai'
import fc from 'fast-check'
import { EMPTY, utf8 } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import {
  AEAD_TAG_BYTES,
  AT_REST_OVERHEAD_BYTES,
  aesUnwrap,
  aesWrap,
  open,
  openAtRest,
  openWith,
  seal,
  sealAtRest,
  sealWith,
  unwrapKey,
  wrapKey
} from '../../src/crypto/aead.ts'
import { type Backend, nodeCrypto } from '../../src/crypto/backends.ts'
import { backends, field, flipped, readVectors, readWycheproof } from './vectors.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const bytes12 = fc.uint8Array({ minLength: 12, maxLength: 12 })
const someBytes = fc.uint8Array({ maxLength: 400 })
const KEY = new Uint8Array(32).fill(1)
const NONCE = new Uint8Array(12).fill(2)

describe('crypto/aead', () => {
  for (const backend of backends) {
    describe(`on ${backend.name}`, () => {
      it('every Wycheproof ChaCha20-Poly1305 vector has its published result', () => {
        let count = 0
        for (const group of readWycheproof('chacha20_poly1305')) {
          for (const test of group.tests) {
            if (test.result === 'acceptable') continue
            count++
            const key = field(test, 'key')
            const nonce = field(test, 'iv')
            const aad = field(test, 'aad')
            const plaintext = field(test, 'msg')
            const ciphertext = Uint8Array.of(...field(test, 'ct'), ...field(test, 'tag'))
            if (nonce.length !== 12) {
              expect(test.result).to.equal('invalid')
              expect(() => openWith(backend, key, nonce, aad, ciphertext)).to.throw(UsageError)
              continue
            }
            const opened = openWith(backend, key, nonce, aad, ciphertext)
            expect(opened, `tcId ${test.tcId}`).to.deep.equal(test.result === 'valid' ? plaintext : undefined)
            if (test.result === 'valid') {
              expect(sealWith(backend, key, nonce, aad, plaintext), `tcId ${test.tcId}`).to.deep.equal(ciphertext)
            }
          }
        }
        expect(count).to.equal(325)
      })

      it('what is sealed opens, and with any bit flipped it does not', () => {
        fc.assert(
          fc.property(bytes32, bytes12, someBytes, someBytes, fc.nat(), (key, nonce, aad, plaintext, bit) => {
            const sealed = sealWith(backend, key, nonce, aad, plaintext)
            expect(sealed.length).to.equal(plaintext.length + AEAD_TAG_BYTES)
            expect(openWith(backend, key, nonce, aad, sealed)).to.deep.equal(plaintext)
            expect(openWith(backend, key, nonce, aad, flipped(sealed, bit))).to.equal(undefined)
            expect(openWith(backend, flipped(key, bit), nonce, aad, sealed)).to.equal(undefined)
            expect(openWith(backend, key, flipped(nonce, bit), aad, sealed)).to.equal(undefined)
            if (aad.length > 0) expect(openWith(backend, key, nonce, flipped(aad, bit), sealed)).to.equal(undefined)
            for (const other of backends) {
              expect(sealWith(other, key, nonce, aad, plaintext)).to.deep.equal(sealed)
            }
          })
        )
      })

      it('a ciphertext of any length is answered, never thrown at', () => {
        fc.assert(
          fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
            expect(openWith(backend, KEY, NONCE, EMPTY, noise)).to.equal(undefined)
          })
        )
      })
    })
  }

  it('a ciphertext shorter than its tag is refused before any library is asked', () => {
    const credulous: Backend = { ...nodeCrypto, aeadOpen: () => EMPTY }
    expect(openWith(credulous, KEY, NONCE, EMPTY, new Uint8Array(15))).to.equal(undefined)
    expect(openWith(credulous, KEY, NONCE, EMPTY, new Uint8Array(16))).to.equal(EMPTY)
  })

  it('a key or nonce of another length is the caller’s fault', () => {
    for (const [key, nonce] of [
      [new Uint8Array(31), NONCE],
      [new Uint8Array(33), NONCE],
      [KEY, new Uint8Array(11)],
      [KEY, new Uint8Array(24)]
    ] as const) {
      expect(() => seal(key, nonce, EMPTY, EMPTY)).to.throw(UsageError)
      expect(() => open(key, nonce, EMPTY, new Uint8Array(32))).to.throw(UsageError)
    }
  })

  describe('at rest', () => {
    it('what is sealed opens under its key and context only, and with any bit flipped not at all', () => {
      fc.assert(
        fc.property(bytes32, someBytes, someBytes, bytes32, fc.nat(), (key, context, plaintext, salt, bit) => {
          const sealed = sealAtRest(key, context, plaintext, salt)
          expect(sealed.length).to.equal(plaintext.length + AT_REST_OVERHEAD_BYTES)
          expect(openAtRest(key, context, sealed)).to.deep.equal(plaintext)
          expect(openAtRest(key, context, flipped(sealed, bit))).to.equal(undefined)
          expect(openAtRest(flipped(key, bit), context, sealed)).to.equal(undefined)
          expect(openAtRest(key, Uint8Array.of(...context, 0), sealed)).to.equal(undefined)
        })
      )
    })

    it('a fresh salt gives another key: two sealings of one value share nothing', () => {
      const one = sealAtRest(KEY, EMPTY, new Uint8Array(64), new Uint8Array(32).fill(1)).subarray(32)
      const two = sealAtRest(KEY, EMPTY, new Uint8Array(64), new Uint8Array(32).fill(2)).subarray(32)
      for (let i = 0; i + 8 <= one.length; i += 8) expect(one.slice(i, i + 8)).to.not.deep.equal(two.slice(i, i + 8))
    })

    it('bytes too short to be sealed are refused', () => {
      for (let length = 0; length < AT_REST_OVERHEAD_BYTES; length++) {
        expect(openAtRest(KEY, EMPTY, new Uint8Array(length))).to.equal(undefined)
      }
    })

    it('a salt or key of another length is the caller’s fault', () => {
      expect(() => sealAtRest(KEY, EMPTY, EMPTY, new Uint8Array(31))).to.throw(UsageError)
      expect(() => sealAtRest(new Uint8Array(33), EMPTY, EMPTY, KEY)).to.throw(UsageError)
      expect(() => openAtRest(new Uint8Array(33), EMPTY, new Uint8Array(99))).to.throw(UsageError)
    })
  })

  describe('key wrap', () => {
    it('every example of RFC 3394 §4 has its published result', () => {
      const vectors = readVectors<Record<string, string>[]>('rfc3394-aes-kw.json')
      expect(vectors).to.have.length(6)
      for (const vector of vectors) {
        const kek = field(vector, 'kek')
        expect(aesWrap(kek, field(vector, 'key'))).to.deep.equal(field(vector, 'wrapped'))
        expect(aesUnwrap(kek, field(vector, 'wrapped'))).to.deep.equal(field(vector, 'key'))
      }
    })

    it('every Wycheproof AES-KW vector has its published result', () => {
      let count = 0
      for (const group of readWycheproof('aes_wrap')) {
        for (const test of group.tests) {
          if (test.result === 'acceptable') continue
          count++
          const kek = field(test, 'key')
          const unwrapped = aesUnwrap(kek, field(test, 'ct'))
          const valid = test.result === 'valid'
          expect(unwrapped, `tcId ${test.tcId}`).to.deep.equal(valid ? field(test, 'msg') : undefined)
          if (valid) expect(aesWrap(kek, field(test, 'msg'))).to.deep.equal(field(test, 'ct'))
        }
      }
      expect(count).to.equal(162)
    })

    it('a wrapped key unwraps under its own key only, and with any bit flipped not at all', () => {
      fc.assert(
        fc.property(bytes32, bytes32, fc.nat(), (kek, key, bit) => {
          const wrapped = wrapKey(kek, key)
          expect(wrapped.length).to.equal(40)
          expect(unwrapKey(kek, wrapped)).to.deep.equal(key)
          expect(unwrapKey(kek, flipped(wrapped, bit))).to.equal(undefined)
          expect(unwrapKey(flipped(kek, bit), wrapped)).to.equal(undefined)
        })
      )
    })

    it('a well-wrapped payload of another size than a key is refused', () => {
      for (const size of [16, 24, 40]) expect(unwrapKey(KEY, aesWrap(KEY, new Uint8Array(size)))).to.equal(undefined)
      for (let size = 0; size < 60; size++) expect(unwrapKey(KEY, new Uint8Array(size))).to.equal(undefined)
    })

    it('an empty payload and lengths out of step are refused', () => {
      for (const size of [0, 8, 15, 17]) expect(() => aesWrap(KEY, new Uint8Array(size))).to.throw(UsageError)
      for (let size = 0; size < 60; size++) expect(aesUnwrap(KEY, new Uint8Array(size).fill(0xa6))).to.equal(undefined)
      expect(() => aesWrap(utf8('short'), KEY)).to.throw(UsageError)
      expect(() => wrapKey(new Uint8Array(16), KEY)).to.throw(UsageError)
      expect(() => wrapKey(KEY, new Uint8Array(16))).to.throw(UsageError)
      expect(() => unwrapKey(new Uint8Array(16), new Uint8Array(40))).to.throw(UsageError)
    })
  })
})
