import { expect } from 'chai'
import fc from 'fast-check'
import * as panva from 'hpke'
import { EMPTY, utf8 } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import {
  contextExport,
  contextOpen,
  contextSeal,
  type HpkeContext,
  type HpkePsk,
  type HpkeSuite,
  hpkeKeySchedule,
  hpkeOpen,
  hpkeRecipient,
  hpkeSeal,
  hpkeSender
} from '../../src/crypto/hpke.ts'
import { KEM, type KemId, kemKeyPair, X_WING_AVAILABLE, x25519KeyPair, xWingKeyPair } from '../../src/crypto/kem.ts'
import { backends, field, flipped, readVectors } from './vectors.ts'

type Fields = Readonly<Record<string, string>>
type Vector = Readonly<Record<string, unknown>> & {
  readonly mode: number
  readonly kdf_id: HpkeSuite['kdf']
  readonly aead_id: HpkeSuite['aead']
  readonly encryptions: readonly (Fields & { readonly seq?: number })[]
  readonly exports: readonly (Fields & { readonly L: number })[]
}

const SEED = new Uint8Array(32).fill(1)
const EPHEMERAL = new Uint8Array(32).fill(2)
const PSK: HpkePsk = { psk: new Uint8Array(32).fill(3), pskId: utf8('one-time') }
const KEMS: readonly [KemId, string][] = [
  [KEM.X25519, 'X25519'],
  [KEM.X_WING, 'X-Wing']
]

const pskOf = (vector: Vector): { psk?: HpkePsk } =>
  vector.mode === 1 ? { psk: { psk: field(vector, 'psk'), pskId: field(vector, 'psk_id') } } : {}

function checkContext(vector: Vector, context: HpkeContext): void {
  expect(context.key).to.deep.equal(field(vector, 'key'))
  expect(context.baseNonce).to.deep.equal(field(vector, 'base_nonce'))
  expect(context.exporterSecret).to.deep.equal(field(vector, 'exporter_secret'))
  vector.encryptions.forEach((test, index) => {
    const [aad, plaintext, ciphertext] = ['aad', 'pt', 'ct'].map((name) => field(test, name)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array
    ]
    const sequence = test.seq ?? index
    expect(contextSeal(context, sequence, aad, plaintext)).to.deep.equal(ciphertext)
    expect(contextOpen(context, sequence, aad, ciphertext)).to.deep.equal(plaintext)
    expect(contextOpen(context, sequence + 1, aad, ciphertext)).to.equal(undefined)
    expect(contextOpen(context, sequence, aad, flipped(ciphertext, 77))).to.equal(undefined)
    expect(contextOpen(context, sequence, aad, ciphertext.subarray(0, 15))).to.equal(undefined)
  })
  for (const test of vector.exports) {
    const exported = contextExport(context, field(test, 'exporter_context'), test.L)
    expect(exported).to.deep.equal(field(test, 'exported_value'))
  }
}

describe('crypto/hpke', () => {
  before(function () {
    if (!X_WING_AVAILABLE) this.skip()
  })

  for (const backend of backends) {
    it(`every RFC 9180 vector of our KEM and modes has its published values on ${backend.name}`, () => {
      const vectors = readVectors<Vector[]>('hpke-rfc9180-x25519.json')
      expect(vectors).to.have.length(16)
      for (const vector of vectors) {
        const suite: HpkeSuite = { kdf: vector.kdf_id, aead: vector.aead_id }
        const info = field(vector, 'info')
        const recipient = x25519KeyPair(field(vector, 'skRm'), backend)
        expect(recipient.publicKey).to.deep.equal(field(vector, 'pkRm'))
        expect(recipient.decapsulate(field(vector, 'enc'))).to.deep.equal(field(vector, 'shared_secret'))
        const sender = hpkeSender(
          {
            kem: KEM.X25519,
            recipientPublicKey: recipient.publicKey,
            info,
            ephemeralSeed: field(vector, 'skEm'),
            ...pskOf(vector)
          },
          suite,
          backend
        )!
        expect(sender.enc).to.deep.equal(field(vector, 'enc'))
        checkContext(vector, sender.context)
        checkContext(vector, hpkeRecipient({ recipient, enc: sender.enc, info, ...pskOf(vector) }, suite)!)
      }
    })

    it(`the draft vector of X-Wing has its published values on ${backend.name}`, () => {
      const vectors = readVectors<Vector[]>('hpke-pq-xwing.json')
      expect(vectors).to.have.length(1)
      for (const vector of vectors) {
        const recipient = xWingKeyPair(field(vector, 'skRm'), backend)
        expect(recipient.publicKey).to.deep.equal(field(vector, 'pkRm'))
        const enc = field(vector, 'enc')
        expect(recipient.decapsulate(enc)).to.deep.equal(field(vector, 'shared_secret'))
        checkContext(vector, hpkeRecipient({ recipient, enc, info: field(vector, 'info') })!)
        checkContext(
          vector,
          hpkeKeySchedule(
            KEM.X_WING,
            { kdf: 1, aead: 3 },
            field(vector, 'shared_secret'),
            field(vector, 'info'),
            undefined
          )
        )
      }
    })
  }

  for (const [kem, name] of KEMS) {
    describe(`to ${name}`, () => {
      const suite = new panva.CipherSuite(
        kem === KEM.X25519 ? panva.KEM_DHKEM_X25519_HKDF_SHA256 : panva.KEM_MLKEM768_X25519,
        panva.KDF_HKDF_SHA256,
        panva.AEAD_ChaCha20Poly1305
      )
      const info = utf8('info')
      const aad = utf8('aad')
      const plaintext = utf8('attack at dawn')

      for (const [mode, psk] of [
        ['base', undefined],
        ['PSK', PSK]
      ] as const) {
        const withPsk = psk === undefined ? {} : { psk }

        it(`an independent implementation opens what we seal, mode ${mode}`, async () => {
          const { publicKey } = kemKeyPair(kem, SEED)
          const { enc, ciphertext } = hpkeSeal({
            kem,
            recipientPublicKey: publicKey,
            info,
            aad,
            plaintext,
            ephemeralSeed: EPHEMERAL,
            ...withPsk
          })!
          const key = {
            privateKey: await suite.DeserializePrivateKey(SEED),
            publicKey: await suite.DeserializePublicKey(publicKey)
          }
          const opened = await suite.Open(key, enc, ciphertext, { info, aad, ...psk })
          expect(opened).to.deep.equal(plaintext)
        })

        it(`we open what an independent implementation seals, mode ${mode}`, async () => {
          const recipient = kemKeyPair(kem, SEED)
          const key = await suite.DeserializePublicKey(recipient.publicKey)
          const { encapsulatedSecret: enc, ciphertext } = await suite.Seal(key, plaintext, { info, aad, ...psk })
          expect(hpkeOpen({ recipient, enc, info, aad, ciphertext, ...withPsk })).to.deep.equal(plaintext)
        })

        it(`a box with any bit flipped, or of any other making, does not open, mode ${mode}`, () => {
          const recipient = kemKeyPair(kem, SEED)
          const other = kemKeyPair(kem, EPHEMERAL)
          const made = hpkeSeal({
            kem,
            recipientPublicKey: recipient.publicKey,
            info,
            aad,
            plaintext,
            ephemeralSeed: EPHEMERAL,
            ...withPsk
          })!
          const box = { recipient, info, aad, ...made, ...withPsk }
          expect(hpkeOpen(box)).to.deep.equal(plaintext)
          fc.assert(
            fc.property(fc.nat(), (bit) => {
              expect(hpkeOpen({ ...box, enc: flipped(made.enc, bit) })).to.equal(undefined)
              expect(hpkeOpen({ ...box, ciphertext: flipped(made.ciphertext, bit) })).to.equal(undefined)
              expect(hpkeOpen({ ...box, info: flipped(info, bit) })).to.equal(undefined)
              expect(hpkeOpen({ ...box, aad: flipped(aad, bit) })).to.equal(undefined)
              const { psk: key, pskId } = PSK
              expect(hpkeOpen({ ...box, psk: { psk: flipped(key, bit), pskId } })).to.equal(undefined)
              expect(hpkeOpen({ ...box, psk: { psk: key, pskId: flipped(pskId, bit) } })).to.equal(undefined)
            }),
            { numRuns: 30 }
          )
          expect(hpkeOpen({ ...box, recipient: other })).to.equal(undefined)
          const { psk: _, ...base } = box
          const crossed = psk === undefined ? { ...base, psk: PSK } : base
          expect(hpkeOpen(crossed)).to.equal(undefined)
        })
      }

      it('an unusable recipient key gives no box', () => {
        for (const recipientPublicKey of [EMPTY, new Uint8Array(32), new Uint8Array(1216), new Uint8Array(31)]) {
          expect(hpkeSeal({ kem, recipientPublicKey, info, aad, plaintext, ephemeralSeed: EPHEMERAL })).to.equal(
            undefined
          )
        }
      })

      it('any bytes of any length are answered, never thrown at', () => {
        const recipient = kemKeyPair(kem, SEED)
        const { enc, ciphertext } = hpkeSeal({
          kem,
          recipientPublicKey: recipient.publicKey,
          info,
          aad,
          plaintext,
          ephemeralSeed: EPHEMERAL
        })!
        fc.assert(
          fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
            expect(hpkeOpen({ recipient, enc: noise, info, aad, ciphertext })).to.equal(undefined)
            expect(hpkeOpen({ recipient, enc, info, aad, ciphertext: noise })).to.equal(undefined)
          })
        )
      })
    })
  }

  it('a short psk or an empty psk id is the caller’s fault', () => {
    const recipient = x25519KeyPair(SEED)
    const box = { recipient, enc: recipient.publicKey, info: EMPTY, aad: EMPTY, ciphertext: new Uint8Array(16) }
    for (const psk of [
      { psk: new Uint8Array(31), pskId: PSK.pskId },
      { psk: EMPTY, pskId: PSK.pskId },
      { psk: PSK.psk, pskId: EMPTY }
    ]) {
      expect(() => hpkeOpen({ ...box, psk }))
        .to.throw(UsageError)
        .with.property('code', 'BAD_PSK')
      expect(() =>
        hpkeSeal({
          kem: KEM.X25519,
          recipientPublicKey: recipient.publicKey,
          info: EMPTY,
          aad: EMPTY,
          plaintext: EMPTY,
          psk,
          ephemeralSeed: EPHEMERAL
        })
      )
        .to.throw(UsageError)
        .with.property('code', 'BAD_PSK')
    }
  })

  it('an export-only suite seals nothing', () => {
    const context = hpkeKeySchedule(KEM.X25519, { kdf: 1, aead: 0xffff }, SEED.slice(), EMPTY)
    expect(() => contextSeal(context, 0, EMPTY, EMPTY)).to.throw(UsageError)
    expect(() => contextOpen(context, 0, EMPTY, new Uint8Array(16))).to.throw(UsageError)
  })
})
