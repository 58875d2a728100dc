import { expect } from 'chai'
import { EMPTY, hex } from '../../../src/base/bytes.ts'
import {
  epochKeysOf,
  epochSecretOf,
  FIRST_TRANSCRIPT,
  isHigher,
  openAnnounced,
  openControl,
  rebuildLeafSecret,
  refreshLeafKey,
  sealAnnounced,
  sealControl,
  transcriptAfter
} from '../../../src/core/channel/key-schedule.ts'
import { sha256 } from '../../../src/crypto/kdf.ts'
import { type Announcement, Reason, type TreeUpdate, TreeUpdateKind } from '../../../src/wire/messages.ts'
import { randomOf } from '../bus.ts'

const bytes = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value)
const line = { channel: bytes(1), group: EMPTY }
const tree: TreeUpdate = {
  kind: TreeUpdateKind.PATH,
  depth: 2,
  added: [1],
  removed: [2],
  refreshed: [3],
  hasFreshRoot: false,
  present: bytes(3, 1),
  wraps: bytes(4, 80),
  termKey: bytes(5),
  encapsulations: bytes(6, 3)
}
const head: Announcement = {
  group: EMPTY,
  key: { term: 7, serial: 8, commitment: bytes(9, 16) },
  roster: bytes(10),
  logHead: bytes(11),
  descriptor: { version: 1, hash: bytes(12) },
  previous: bytes(13),
  reason: Reason.REMOVED,
  notAfter: 1_800_000_000_000,
  payload: bytes(14),
  chunks: [bytes(15)]
}
const transcript = transcriptAfter(FIRST_TRANSCRIPT, bytes(2), head, tree)

describe('the key schedule', () => {
  it('gives the frozen values', () => {
    const secret = epochSecretOf(bytes(0), bytes(16), transcript)
    const { init, control, reading, commitment } = epochKeysOf(secret, line, 7, 8)
    const values = [
      transcript,
      secret,
      init,
      control,
      reading,
      commitment,
      rebuildLeafSecret(bytes(17), line, 7, bytes(2)),
      refreshLeafKey(bytes(17), line, 7, 8, bytes(2))
    ]
    expect(values.map(hex)).to.deep.equal(FROZEN)
  })

  it('gives another epoch secret when init, root key or transcript is another', () => {
    const all = [
      epochSecretOf(bytes(1), bytes(2), bytes(3)),
      epochSecretOf(bytes(4), bytes(2), bytes(3)),
      epochSecretOf(bytes(1), bytes(4), bytes(3)),
      epochSecretOf(bytes(1), bytes(2), bytes(4)),
      epochSecretOf(bytes(2), bytes(1), bytes(3))
    ]
    expect(new Set(all.map(hex)).size).to.equal(all.length)
  })

  it('gives every key of its own to each purpose, channel, group, term and serial', () => {
    const variants = [
      epochKeysOf(bytes(1), line, 7, 8),
      epochKeysOf(bytes(2), line, 7, 8),
      epochKeysOf(bytes(1), { ...line, channel: bytes(3) }, 7, 8),
      epochKeysOf(bytes(1), { ...line, group: bytes(1, 16) }, 7, 8),
      epochKeysOf(bytes(1), line, 8, 8),
      epochKeysOf(bytes(1), line, 7, 9)
    ]
    const all = variants.flatMap(({ init, control, reading, commitment }) => [init, control, reading, commitment])
    expect(new Set(all.map((key) => hex(key.subarray(0, 16)))).size).to.equal(all.length)
  })

  it('has a transcript that covers issuer, the one before, the tree update and all of the head but commitment and payload', () => {
    const seen = new Set([hex(transcript)])
    const isNew = (value: Uint8Array): boolean => seen.size !== seen.add(hex(value)).size
    expect(isNew(transcriptAfter(bytes(1), bytes(2), head, tree))).to.equal(true)
    expect(isNew(transcriptAfter(FIRST_TRANSCRIPT, bytes(3), head, tree))).to.equal(true)
    const heads: Partial<Announcement>[] = [
      { group: bytes(1, 16) },
      { key: { ...head.key!, term: 8 } },
      { key: { ...head.key!, serial: 9 } },
      { roster: bytes(1) },
      { logHead: bytes(1) },
      { descriptor: { version: 2, hash: bytes(12) } },
      { descriptor: { version: 1, hash: bytes(1) } },
      { previous: bytes(1) },
      { reason: Reason.DEMAND },
      { notAfter: 1 },
      { chunks: [] },
      { chunks: [bytes(1)] }
    ]
    for (const fields of heads) {
      const value = transcriptAfter(FIRST_TRANSCRIPT, bytes(2), { ...head, ...fields }, tree)
      expect(isNew(value), Object.keys(fields).join()).to.equal(true)
    }
    const trees: Partial<TreeUpdate>[] = [
      { kind: TreeUpdateKind.STEP },
      { depth: 3 },
      { added: [] },
      { removed: [] },
      { refreshed: [] },
      { hasFreshRoot: true },
      { present: bytes(1, 1) },
      { wraps: bytes(1, 80) },
      { termKey: bytes(1) },
      { encapsulations: bytes(1, 3) }
    ]
    for (const fields of trees) {
      const value = transcriptAfter(FIRST_TRANSCRIPT, bytes(2), head, { ...tree, ...fields })
      expect(isNew(value), Object.keys(fields).join()).to.equal(true)
    }
    for (const fields of [{ payload: bytes(1) }, { key: { ...head.key!, commitment: bytes(1, 16) } }]) {
      expect(isNew(transcriptAfter(FIRST_TRANSCRIPT, bytes(2), { ...head, ...fields }, tree))).to.equal(false)
    }
  })

  it('gives each member of each term its own leaf secret of a rebuilt tree', () => {
    const all = [
      rebuildLeafSecret(bytes(1), line, 1, bytes(2)),
      rebuildLeafSecret(bytes(2), line, 1, bytes(2)),
      rebuildLeafSecret(bytes(1), { ...line, channel: bytes(9) }, 1, bytes(2)),
      rebuildLeafSecret(bytes(1), { ...line, group: bytes(9, 16) }, 1, bytes(2)),
      rebuildLeafSecret(bytes(1), line, 2, bytes(2)),
      rebuildLeafSecret(bytes(1), line, 1, bytes(3))
    ]
    expect(new Set(all.map(hex)).size).to.equal(all.length)
  })

  it('gives each member in each epoch its own refreshed leaf key, and none that a rebuild gives', () => {
    const all = [
      refreshLeafKey(bytes(1), line, 1, 1, bytes(2)),
      refreshLeafKey(bytes(2), line, 1, 1, bytes(2)),
      refreshLeafKey(bytes(1), { ...line, channel: bytes(9) }, 1, 1, bytes(2)),
      refreshLeafKey(bytes(1), { ...line, group: bytes(9, 16) }, 1, 1, bytes(2)),
      refreshLeafKey(bytes(1), line, 2, 1, bytes(2)),
      refreshLeafKey(bytes(1), line, 1, 2, bytes(2)),
      refreshLeafKey(bytes(1), line, 1, 1, bytes(3)),
      rebuildLeafSecret(bytes(1), line, 1, bytes(2))
    ]
    expect(new Set(all.map(hex)).size).to.equal(all.length)
  })

  it('seals the statements of an announcement for its own control key and line, 16 bytes longer than their size class', () => {
    const plaintext = randomOf('announced')(230)
    const sealed = sealAnnounced(bytes(1), line, plaintext)
    expect(sealed).to.have.length(256 + 16)
    expect(openAnnounced(bytes(1), line, sealed)).to.deep.equal(plaintext)
    expect(openAnnounced(bytes(2), line, sealed)).to.equal(undefined)
    expect(openAnnounced(bytes(1), { ...line, channel: bytes(2) }, sealed)).to.equal(undefined)
    expect(openAnnounced(bytes(1), { ...line, group: bytes(1, 16) }, sealed)).to.equal(undefined)
    expect(
      openAnnounced(
        bytes(1),
        line,
        sealed.map((byte, i) => (i === 9 ? byte ^ 1 : byte))
      )
    ).to.equal(undefined)
    expect(openAnnounced(bytes(1), line, EMPTY)).to.equal(undefined)
    expect(openControl(bytes(1), line, 'announcement', sealed)).to.equal(undefined)
  })

  it('seals for members what opens under the same key, line and purpose alone', () => {
    const random = randomOf('control')
    for (const length of [0, 1, 252, 253, 5_000]) {
      const plaintext = random(length)
      const sealed = sealControl(bytes(1), line, 'log', plaintext, random(32))
      expect(openControl(bytes(1), line, 'log', sealed)).to.deep.equal(plaintext)
      expect(openControl(bytes(2), line, 'log', sealed)).to.equal(undefined)
      expect(openControl(bytes(1), { ...line, channel: bytes(2) }, 'log', sealed)).to.equal(undefined)
      expect(openControl(bytes(1), { ...line, group: bytes(1, 16) }, 'log', sealed)).to.equal(undefined)
      expect(openControl(bytes(1), line, 'statements', sealed)).to.equal(undefined)
      for (let i = 0; i < sealed.length; i += 17) {
        const copy = sealed.slice()
        copy[i]! ^= 1
        expect(openControl(bytes(1), line, 'log', copy)).to.equal(undefined)
      }
    }
  })

  it('hides the length of what it seals within its class, and repeats no ciphertext', () => {
    const random = randomOf('classes')
    const sealed = (length: number): Uint8Array => sealControl(bytes(1), line, 'log', bytes(0, length), random(32))
    expect(sealed(1).length).to.equal(sealed(252).length)
    expect(sealed(253).length).to.equal(sealed(1020).length)
    expect(sealed(252).length).to.not.equal(sealed(253).length)
    expect(hex(sha256(sealed(5)))).to.not.equal(hex(sha256(sealed(5))))
  })

  it('orders epochs by term, then serial', () => {
    const pairs = [
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 3]
    ].map(([term, serial]) => ({ term: term!, serial: serial! }))
    for (const [i, a] of pairs.entries()) for (const [j, b] of pairs.entries()) expect(isHigher(a, b)).to.equal(i > j)
  })
})

const FROZEN: readonly string[] = [
  '9c461b2f6c3728436434e362ce1e35068d863635173f74068b9c2a4f91e09ce2',
  '16427cf29620f4cf0949488a18237f7baeff4013ed8e770c0b4981ecb9d4a51a',
  '707d07d1916df506b0a100b59b496f2988136407b79b861569880388f24f71ed',
  'a6fe988d66088fef5abdb6739baba72cfdc89d227b7bda27945618066736f159',
  'b8e83e158e56a1c731f991b40240b1bfbe86c2ad08adc07f7b08e95ca24fe785',
  '49037b172fc352b162ee36b54f265cb9',
  'aac698bbfc5ee58ba874646508e3448dc5ac3d2fd53fe6063889734ceca099fa',
  'a75c99067ef228d7ae0de09e9022a78cf70be5fb89f958dc923063bf47b5070b'
]
