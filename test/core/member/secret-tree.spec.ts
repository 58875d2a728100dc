import { assert } from 'chai'
import fc from 'fast-check'
import { hex, utf8 } from '../../../src/base/bytes.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { MAX_CHAINS, SECRET_TREE_DEPTH, SecretTree } from '../../../src/core/member/secret-tree.ts'
import {
  CHAIN_WINDOW,
  MAX_JUMP,
  MAX_SKIP,
  ReceivingChain,
  SendingChain
} from '../../../src/core/member/secret-tree-chain.ts'
import { derive, hash, sha256 } from '../../../src/crypto/kdf.ts'
import { LABEL } from '../../../src/crypto/labels.ts'

const RUNS = Number(process.env['NUM_RUNS'] ?? 100)

const READING = sha256(utf8('reading secret'))
const sender = (i: number): Uint8Array => sha256(utf8(`sender ${i}`))
const boot = (i: number): Uint8Array => sha256(utf8(`boot ${i}`)).subarray(0, 16)

/** What a sender's start leads to, computed the plain way: all secrets from the root to the leaf, and the first of the chain. */
function plainWay(who: Uint8Array, start: Uint8Array): { path: Uint8Array[]; first: Uint8Array } {
  const point = hash(LABEL.secretTreePoint, who, start)
  let secret = READING
  const path = [secret]
  for (let level = 0; level < SECRET_TREE_DEPTH; level++) {
    const isRight = ((point[level >>> 3]! >>> (7 - (level & 7))) & 1) === 1
    const children = derive(secret, LABEL.secretTreeChild, [], 64)
    secret = isRight ? children.slice(32) : children.slice(0, 32)
    path.push(secret)
  }
  return { path, first: derive(secret, LABEL.secretTreeChain, [who, start]) }
}

/** The first secrets of a chain and the message keys that go with them. */
function plainChain(first: Uint8Array, length: number): { secrets: Uint8Array[]; keys: Uint8Array[] } {
  const secrets = [first]
  for (let i = 1; i < length; i++) secrets.push(derive(secrets[i - 1]!, LABEL.chainNext, []))
  return { secrets, keys: secrets.map((secret) => derive(secret, LABEL.chainMessage, [])) }
}

const contains = (bytes: Uint8Array, secret: Uint8Array): boolean => Buffer.from(bytes).includes(Buffer.from(secret))

const shown = (key: Uint8Array | undefined): string | undefined => key && hex(key)

describe('core/member/secret-tree', function () {
  this.timeout(120_000 + 200 * RUNS)

  describe('tree', () => {
    it('gives the chain the definition gives', () => {
      const { first } = plainWay(sender(1), boot(1))
      const key = SecretTree.from(READING).chainFor(sender(1), boot(1))!.keyAt(0)
      assert.strictEqual(shown(key), hex(plainChain(first, 1).keys[0]!))
    })

    it('gives each chain once, in whatever order the senders come, across any export', () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(2), fc.boolean()), { maxLength: 20 }), (starts) => {
          let tree = SecretTree.from(READING)
          const taken = new Set<string>()
          for (const [who, start, isStored] of starts) {
            if (isStored) tree = SecretTree.import(tree.export())!
            const chain = tree.chainFor(sender(who), boot(start))
            const isFirst = !taken.has(`${who}/${start}`)
            taken.add(`${who}/${start}`)
            assert.strictEqual(chain !== undefined, isFirst)
            if (chain === undefined) continue
            const alone = SecretTree.from(READING).chainFor(sender(who), boot(start))!
            assert.strictEqual(shown(chain.keyAt(3)), shown(alone.keyAt(3)))
          }
          assert.strictEqual(tree.chains, taken.size)
        }),
        { numRuns: Math.ceil(RUNS / 2), seed: 1 }
      )
    })

    it('keeps nothing that leads to a chain taken: no secret of the path, none above, not the chain', () => {
      fc.assert(
        fc.property(fc.uniqueArray(fc.nat(1_000), { minLength: 1, maxLength: 12 }), (starts) => {
          const tree = SecretTree.from(READING)
          for (const i of starts) tree.chainFor(sender(i), boot(i))
          const bytes = tree.export()
          for (const i of starts) {
            const { path, first } = plainWay(sender(i), boot(i))
            for (const secret of [...path, first]) assert.isFalse(contains(bytes, secret))
          }
          // And the closure: no retained node is above a taken point, whatever its secret.
          const points = starts.map((i) =>
            BigInt(`0x${hex(hash(LABEL.secretTreePoint, sender(i), boot(i)).subarray(0, 6))}`)
          )
          for (let offset = 5; offset < bytes.length; offset += 39) {
            const node = BigInt(`0x${hex(bytes.subarray(offset, offset + 7))}`)
            const level = node.toString(2).length - 1
            for (const point of points) assert.notStrictEqual(((1n << 48n) + point) >> BigInt(48 - level), node)
          }
          assert.isAtMost((bytes.length - 5) / 39, starts.length * (48 - Math.floor(Math.log2(starts.length))) + 1)
        }),
        { numRuns: Math.ceil(RUNS / 2), seed: 2 }
      )
    })

    it('takes nothing by looking, and a chain looked at twice is taken once', () => {
      const tree = SecretTree.from(READING)
      const before = hex(tree.export())
      const [a, b, other] = [
        tree.peek(sender(1), boot(1))!,
        tree.peek(sender(1), boot(1))!,
        tree.peek(sender(2), boot(2))!
      ]
      assert.strictEqual(hex(tree.export()), before)
      assert.isTrue(other.commit())
      assert.isFalse(other.commit())
      assert.isTrue(b.commit())
      assert.isFalse(a.commit())
      assert.isUndefined(tree.peek(sender(1), boot(1)))
      const direct = SecretTree.from(READING)
      direct.chainFor(sender(2), boot(2))
      direct.chainFor(sender(1), boot(1))
      assert.strictEqual(hex(tree.export()), hex(direct.export()))
      assert.strictEqual(shown(b.chain.keyAt(0)), hex(plainChain(plainWay(sender(1), boot(1)).first, 1).keys[0]!))
    })

    it('lets another start of the same sender through, and takes our own like any other', () => {
      const tree = SecretTree.from(READING)
      const sending = tree.sendingChainFor(sender(1), boot(1))!
      assert.isUndefined(tree.sendingChainFor(sender(1), boot(1)))
      assert.isUndefined(tree.chainFor(sender(1), boot(1)))
      assert.isDefined(tree.chainFor(sender(1), boot(2)))
      const receiving = SecretTree.from(READING).chainFor(sender(1), boot(1))!
      for (let i = 0; i < 5; i++) {
        const { counter, key } = sending.next()
        assert.strictEqual(counter, i)
        assert.strictEqual(hex(key), shown(receiving.keyAt(counter)))
      }
    })

    it('copies the reading secret, and forgets everything when the epoch is over', () => {
      const reading = READING.slice()
      const tree = SecretTree.from(reading)
      reading.fill(0)
      const { first } = plainWay(sender(1), boot(1))
      assert.strictEqual(shown(tree.chainFor(sender(1), boot(1))?.keyAt(0)), hex(plainChain(first, 1).keys[0]!))
      assert.strictEqual(hex(READING), hex(sha256(utf8('reading secret'))), 'the caller’s bytes stay as they are')
      tree.destroy()
      assert.isUndefined(tree.chainFor(sender(2), boot(1)))
      assert.strictEqual(tree.export().length, 5)
      assert.throws(() => SecretTree.from(new Uint8Array(31)), UsageError)
    })

    it('stops at its bound of chains', () => {
      const bytes = SecretTree.from(READING).export()
      new DataView(bytes.buffer).setUint32(1, MAX_CHAINS - 1)
      const tree = SecretTree.import(bytes)!
      assert.isDefined(tree.chainFor(sender(1), boot(1)))
      assert.isUndefined(tree.chainFor(sender(2), boot(1)))
    })

    it('is not made from bytes that are no tree', () => {
      const tree = SecretTree.from(READING)
      tree.chainFor(sender(1), boot(1))
      const bytes = tree.export()
      assert.strictEqual(bytes.length, 5 + 48 * 39)
      assert.isUndefined(SecretTree.import(bytes.subarray(1)))
      assert.isUndefined(SecretTree.import(bytes.subarray(0, bytes.length - 1)))
      assert.isUndefined(SecretTree.import(new Uint8Array(0)))
      assert.isUndefined(SecretTree.import(bytes.map((byte, i) => (i === 5 ? 2 : byte))))
      assert.isUndefined(SecretTree.import(new Uint8Array([...bytes, ...bytes.subarray(5, 44)])))
    })
  })

  describe('chain', () => {
    const first = plainWay(sender(1), boot(1)).first
    const { secrets, keys } = plainChain(first, 4_200)
    const receiving = (): ReceivingChain => ReceivingChain.from(first.slice())

    /** Counters that wander: mostly small moves, now and then to an edge of the window or of the jump. */
    const walk = fc.array(
      fc.oneof(
        fc.integer({ min: -3, max: 3 }),
        fc.integer({ min: -CHAIN_WINDOW - 2, max: -CHAIN_WINDOW + 2 }),
        fc.integer({ min: MAX_JUMP - 2, max: MAX_JUMP + 2 }),
        fc.integer({ min: -1_100, max: 1_100 })
      ),
      { maxLength: 60 }
    )

    it('opens just what a naive window would open, in any order, across any export', () => {
      fc.assert(
        fc.property(walk, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (moves, stored) => {
          let chain = receiving()
          let highest = -1
          const used = new Set<number>()
          moves.forEach((move, i) => {
            const counter = highest + move
            if (counter >= keys.length) return
            const isOpen =
              counter >= 0 &&
              !used.has(counter) &&
              counter > highest - CHAIN_WINDOW &&
              counter <= highest + 1 + MAX_JUMP
            if (stored[i]) chain = ReceivingChain.import(chain.export())!
            assert.strictEqual(shown(chain.keyAt(counter)), isOpen ? hex(keys[counter]!) : undefined)
            if (!isOpen) return
            used.add(counter)
            highest = Math.max(highest, counter)
            assert.strictEqual(chain.counter, highest + 1)
          })
        }),
        { numRuns: RUNS, seed: 3 }
      )
    })

    it('keeps no secret that leads to a key used or out of the window', () => {
      fc.assert(
        fc.property(walk, (moves) => {
          const chain = receiving()
          const gone = new Set<number>()
          for (const move of moves) {
            const counter = chain.counter - 1 + move
            if (counter < keys.length && chain.keyAt(counter) !== undefined) gone.add(counter)
          }
          const bytes = chain.export()
          for (let i = 0; i < chain.counter; i++) {
            assert.isFalse(contains(bytes, secrets[i]!))
            const isKept = !gone.has(i) && i >= chain.counter - CHAIN_WINDOW
            assert.strictEqual(contains(bytes, keys[i]!), isKept)
          }
        }),
        { numRuns: Math.ceil(RUNS / 4), seed: 4 }
      )
    })

    it('opens every message once, whatever order a thousand of them come in', () => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const order = Array.from({ length: CHAIN_WINDOW }, (_, i) => i)
          order.sort((a, b) => Math.sin(seed + a) - Math.sin(seed + b))
          const chain = receiving()
          for (const counter of order) assert.strictEqual(shown(chain.keyAt(counter)), hex(keys[counter]!))
          for (const counter of order) assert.isUndefined(chain.keyAt(counter))
          assert.strictEqual(chain.export().length, 41)
        }),
        { numRuns: 5, seed: 5 }
      )
    })

    it('jumps as far as its bound, losing none of the messages passed over, and no farther', () => {
      const chain = receiving()
      assert.isUndefined(chain.keyAt(MAX_JUMP + 1))
      assert.isDefined(chain.keyAt(MAX_JUMP))
      for (let counter = 0; counter < MAX_JUMP; counter++) assert.isDefined(chain.peek(counter))
      assert.isUndefined(chain.keyAt(MAX_JUMP))
      assert.isDefined(chain.keyAt(MAX_JUMP + 1))
      assert.isUndefined(chain.keyAt(0), 'one behind the window')
      assert.isDefined(chain.keyAt(1), 'the last in the window')
    })

    it('takes nothing by looking, and a key looked at twice is used once', () => {
      const chain = receiving()
      chain.keyAt(4)
      const before = hex(chain.export())
      for (const counter of [0, 5, 700]) chain.peek(counter)
      assert.strictEqual(hex(chain.export()), before)
      const peeked = [2, 9, 9, 7, 2].map((counter) => chain.peek(counter)!)
      assert.deepEqual(
        peeked.map((one) => one.commit()),
        [true, true, false, true, false]
      )
      assert.strictEqual(hex(peeked[3]!.key), hex(keys[7]!))
      const direct = receiving()
      for (const counter of [4, 2, 9, 7]) direct.keyAt(counter)
      assert.strictEqual(hex(chain.export()), hex(direct.export()))
      const [ahead, nearer] = [chain.peek(15)!, chain.peek(12)!]
      assert.isTrue(nearer.commit() && ahead.commit())
      assert.isUndefined(chain.peek(12), 'what was used meanwhile stays used')
      assert.strictEqual(shown(chain.keyAt(16)), hex(keys[16]!))
    })

    it('does not let a key be used that fell out of the window after it was looked at', () => {
      const chain = receiving()
      chain.keyAt(1)
      const late = chain.peek(0)!
      for (let counter = 2; counter <= CHAIN_WINDOW; counter++) chain.keyAt(counter)
      assert.isFalse(late.commit())
    })

    it('skips on purpose as far as it is told, keeping the window', () => {
      const chain = receiving()
      chain.keyAt(0)
      chain.skipTo(4_000)
      assert.isUndefined(chain.keyAt(4_000 - CHAIN_WINDOW - 1))
      assert.strictEqual(shown(chain.peek(4_000 - CHAIN_WINDOW)?.key), hex(keys[4_000 - CHAIN_WINDOW]!))
      assert.isAtMost(chain.export().length, 41 + 36 * CHAIN_WINDOW)
      assert.isDefined(ReceivingChain.import(chain.export()))
      assert.strictEqual(shown(chain.keyAt(4_000)), hex(keys[4_000]!))
      assert.throws(() => chain.skipTo(4_000), UsageError)
      assert.throws(() => chain.skipTo(4_001 + MAX_SKIP + 1), UsageError)
      assert.throws(() => chain.skipTo(Number.NaN), UsageError)
    })

    it('refuses counters that are none', () => {
      for (const counter of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32]) {
        assert.isUndefined(receiving().peek(counter))
      }
    })

    it('ends at the last counter', () => {
      const bytes = receiving().export()
      new DataView(bytes.buffer).setBigUint64(1, 2n ** 32n - 1n)
      const chain = ReceivingChain.import(bytes)!
      assert.isDefined(chain.keyAt(2 ** 32 - 1))
      assert.isUndefined(chain.keyAt(2 ** 32))
      assert.isDefined(ReceivingChain.import(chain.export()))
      const sending = SendingChain.from(first.slice())
      sending.destroy()
      assert.throws(() => sending.next(), UsageError)
    })

    it('has no way to store a sending chain', () => {
      assert.notProperty(SendingChain.from(first.slice()), 'export')
      assert.notProperty(SendingChain, 'import')
    })

    it('is not made from bytes that are no chain', () => {
      const chain = receiving()
      chain.keyAt(3)
      const bytes = chain.export()
      const changed = (i: number, value: number): Uint8Array => bytes.map((byte, j) => (j === i ? value : byte))
      assert.isDefined(ReceivingChain.import(bytes))
      assert.isUndefined(ReceivingChain.import(bytes.subarray(1)))
      assert.isUndefined(ReceivingChain.import(bytes.subarray(0, bytes.length - 1)))
      assert.isUndefined(ReceivingChain.import(changed(0, 9)))
      const late = receiving().export()
      new DataView(late.buffer).setBigUint64(1, 2n ** 32n + 1n)
      assert.isUndefined(ReceivingChain.import(late), 'a counter too large')
      assert.isUndefined(ReceivingChain.import(changed(44, 1)), 'skipped keys that do not ascend')
      assert.isUndefined(ReceivingChain.import(changed(8, 1)), 'a skipped key that is ahead')
      assert.isUndefined(ReceivingChain.import(changed(7, 9)), 'a skipped key behind the window')
    })
  })
})
