/**
 * A few members of a crowd that are real: the core's own code follows the same announcements, and has to agree.
 *
 * One of them, the reader, adopts each epoch as a member does: form, signatures and certificate, tree, key schedule and
 * commitment, statements, log and roster (`readAnnouncement`, `followAnnouncement`). The others have a `MemberTree` each.
 * Only what keys of the tree are, terms, they share with the crowd.
 */
import { present } from '../../base/assert.ts'
import { EMPTY, equalBytes } from '../../base/bytes.ts'
import {
  type CheckedAnnouncement,
  confirmKeys,
  openStatements,
  readAnnouncement,
  wrapsInChunks
} from '../../core/channel/announcement.ts'
import type { Context } from '../../core/channel/context.ts'
import { ControlLog, type LogPreview } from '../../core/channel/control-log.ts'
import { readFrame } from '../../core/channel/frame.ts'
import { MemberTree } from '../../core/channel/key-tree-member.ts'
import { epochOf, type Followed, followAnnouncement } from '../../core/member/follow.ts'
import type { Epoch } from '../../core/member/keyring.ts'
import { Refusal } from '../../core/reject.ts'
import type { CrowdEpoch } from './office.ts'
import { keyOf, type Terms, termOf } from './terms.ts'

export class Witnesses {
  readonly #terms: Terms
  readonly #isWitness: (peer: number) => boolean
  readonly #reader: number
  readonly #onDisagreement: (words: string) => void
  readonly #trees = new Map<number, MemberTree | undefined>()
  #context: Context | undefined
  readonly #epochs: CrowdEpoch[] = []
  /** Of the reader: the epoch it holds, and how many epochs its log covers. */
  #epoch: Epoch | undefined
  #covered = 0
  /** How often they agreed. */
  agreements = 0

  /**
   * @param isWitness - who has a real tree.
   * @param reader - the one that reads everything; −1: nobody.
   * @param onDisagreement - told what was not as in the crowd.
   */
  constructor(
    terms: Terms,
    isWitness: (peer: number) => boolean,
    reader: number,
    onDisagreement: (words: string) => void
  ) {
    this.#terms = terms
    this.#isWitness = isWitness
    this.#reader = reader
    this.#onDisagreement = onDisagreement
  }

  /** @param context - the reader's own, with an empty log. */
  begin(context: Context): void {
    context.log = new ControlLog(context.charter)
    this.#context = context
  }

  onEpoch(epoch: CrowdEpoch): void {
    this.#epochs.push(epoch)
  }

  onGranted(peer: number, epoch: CrowdEpoch): void {
    const place = epoch.granted.get(peer)
    if (!this.#isWitness(peer) || place === undefined) return
    const keys = new Uint8Array(32 * place.path.length)
    for (const [level, term] of place.path.entries()) keys.set(keyOf(term), 32 * level)
    const tree = MemberTree.fromGrant(place.leaf, place.path.length - 1, keys, this.#terms.cipher)
    this.#trees.set(peer, tree)
    if (peer !== this.#reader) return
    const { keys: epochKeys, transcript } = epoch.issued
    const read = this.#read(epoch)
    // A grant comes with the log that it stands on.
    const { log } = present(this.#context, 'it has begun')
    while (this.#covered <= epoch.index) {
      const preview = log.preview(this.#epochs[this.#covered++]!.statements)
      if (preview instanceof Refusal) this.#disagree(epoch, `R-${preview.check}`)
      else log.commit(preview)
    }
    // The exporter and what else is not used here may be overwritten by its owner.
    if (read !== undefined) this.#epoch = epochOf(read, { keys: { ...epochKeys }, transcript }, tree)
  }

  /** A member of the crowd has followed to an epoch: so does the real one. */
  onAdopted(peer: number, epoch: CrowdEpoch): void {
    const tree = this.#trees.get(peer)
    if (tree === undefined || epoch.granted.has(peer)) return
    const next = peer === this.#reader ? this.#adopt(peer, epoch) : this.#apply(peer, tree, epoch)
    this.#trees.set(peer, next)
    if (next !== undefined && termOf(next.rootKey) === epoch.root) this.agreements++
    else this.#disagree(epoch, `the tree of peer ${peer} has another root`)
  }

  #apply(peer: number, tree: MemberTree, { read, rebuilt, term, serial }: CrowdEpoch): MemberTree | undefined {
    const context = { channel: present(this.#context, 'it has begun').channel, group: EMPTY, term, serial }
    if (rebuilt === undefined) return tree.apply(read.update, context)
    const place = rebuilt.get(peer)
    if (place?.secret === undefined) return undefined
    return MemberTree.fromRebuild(read.update, place.leaf, keyOf(place.secret), context, {}, this.#terms.cipher)
  }

  /** As `Succession` does it. What a rebuilt tree rests on is a term here, and no Diffie-Hellman of prekeys. */
  #adopt(peer: number, epoch: CrowdEpoch): MemberTree | undefined {
    const context = present(this.#context, 'it has begun')
    const current = this.#epoch
    const read = this.#read(epoch)
    if (current === undefined || read === undefined) return undefined
    const chunkAt = (index: number): Uint8Array | undefined => epoch.issued.chunks[index]?.body.chunk?.data
    const followed =
      epoch.rebuilt === undefined
        ? followAnnouncement(context, current, read, chunkAt)
        : this.#followRebuilt(peer, epoch, read, current)
    if (followed instanceof Refusal) {
      this.#disagree(epoch, `R-${followed.check} at peer ${peer}`)
      return undefined
    }
    context.log.commit(followed.preview)
    this.#covered++
    this.#epoch = followed.epoch
    return followed.epoch.tree
  }

  #followRebuilt(peer: number, epoch: CrowdEpoch, read: CheckedAnnouncement, current: Epoch): Followed | Refusal {
    const context = present(this.#context, 'it has begun')
    const line = { channel: context.channel, group: EMPTY }
    const { term, serial, rebuilt } = epoch
    const place = rebuilt!.get(peer)!
    const data = (index: number): Uint8Array | undefined => epoch.issued.chunks[index]?.body.chunk?.data
    const options = read.head.chunks.length > 0 ? { wrapAt: wrapsInChunks(data) } : {}
    const { tree: update, sealed } = present(read.payload, 'what is told has its payload')
    const secret = keyOf(place.secret!)
    const treeContext = { ...line, term, serial }
    const tree = MemberTree.fromRebuild(update, place.leaf, secret, treeContext, options, this.#terms.cipher)
    if (tree === undefined) return new Refusal(408)
    const confirmed = confirmKeys(read, line, update, tree.rootKey, current)
    if (confirmed instanceof Refusal) return confirmed
    const statements = openStatements(line, sealed, confirmed.keys.control)
    const preview: LogPreview | Refusal = statements instanceof Refusal ? statements : context.log.preview(statements)
    if (preview instanceof Refusal) return preview
    if (!equalBytes(preview.ids.root(), read.head.logHead)) return new Refusal(411)
    if (!equalBytes(preview.roster.hash, read.head.roster)) return new Refusal(412)
    return { preview, epoch: epochOf(read, confirmed, tree) }
  }

  /** The announcement from its bytes. */
  #read(epoch: CrowdEpoch): CheckedAnnouncement | undefined {
    const { channel, charter } = present(this.#context, 'it has begun')
    const frame = readFrame(channel, epoch.issued.announcement.bytes)
    const read = frame === undefined || frame instanceof Refusal ? frame : readAnnouncement(charter, frame, epoch.term)
    if (read !== undefined && !(read instanceof Refusal)) return read
    this.#disagree(epoch, read === undefined ? 'no frame' : `R-${read.check}`)
    return undefined
  }

  #disagree({ term, serial }: CrowdEpoch, words: string): void {
    this.#onDisagreement(`${term}.${serial}: ${words}`)
  }
}
