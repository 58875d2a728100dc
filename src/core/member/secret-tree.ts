/**
 * The secret tree below an epoch: one chain of message keys for each start of each sender, and what is used is gone.
 *
 * A puncturable tree (Goldreich, Goldwasser, Micali) over 48-bit points, a point being the hash of sender and boot nonce:
 * a new start of a sender needs nothing new from anybody, yet once its chain is taken no retained state leads to it again.
 * RFC 9420 §9 in spirit, keyed by (sender, boot) instead of a leaf index. A (key, counter) pair never comes twice: a boot
 * nonce is fresh for each start (protocol §4), a chain only moves on, and a sending chain cannot be stored.
 *
 * Looking takes nothing: `peek` gives a chain and a `commit` to call once a message of it has opened, so a forged frame
 * punctures nothing.
 */
import { UsageError } from '../../base/errors.ts'
import { derive, hash } from '../../crypto/kdf.ts'
import { LABEL } from '../../crypto/labels.ts'
import { ReceivingChain, SendingChain } from './secret-tree-chain.ts'

const SECRET_BYTES = 32

/** Levels of the tree. Two of 10,000 starts meet in one point with a chance of 2^-22; then the later one cannot be read. */
export const SECRET_TREE_DEPTH = 48

/**
 * Bound of the chains taken in one epoch, our own choice: every member of the largest roster (10,000), and restarts. k
 * chains leave at most k·(48 − ⌊log2 k⌋) + 1 nodes of 39 bytes exported, some 250 in memory: for 50 chains 84 kB and
 * 0.5 MB, at this bound 22 MB and 135 MB. The caller bounds the starts it takes from one sender, or one member could use
 * up what all share.
 */
export const MAX_CHAINS = 16_384

/** A chain that has been looked at and not yet taken. */
export interface PeekedChain {
  /** The chain at counter 0, for receiving. */
  readonly chain: ReceivingChain
  /** Takes the chain: from now on only `chain` leads to its keys. @returns false when it has been taken meanwhile. */
  commit(): boolean
}

const TREE_VERSION = 1
const TREE_HEAD_BYTES = 5
const NODE_NAME_BYTES = 7

/** The tree of one epoch: what is left of it. */
export class SecretTree {
  /**
   * Retained nodes by name: a one bit, then the path from the root. The root's name is 1, a child's twice its parent's
   * plus 0 or 1, a leaf's below 2^49. No retained node is above another.
   */
  readonly #nodes: Map<number, Uint8Array>
  #chains: number

  private constructor(nodes: Map<number, Uint8Array>, chains: number) {
    this.#nodes = nodes
    this.#chains = chains
  }

  /** @param readingSecret - 32 bytes of the epoch; copied, the caller must forget its own. */
  static from(readingSecret: Uint8Array): SecretTree {
    if (readingSecret.length !== SECRET_BYTES) throw new UsageError('BAD_LENGTH', 'a reading secret has 32 bytes')
    return new SecretTree(new Map([[1, readingSecret.slice()]]), 0)
  }

  /** A tree from which nothing can be read. */
  static empty(): SecretTree {
    return new SecretTree(new Map(), 0)
  }

  /** The epoch's reading secret while nothing has been taken yet, for checkers of what a thief would have. */
  get reading(): Uint8Array | undefined {
    return this.#nodes.get(1)
  }

  /** Whether nothing can be read by it. */
  get isEmpty(): boolean {
    return this.#nodes.size === 0
  }

  /** How many chains have been taken. */
  get chains(): number {
    return this.#chains
  }

  /**
   * The chain of one start of a sender, without taking it.
   *
   * @param sender - its user key, 32 bytes.
   * @param boot - its boot nonce, 16 bytes.
   * @returns undefined when it has been taken, or `MAX_CHAINS` have.
   */
  peek(sender: Uint8Array, boot: Uint8Array): PeekedChain | undefined {
    const walk = this.#walk(sender, boot)
    if (walk === undefined) return undefined
    return {
      chain: ReceivingChain.from(walk.first.slice()),
      commit: () => this.#puncture(this.#nodes.get(walk.top) === walk.topSecret ? walk : this.#walk(sender, boot))
    }
  }

  /**
   * Takes the chain of one start of a sender.
   *
   * @returns the chain at counter 0; undefined when it has been taken before, or `MAX_CHAINS` have.
   */
  chainFor(sender: Uint8Array, boot: Uint8Array): ReceivingChain | undefined {
    const peeked = this.peek(sender, boot)
    return peeked?.commit() ? peeked.chain : undefined
  }

  /**
   * Takes the chain of our own start, to send with.
   *
   * @returns as `chainFor`.
   */
  sendingChainFor(sender: Uint8Array, boot: Uint8Array): SendingChain | undefined {
    const walk = this.#walk(sender, boot)
    if (walk === undefined) return undefined
    const chain = SendingChain.from(walk.first.slice())
    this.#puncture(walk)
    return chain
  }

  /** Goes down to a point from the deepest retained node above it. */
  #walk(sender: Uint8Array, boot: Uint8Array): Walk | undefined {
    if (this.#chains >= MAX_CHAINS) return undefined
    const point = pointOf(sender, boot)
    let level = SECRET_TREE_DEPTH
    let name = 2 ** SECRET_TREE_DEPTH + point
    while (level > 0 && !this.#nodes.has(name)) {
      name = Math.floor(name / 2)
      level--
    }
    const topSecret = this.#nodes.get(name)
    if (topSecret === undefined) return undefined
    const top = name
    const siblings: [number, Uint8Array][] = []
    let secret = topSecret
    for (; level < SECRET_TREE_DEPTH; level++) {
      const children = derive(secret, LABEL.secretTreeChild, [], 2 * SECRET_BYTES)
      if (secret !== topSecret) secret.fill(0)
      const bit = Math.floor(point / 2 ** (SECRET_TREE_DEPTH - 1 - level)) % 2
      siblings.push([2 * name + 1 - bit, children.slice((1 - bit) * SECRET_BYTES, (2 - bit) * SECRET_BYTES)])
      secret = children.slice(bit * SECRET_BYTES, (bit + 1) * SECRET_BYTES)
      children.fill(0)
      name = 2 * name + bit
    }
    return { top, topSecret, siblings, first: derive(secret, LABEL.secretTreeChain, [sender, boot]) }
  }

  /** Keeps the siblings of a path and forgets the path. */
  #puncture(walk: Walk | undefined): boolean {
    if (walk === undefined) return false
    this.#nodes.delete(walk.top)
    walk.topSecret.fill(0)
    walk.first.fill(0)
    for (const [name, secret] of walk.siblings) this.#nodes.set(name, secret)
    this.#chains++
    return true
  }

  /** What is retained, for the store: version, chains taken (u32), then each node's name (7 bytes) and secret, ascending. */
  export(): Uint8Array {
    const names = [...this.#nodes.keys()].sort((a, b) => a - b)
    const bytes = new Uint8Array(TREE_HEAD_BYTES + names.length * (NODE_NAME_BYTES + SECRET_BYTES))
    const view = new DataView(bytes.buffer)
    bytes[0] = TREE_VERSION
    view.setUint32(1, this.#chains)
    let offset = TREE_HEAD_BYTES
    for (const name of names) {
      view.setUint32(offset, Math.floor(name / 2 ** 24))
      view.setUint16(offset + 4, Math.floor(name / 2 ** 8) % 2 ** 16)
      bytes[offset + 6] = name % 2 ** 8
      bytes.set(this.#nodes.get(name)!, offset + NODE_NAME_BYTES)
      offset += NODE_NAME_BYTES + SECRET_BYTES
    }
    return bytes
  }

  /** The tree `export` wrote, or undefined when the bytes are not one. */
  static import(bytes: Uint8Array): SecretTree | undefined {
    const size = NODE_NAME_BYTES + SECRET_BYTES
    if (bytes.length < TREE_HEAD_BYTES || bytes[0] !== TREE_VERSION) return undefined
    if ((bytes.length - TREE_HEAD_BYTES) % size !== 0) return undefined
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const nodes = new Map<number, Uint8Array>()
    let previous = 0
    for (let offset = TREE_HEAD_BYTES; offset < bytes.length; offset += size) {
      const name = view.getUint32(offset) * 2 ** 24 + view.getUint16(offset + 4) * 2 ** 8 + bytes[offset + 6]!
      if (name <= previous || name >= 2 ** (SECRET_TREE_DEPTH + 1)) return undefined
      previous = name
      nodes.set(name, bytes.slice(offset + NODE_NAME_BYTES, offset + size))
    }
    return new SecretTree(nodes, view.getUint32(1))
  }

  /** Overwrites what is retained: the epoch is over. */
  destroy(): void {
    for (const secret of this.#nodes.values()) secret.fill(0)
    this.#nodes.clear()
  }
}

/** A way from a retained node down to a point. */
interface Walk {
  readonly top: number
  readonly topSecret: Uint8Array
  /** What hangs off the way: name and secret. */
  readonly siblings: readonly (readonly [number, Uint8Array])[]
  /** First secret of the chain at the point. */
  readonly first: Uint8Array
}

/** The first 48 bits of the hash of sender and boot nonce. */
function pointOf(sender: Uint8Array, boot: Uint8Array): number {
  const digest = hash(LABEL.secretTreePoint, sender, boot)
  const view = new DataView(digest.buffer, digest.byteOffset, digest.length)
  return view.getUint32(0) * 2 ** 16 + view.getUint16(4)
}
